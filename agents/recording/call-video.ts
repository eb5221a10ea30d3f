/**
 * The call as one MP4: pictures drawn again from their poses, both voices, captions. ffmpeg gets everything through
 * pipes and gives the file through one, so that nothing of an encrypted recording ever lies on a disk in plain.
 */
import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { posesAtRate } from '#media/recording/pose-journal.ts';
import ffmpeg from 'fluent-ffmpeg';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LiveRecording } from './live-tracks.ts';

/** Full quality for a face that hardly moves: about 250 kbit/s at 848×480. */
const CONSTANT_RATE_FACTOR = 23;
/** A key picture every two seconds: a player seeks to within that. */
const KEY_PICTURE_EVERY_S = 2;
const VOICE_BITRATE_KBPS = 96;
/** The avatar sits a little to the left and the learner a little to the right: two who speak at once stay apart. */
const NEAR = 0.8;
const FAR = 0.45;

export interface CallVideoOptions {
  recording: LiveRecording;
  face: FaceRenderer;
  /** The captions as WebVTT; absent where nobody said anything. */
  captions: string | undefined;
  /** 0..1, now and then. */
  onProgress: (progress: number) => void;
  signal: AbortSignal;
  /** Where it is not on the PATH. */
  ffmpegPath?: string | undefined;
}

/** The bytes of the file. Throws FFMPEG_MISSING or FFMPEG_FAILED. */
export async function* callVideo(options: CallVideoOptions): AsyncGenerator<Uint8Array> {
  const { recording, captions, signal } = options;
  const { avatar, learner, lengthMs } = recording;
  await requireFfmpeg(options.ffmpegPath ?? 'ffmpeg');
  // Readable by this user only, as mkdtemp makes it.
  const folder = await mkdtemp(join(tmpdir(), 'understudy-call-'));
  const servers: Server[] = [];
  const feed = async (name: string, source: () => AsyncIterable<Uint8Array>): Promise<string> => {
    const path = join(folder, name);
    servers.push(await serve(path, source));
    return `unix:${path}`;
  };
  try {
    const sound = async (name: 'avatar' | 'learner'): Promise<string> => {
      const track = recording[name];
      const samples = Math.round((lengthMs * track.sampleRateHz) / 1_000);
      return feed(name, () => track.pcm(samples));
    };
    const pcm = (rateHz: number): string[] => ['-f s16le', `-ar ${String(rateHz)}`, '-ac 1'];
    const { widthPx, heightPx } = options.face;
    const { framesPerSecond } = recording.header;
    const command = ffmpeg();
    if (options.ffmpegPath !== undefined) {
      command.setFfmpegPath(options.ffmpegPath);
    }
    command
      .input(Readable.from(pictures(options), { objectMode: false, highWaterMark: 1 }))
      .inputOptions([
        '-f rawvideo',
        '-pix_fmt yuv420p',
        `-video_size ${String(widthPx)}x${String(heightPx)}`,
        `-framerate ${String(framesPerSecond)}`,
      ])
      .input(await sound('avatar'))
      .inputOptions(pcm(avatar.sampleRateHz))
      .input(await sound('learner'))
      .inputOptions(pcm(learner.sampleRateHz));
    if (captions !== undefined) {
      command
        .input(await feed('captions', () => Readable.from([Buffer.from(captions)])))
        .inputOptions(['-f webvtt']);
    }
    command
      .complexFilter([
        `[1:a]aresample=48000,pan=stereo|c0=${String(NEAR)}*c0|c1=${String(FAR)}*c0[left]`,
        `[2:a]aresample=48000,pan=stereo|c0=${String(FAR)}*c0|c1=${String(NEAR)}*c0[right]`,
        '[left][right]amix=inputs=2:normalize=0[voices]',
      ])
      .outputOptions([
        '-map 0:v',
        '-map [voices]',
        ...(captions === undefined ? [] : ['-map 3:s', '-c:s mov_text']),
        '-c:v libx264',
        '-preset veryfast',
        '-threads 1',
        '-pix_fmt yuv420p',
        '-color_range tv',
        '-colorspace smpte170m',
        `-crf ${String(CONSTANT_RATE_FACTOR)}`,
        `-g ${String(framesPerSecond * KEY_PICTURE_EVERY_S)}`,
        '-c:a aac',
        `-b:a ${String(VOICE_BITRATE_KBPS)}k`,
        // A file that is written from front to back: its index is spread over it, and repeated at its end.
        '-movflags +frag_keyframe+delay_moov+default_base_moof',
        '-f mp4',
      ]);
    yield* outputOf(command, signal);
  } finally {
    for (const server of servers) {
      server.close();
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function* pictures(options: CallVideoOptions): AsyncGenerator<Buffer> {
  const { recording, face, onProgress, signal } = options;
  const { framesPerSecond } = recording.header;
  const { lengthMs } = recording;
  const total = Math.max(1, Math.round((lengthMs * framesPerSecond) / 1_000));
  const bytes = (face.widthPx * face.heightPx * 3) / 2;
  let drawn = 0;
  for (const pose of posesAtRate(recording.poses, { framesPerSecond, lengthMs })) {
    signal.throwIfAborted();
    // A buffer of its own: the pipe may still hold the picture before.
    const frame = new Uint8Array(bytes);
    face.render(pose, frame);
    yield Buffer.from(frame.buffer);
    drawn += 1;
    if (drawn % framesPerSecond === 0) {
      onProgress(drawn / total);
    }
  }
}

/** Gives `source` to the one who connects. */
function serve(path: string, source: () => AsyncIterable<Uint8Array>): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      // ffmpeg may stop reading before the end; what failed it says itself.
      pipeline(Readable.from(source(), { objectMode: false }), socket).catch(() => {
        socket.destroy();
      });
    });
    server.once('error', reject);
    server.listen(path, () => {
      resolve(server);
    });
  });
}

async function* outputOf(
  command: ffmpeg.FfmpegCommand,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let failure: RecordingError | undefined;
  const output = command
    .on('error', (cause: Error, _output: unknown, complaint?: string | null) => {
      failure = errorOf(cause, complaint ?? '');
      output.destroy(failure);
    })
    .pipe() as Readable;
  // The failure is thrown where the output is read.
  output.on('error', () => undefined);
  const stop = (): void => {
    command.kill('SIGKILL');
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of output) {
      yield chunk as Buffer;
    }
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (failure !== undefined) {
    throw failure;
  }
}

/** fluent-ffmpeg cannot bear a program that does not start. Rejects with FFMPEG_MISSING. */
function requireFfmpeg(program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-version'], { stdio: 'ignore' });
    child.once('error', (cause) => {
      reject(new RecordingError('FFMPEG_MISSING', { cause }));
    });
    child.once('exit', () => {
      resolve();
    });
  });
}

const KEPT_COMPLAINT_CHARACTERS = 400;

function errorOf(cause: Error, complaint: string): RecordingError {
  if (/cannot find ffmpeg|ENOENT/iu.test(cause.message)) {
    return new RecordingError('FFMPEG_MISSING', { cause });
  }
  const said = complaint.trim().slice(-KEPT_COMPLAINT_CHARACTERS);
  return new RecordingError('FFMPEG_FAILED', { detail: `${cause.message} ${said}`, cause });
}

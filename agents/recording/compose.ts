/** Makes the finished files of a recording out of what the call left. Killed at any moment, it can be run again. */
import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import {
  LIVE_FOLDER,
  readRecordingHeader,
  readRecordingState,
  RECORDED_FILES,
  recordingFolder,
  STATE_FILE,
  storedName,
  writeJson,
  type RecordedFile,
  type RecordedTurn,
  type RecordingState,
} from '#agents/dispatch/recording/layout.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { wavHead } from '#media/recording/wav.ts';
import { webVtt } from '#media/recording/web-vtt.ts';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { callVideo } from './call-video.ts';
import { writeFinal } from './final-file.ts';
import { openLiveRecording, type LiveRecording } from './live-tracks.ts';

/** Tracks and transcript are quick; the video is the rest. */
const TRACKS_SHARE = 0.05;

export interface ComposeOptions {
  /** Folder of all recordings. */
  root: string;
  sessionId: string;
  key: Buffer | undefined;
  /** Opens the face of the call, fresh. */
  openFace: (name: string) => Promise<FaceRenderer>;
  /** What the learner is called in captions. */
  learnerName?: string;
  onProgress?: (progress: number) => void;
  signal?: AbortSignal;
  /** Where it is not on the PATH. */
  ffmpegPath?: string;
}

/**
 * Writes tracks, transcript and video, notes the outcome in `state.json`, and removes what it made them from when all is
 * there. A failure of the video is an outcome: tracks and transcript are there then. Rejects with RECORDING_DAMAGED where
 * there is no recording, and as the file system does.
 */
export async function compose(options: ComposeOptions): Promise<RecordingState> {
  const { root, sessionId, key, onProgress = () => undefined } = options;
  const signal = options.signal ?? new AbortController().signal;
  const folder = recordingFolder(root, sessionId);
  const header = await readRecordingHeader(folder);
  if (header === undefined) {
    throw new RecordingError('RECORDING_DAMAGED', { detail: 'It has no header.' });
  }
  const attempts = ((await readRecordingState(folder))?.attempts ?? 0) + 1;
  const files: RecordingState['files'] = [];
  let complete = false;
  let lengthMs = 0;
  let failure: unknown;
  try {
    const recording = await openLiveRecording(folder, header, key);
    try {
      ({ complete, lengthMs } = recording);
      const keep = async (
        name: RecordedFile,
        pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
      ): Promise<void> => {
        files.push({ name, bytes: await writeFinal({ folder, name, sessionId, key }, pieces) });
      };
      await keep('learner.wav', wholeWav(recording, 'learner'));
      await keep('avatar.wav', wholeWav(recording, 'avatar'));
      const turns = turnsWithin(recording.turns, lengthMs);
      const captions = captionsOf(turns, {
        avatar: header.personaName,
        learner: options.learnerName ?? 'Learner',
      });
      await keep('call.vtt', [Buffer.from(captions)]);
      await keep('transcript.json', [
        Buffer.from(`${JSON.stringify({ sessionId, lengthMs, turns }, null, 2)}\n`),
      ]);
      onProgress(TRACKS_SHARE);
      const face = await options.openFace(header.face);
      try {
        await keep(
          'call.mp4',
          callVideo({
            recording,
            face,
            captions: turns.length === 0 ? undefined : captions,
            onProgress: (share) => {
              onProgress(TRACKS_SHARE + share * (1 - TRACKS_SHARE));
            },
            signal,
            ffmpegPath: options.ffmpegPath,
          }),
        );
      } finally {
        face.close();
      }
    } finally {
      await recording.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    failure = error;
  }
  const order = Object.keys(RECORDED_FILES);
  files.sort((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  const state: RecordingState = {
    status: failure === undefined ? 'ready' : 'failed',
    ...(failure === undefined ? {} : { code: codeOf(failure) }),
    attempts,
    lengthMs,
    complete,
    files,
  };
  await writeJson(folder, STATE_FILE, state);
  if (failure === undefined) {
    await rm(join(folder, LIVE_FOLDER), { recursive: true, force: true });
  } else {
    await rm(join(folder, `${storedName('call.mp4', header.sealed)}.part`), { force: true });
  }
  return state;
}

async function* wholeWav(
  { lengthMs, ...tracks }: LiveRecording,
  name: 'learner' | 'avatar',
): AsyncGenerator<Uint8Array> {
  const { sampleRateHz } = tracks[name];
  const samples = Math.round((lengthMs * sampleRateHz) / 1_000);
  yield wavHead({ sampleRateHz, dataBytes: 2 * samples });
  yield* tracks[name].pcm(samples);
}

/** A turn may be written down just before the sound of its end was: it ends with the recording. */
function turnsWithin(turns: readonly RecordedTurn[], lengthMs: number): RecordedTurn[] {
  return turns
    .filter(({ startMs }) => startMs < lengthMs)
    .map((turn) => ({ ...turn, endMs: Math.min(turn.endMs, lengthMs) }))
    .toSorted((one, other) => one.startMs - other.startMs);
}

function captionsOf(
  turns: readonly RecordedTurn[],
  names: Record<RecordedTurn['speaker'], string>,
): string {
  return webVtt(
    turns.map(({ startMs, endMs, speaker, text }) => ({
      startMs,
      endMs,
      speaker: names[speaker],
      text,
    })),
  );
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'RECORDING_DAMAGED';
}

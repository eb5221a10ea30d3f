/**
 * Records one call while it happens, at next to no cost: both voices as tracks, the avatar's picture as the poses that
 * drew it, and the turns. It never holds the call up: when it cannot go on it stops, says so, and the call goes on.
 *
 * Its timeline is the avatar's sound as it leaves for the learner. Where that sound starved, because the machine was
 * late, the learner heard nothing: there the recording has silence, and the picture is held. So it is as long as the call,
 * and what the learner said meanwhile keeps its place.
 */
import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import {
  ENDED_FILE,
  HEADER_FILE,
  LIVE_FILES,
  LIVE_FOLDER,
  recordingFolder,
  writeJson,
  type RecordedTurn,
  type RecordingHeader,
} from '#agents/dispatch/recording/layout.ts';
import type { FacePose } from '#media/face/pose.ts';
import type { Clock } from '#media/clock.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { encodePose, POSE_RECORD_BYTES } from '#media/recording/pose-journal.ts';
import { TrackAligner } from '#media/recording/track-aligner.ts';
import { TrackWriter } from '#media/recording/track-writer.ts';
import type { AvSink } from '#media/stage/stage.ts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LiveFile } from './live-file.ts';

/** A quarter of a second: what is lost when the process is killed, and four writes a second for each file. */
const BLOCK_MS = 250;
/** -50 dB: a voice may begin with a breath of silence, and a caption begins with the voice. */
const AUDIBLE_PEAK = 100;
/** Sound that leaves later than this after what was before it left a hole behind it; half a picture. */
const STARVED_MS = 20;

export type LoggedTurn = Pick<
  RecordedTurn,
  'speaker' | 'startMs' | 'endMs' | 'text' | 'typed' | 'interrupted'
>;

export interface CallRecorderOptions {
  /** Folder of all recordings. */
  root: string;
  header: Omit<RecordingHeader, 'version' | 'sealed'>;
  /** 32 bytes; without it files are plain, readable by this user only. */
  key: Buffer | undefined;
  /** How much later than the sound of its moment a picture shows it in the room; in the recording they meet. */
  pictureDelayMs: number;
  clock: Clock;
  /** The recording ends here and the call goes on. Told once. */
  onStopped: (error: RecordingError) => void;
}

type LiveName = keyof typeof LIVE_FILES;

/** From the first sound to the last, on the recording's timeline. */
interface Span {
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}
const NOTHING_SAID: Span = { startMs: undefined, endMs: undefined };

export class CallRecorder {
  readonly #options: CallRecorderOptions;
  readonly #folder: string;
  readonly #files = new Map<LiveName, LiveFile>();
  readonly #aligner: TrackAligner;
  readonly #learner: TrackWriter;
  readonly #avatar: TrackWriter;
  #poses: Uint8Array[] = [];
  /** Of the avatar's sound that was handed to the room, from its first sample on. */
  #writtenMs = 0;
  #queuedMs = (): number => 0;
  /** Where the recording begins in that sound. */
  #originMs: number | undefined;
  /** When its beginning left, on the clock. */
  #leftAtMs: number | undefined;
  /** Silence that was laid down for sound that starved. */
  #starvedMs = 0;
  #pose: FacePose | undefined;
  #avatarSpan: Span | undefined;
  #learnerSpan: Span = NOTHING_SAID;
  #streamStartMs = 0;
  #state: 'on' | 'stopped' = 'on';
  #ended = false;
  #closing: Promise<void> | undefined;

  private constructor(options: CallRecorderOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
    const { avatarRateHz, learnerRateHz } = options.header;
    const track = (name: LiveName, rateHz: number): TrackWriter =>
      new TrackWriter({
        blockSamples: Math.round((rateHz * BLOCK_MS) / 1_000),
        sink: (block) => {
          this.#append(name, block);
        },
      });
    this.#aligner = new TrackAligner({ sampleRateHz: learnerRateHz });
    this.#learner = track('learner', learnerRateHz);
    this.#avatar = track('avatar', avatarRateHz);
  }

  /** Makes the files. Rejects with RECORDING_UNWRITABLE, also where this session has a recording already. */
  static async open(options: CallRecorderOptions): Promise<CallRecorder> {
    const { root, header, key } = options;
    const folder = recordingFolder(root, header.sessionId);
    const live = join(folder, LIVE_FOLDER);
    const recorder = new CallRecorder(options, folder);
    try {
      await mkdir(root, { recursive: true, mode: 0o700 });
      await mkdir(folder, { mode: 0o700 });
      await mkdir(live, { mode: 0o700 });
      for (const name of Object.keys(LIVE_FILES) as LiveName[]) {
        const rates = { learner: header.learnerRateHz, avatar: header.avatarRateHz };
        const file = await LiveFile.open({
          folder: live,
          name: LIVE_FILES[name],
          sessionId: header.sessionId,
          key,
          ...(name === 'learner' || name === 'avatar' ? { wavRateHz: rates[name] } : {}),
          onFailed: (error) => {
            recorder.#stop(error);
          },
        });
        recorder.#files.set(name, file);
      }
      const whole: RecordingHeader = { ...header, version: 1, sealed: key !== undefined };
      await writeJson(folder, HEADER_FILE, whole);
    } catch (cause) {
      await Promise.allSettled([...recorder.#files.values()].map((file) => file.close()));
      throw cause instanceof RecordingError
        ? cause
        : new RecordingError('RECORDING_UNWRITABLE', { cause });
    }
    return recorder;
  }

  get state(): 'on' | 'stopped' {
    return this.#state;
  }

  /** The same sink; what goes through it is recorded. */
  watchSink(sink: AvSink): AvSink {
    this.#queuedMs = () => sink.audioQueuedMs;
    return {
      get audioQueuedMs() {
        return sink.audioQueuedMs;
      },
      writeAudio: (samples) => {
        this.#onAvatarSound(samples);
        return sink.writeAudio(samples);
      },
      writeVideo: (frame, ptsUs) => {
        this.#onPicture(Number(ptsUs) / 1_000);
        sink.writeVideo(frame, ptsUs);
      },
    };
  }

  /** The same face; what it is asked to draw is recorded when it is shown. */
  watchFace(face: FaceRenderer): FaceRenderer {
    return {
      id: face.id,
      widthPx: face.widthPx,
      heightPx: face.heightPx,
      ...(face.lagMs === undefined ? {} : { lagMs: face.lagMs }),
      render: (pose, frame) => {
        this.#pose = pose;
        face.render(pose, frame);
      },
      close: () => {
        face.close();
      },
    };
  }

  /** The call begins: the learner is here. Nothing before it is kept. */
  begin(): void {
    const frameMs = 1_000 / this.#options.header.framesPerSecond;
    const { pictureDelayMs } = this.#options;
    // A picture's moment, so that pictures meet their sound exactly; sound is handled by 10 ms.
    const originMs =
      Math.ceil((this.#writtenMs + pictureDelayMs) / frameMs) * frameMs - pictureDelayMs;
    this.#originMs = Math.ceil(originMs / 10) * 10;
    const { clock } = this.#options;
    this.#leftAtMs = clock.nowMs() + this.#queuedMs() + this.#originMs - this.#writtenMs;
  }

  /** A new stream of the learner's sound: `learnerHeard…` count from its first sample. */
  learnerStreamOpened(): void {
    this.#streamStartMs = this.#aligner.receivedMs;
  }

  /** Sound of the learner as it arrives. Copies it. */
  learnerSound(samples: Int16Array): void {
    const nowMs = this.#nowMs;
    if (nowMs === undefined || nowMs < 0 || !this.#keeps) {
      this.#streamStartMs -= (samples.length * 1_000) / this.#options.header.learnerRateHz;
      return;
    }
    const { silence, samples: placed } = this.#aligner.push(samples, nowMs);
    this.#learner.writeSilence(silence);
    this.#learner.write(placed);
  }

  /** The learner began to speak, at `streamMs` of the stream of sound. Only the first of a turn counts. */
  learnerSpeechStarted(streamMs: number): void {
    const { startMs = this.#aligner.timeOf(this.#streamStartMs + streamMs), endMs } =
      this.#learnerSpan;
    this.#learnerSpan = { startMs, endMs };
  }

  learnerSpeechEnded(streamMs: number): void {
    const endMs = this.#aligner.timeOf(this.#streamStartMs + streamMs);
    this.#learnerSpan = { ...this.#learnerSpan, endMs };
  }

  /** The avatar's answer begins, or ends, with the frame of sound that comes next. */
  avatarSpeaks(speaks: boolean): void {
    if (speaks) {
      this.#avatarSpan = NOTHING_SAID;
    } else if (this.#avatarSpan !== undefined) {
      const atMs = this.#placeOf(this.#writtenMs) ?? 0;
      const { startMs, endMs = atMs } = this.#avatarSpan;
      this.#avatarSpan = { startMs, endMs };
    }
  }

  /** A turn is over. What was said when is known here; the text is the call log's. */
  turn({ speaker, text, typed, interrupted }: Omit<LoggedTurn, 'startMs' | 'endMs'>): void {
    const nowMs = Math.max(0, this.#nowMs ?? 0);
    const span = speaker === 'avatar' ? this.#avatarSpan : typed ? undefined : this.#learnerSpan;
    const startMs = Math.max(0, span?.startMs ?? nowMs);
    const endMs = Math.max(startMs, span?.endMs ?? nowMs);
    if (speaker === 'avatar') {
      this.#avatarSpan = undefined;
    } else {
      this.#learnerSpan = NOTHING_SAID;
    }
    const turn: RecordedTurn = { speaker, startMs, endMs, text, typed, interrupted };
    this.#append('turns', Buffer.from(`${JSON.stringify(turn)}\n`));
  }

  /** The call is over: nothing after it is kept. */
  end(): void {
    if (this.#originMs !== undefined && !this.#ended) {
      this.#fillHole(this.#writtenMs);
      this.#ended = true;
    }
  }

  /** Closes the files. Idempotent; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  get #keeps(): boolean {
    return this.#state === 'on' && !this.#ended;
  }

  /** The present on the recording's timeline; undefined before it begins. */
  get #nowMs(): number | undefined {
    return this.#leftAtMs === undefined ? undefined : this.#options.clock.nowMs() - this.#leftAtMs;
  }

  /** Where a moment of the avatar's sound stands in the recording. */
  #placeOf(soundMs: number): number | undefined {
    return this.#originMs === undefined ? undefined : soundMs - this.#originMs + this.#starvedMs;
  }

  #onAvatarSound(samples: Int16Array): void {
    const startMs = this.#writtenMs;
    this.#writtenMs += (samples.length * 1_000) / this.#options.header.avatarRateHz;
    if (this.#originMs === undefined || startMs < this.#originMs || !this.#keeps) {
      return;
    }
    this.#fillHole(startMs);
    const span = this.#avatarSpan;
    const begins = span !== undefined && span.startMs === undefined && span.endMs === undefined;
    if (begins && samples.some((sample) => Math.abs(sample) >= AUDIBLE_PEAK)) {
      this.#avatarSpan = { startMs: this.#placeOf(startMs), endMs: undefined };
    }
    this.#avatar.write(samples);
    this.#learner.writeSilence(this.#aligner.idle(this.#nowMs ?? 0));
  }

  /** The frame of sound at `startMs` is handed over now: silence for the time that nothing left before it. */
  #fillHole(startMs: number): void {
    const leavesAtMs = (this.#nowMs ?? 0) + this.#queuedMs();
    const missingMs = leavesAtMs - (this.#placeOf(startMs) ?? 0);
    if (missingMs > STARVED_MS) {
      const silence = Math.round((missingMs * this.#options.header.avatarRateHz) / 1_000);
      this.#avatar.writeSilence(silence);
      this.#starvedMs += (silence * 1_000) / this.#options.header.avatarRateHz;
    }
  }

  #onPicture(ptsMs: number): void {
    const pose = this.#pose;
    if (this.#originMs === undefined || pose === undefined || !this.#keeps) {
      return;
    }
    const atMs = this.#placeOf(ptsMs - this.#options.pictureDelayMs) ?? 0;
    this.#poses.push(encodePose({ atMs, pose }));
    const perBlock = (this.#options.header.framesPerSecond * BLOCK_MS) / 1_000;
    if (this.#poses.length >= perBlock) {
      this.#flushPoses();
    }
  }

  #flushPoses(): void {
    const block = new Uint8Array(this.#poses.length * POSE_RECORD_BYTES);
    this.#poses.forEach((pose, index) => {
      block.set(pose, index * POSE_RECORD_BYTES);
    });
    this.#poses = [];
    this.#append('poses', block);
  }

  #append(name: LiveName, bytes: Uint8Array): void {
    if (this.#state === 'on') {
      this.#files.get(name)?.append(bytes);
    }
  }

  #stop(error: RecordingError): void {
    if (this.#state === 'on') {
      this.#state = 'stopped';
      this.#options.onStopped(error);
    }
  }

  async #release(): Promise<void> {
    this.end();
    const lengthMs = (this.#avatar.samples * 1_000) / this.#options.header.avatarRateHz;
    const { silence, samples } = this.#aligner.flush();
    this.#learner.writeSilence(silence);
    this.#learner.write(samples);
    this.#learner.writeSilence(this.#aligner.finish(lengthMs));
    this.#learner.flush();
    this.#avatar.flush();
    this.#flushPoses();
    await Promise.allSettled([...this.#files.values()].map((file) => file.close()));
    const complete = this.#state === 'on';
    this.#state = 'stopped';
    // A recording that was deleted meanwhile, or has no room left, ends without this note.
    await writeJson(join(this.#folder, LIVE_FOLDER), ENDED_FILE, { complete }).catch(
      () => undefined,
    );
  }
}

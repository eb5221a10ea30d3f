/** Keeps what one learner hears, sees and reads in a room, with the time of each. */
import type { HeadlessLearner } from '../../tests/headless-learner.ts';
import { VideoBufferType } from '@livekit/rtc-node';
import { steadyTimes, type Level } from './audible.ts';
import type { FaceGauge } from './face-gauge.ts';

export interface SeenPicture {
  atMs: number;
  gap: number;
  change: number;
}

export interface SeenState {
  atMs: number;
  state: string;
}

export interface ReadSegment {
  segmentId: string;
  firstAtMs: number;
  text: string;
}

/** Everything a witness kept, ready for analysis. Times are performance.now() of this process. */
export interface Testimony {
  sampleRateHz: number;
  samples: Int16Array;
  /** When the sample at `index` was heard. */
  timeOf: (index: number) => number;
  /** The sample that was heard at a time. */
  indexAt: (atMs: number) => number;
  levels: Level[];
  pictures: SeenPicture[];
  states: SeenState[];
  /** The avatar's captions, in order. */
  answers: ReadSegment[];
}

const RATE_HZ = 16_000;

export class Witness {
  readonly #chunks: { atMs: number; samples: Int16Array; rms: number }[] = [];
  readonly #pictures: SeenPicture[] = [];
  readonly #states: SeenState[] = [];
  readonly #answers = new Map<string, ReadSegment>();
  #lastSoundMs = 0;

  /** `gauge` is absent where there is no avatar to look at. */
  constructor(learner: HeadlessLearner, gauge: FaceGauge | undefined) {
    const reader = gauge?.reader();
    learner.on('sound', ({ rms, samples, atMs }) => {
      this.#chunks.push({ atMs, samples, rms });
      if (rms >= HEARD_RMS) {
        this.#lastSoundMs = atMs;
      }
    });
    learner.on('picture', ({ frame, atMs }) => {
      if (gauge === undefined || reader === undefined) {
        return;
      }
      const fits = frame.width === gauge.widthPx && frame.height === gauge.heightPx;
      const i420 =
        frame.type === VideoBufferType.I420 ? frame : frame.convert(VideoBufferType.I420);
      const reading = fits ? reader.read(i420.data) : { gap: Number.NaN, change: 0 };
      this.#pictures.push({ atMs, ...reading });
    });
    learner.on('attributes', (changed) => {
      const state = changed['lk.agent.state'];
      if (state !== undefined) {
        this.#states.push({ atMs: performance.now(), state });
      }
    });
    learner.on('caption', ({ speaker, segmentId, text, atMs }) => {
      if (speaker === 'avatar') {
        const known = this.#answers.get(segmentId);
        this.#answers.set(segmentId, { segmentId, text, firstAtMs: known?.firstAtMs ?? atMs });
      }
    });
  }

  get state(): string {
    return this.#states.at(-1)?.state ?? '';
  }

  /** When the last change to `speaking` was seen. */
  get speakingSinceMs(): number | undefined {
    const last = this.#states.at(-1);
    return last?.state === 'speaking' ? last.atMs : undefined;
  }

  /** When the agent last began to speak after `fromMs`. */
  spokeAfter(fromMs: number): number | undefined {
    return this.#states.find(({ atMs, state }) => atMs >= fromMs && state === 'speaking')?.atMs;
  }

  quietForMs(nowMs: number): number {
    return nowMs - this.#lastSoundMs;
  }

  get picturesSeen(): number {
    return this.#pictures.length;
  }

  testimony(): Testimony {
    const lengths = this.#chunks.map(({ samples }) => samples.length);
    const samples = new Int16Array(lengths.reduce((sum, length) => sum + length, 0));
    const times = steadyTimes(this.#chunks.map(({ atMs }) => atMs));
    let at = 0;
    for (const chunk of this.#chunks) {
      samples.set(chunk.samples, at);
      at += chunk.samples.length;
    }
    const perChunk = lengths[0] ?? RATE_HZ / 100;
    return {
      sampleRateHz: RATE_HZ,
      samples,
      timeOf: (index) => {
        const chunk = Math.max(0, Math.min(times.length - 1, Math.floor(index / perChunk)));
        return (times[chunk] ?? 0) + ((index - chunk * perChunk) * 1_000) / RATE_HZ;
      },
      indexAt: (atMs) => {
        const chunk = lastAtOrBefore(times, atMs);
        return chunk * perChunk + Math.round(((atMs - (times[chunk] ?? 0)) * RATE_HZ) / 1_000);
      },
      levels: this.#chunks.map(({ rms }, index) => ({ atMs: times[index]!, rms })),
      pictures: this.#pictures.filter(({ gap }) => !Number.isNaN(gap)),
      states: this.#states,
      answers: [...this.#answers.values()],
    };
  }
}

const HEARD_RMS = 50;

function lastAtOrBefore(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle]! <= atMs) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return Math.max(0, low);
}

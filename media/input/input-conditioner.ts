/**
 * What is done to the learner's sound before anything hears it, 10 ms at a time, and what is found out about it. A
 * recording with nothing wrong passes through bit by bit: whatever listens was tuned on such recordings.
 */
import { ArrivalClock } from './arrival-clock.ts';
import { NoiseFloor } from './noise-floor.ts';

export type InputLevel = 'ok' | 'low' | 'clipping';

/** What is known of the learner's sound. */
export interface InputReport {
  level: InputLevel;
  /** Usual level of the learner's speech in dB of full scale, as it comes in; undefined before any was heard. */
  speechDb: number | undefined;
  noiseDb: number;
  /** What is added to it now. */
  gainDb: number;
  /** Sound that never came. */
  missedMs: number;
  /** How much faster than ours the clock runs by which the sound comes; undefined in the first minute. */
  driftPpm: number | undefined;
}

const FRAME_MS = 10;
const FULL_SCALE_POWER = 32_768 ** 2;
/** Below this power there is no sound: 0.3 of a quantisation step. */
const LEAST_POWER = 0.1;

/** Speech stands this far above the noise, and above a floor of 66 dB under full scale. */
const SPEECH_OVER_NOISE_DB = 12;
const LEAST_SPEECH_DB = -66;
/** The usual level follows with this share of the distance for each frame of speech: a few seconds. */
const SPEECH_RATE = 1 / 300;
/** It is known after this much speech. */
const KNOWN_SPEECH_FRAMES = 150;

/**
 * Speech under −48 dB is raised to that. The voice detector keeps 97 % of its windows when recordings are turned down by
 * 20 dB, 94 % at 30 and 80 % at 40 (50 utterances, −42 to −22 dB as recorded): between 30 and 40 it begins to matter.
 */
const TARGET_DB = -48;
const MOST_GAIN_DB = 24;
/** Raised noise is speech to nobody, but hum to a recogniser: it stays under this. */
const MOST_NOISE_DB = -62;
/** 3 dB a second: no word changes its loudness within itself. */
const GAIN_STEP_DB = 0.03;
/** Clipped speech is told from one loud click by its share of the newest seconds' speech. */
const CLIPPED_SHARE = 0.002;
const FULL_SCALE = 32_700;
const CLIP_RATE = 1 / 200;
/** Speech under this is said to be low: a learner 20 dB under the quietest of the recordings' readers. */
const LOW_DB = -55;
/** A level is told when it has been so for 3 s of speech, so that the hint does not flicker. */
const STEADY_FRAMES = 300;

/** Frames that are due this much after the one before: sound in between did not come. Less is jitter. */
const LEAST_GAP_MS = 50;

/** An offset of more than this is a fault of the device: 0.6 % of full scale. Slow noise stays below. */
const OFFSET_FROM = 200;
/** Learnt over about 5 s. */
const OFFSET_RATE = 1 / 500;

export class InputConditioner {
  readonly #noise = new NoiseFloor(1);
  readonly #arrivals = new ArrivalClock(FRAME_MS);
  readonly #power = new Float64Array(1);
  #speechDb: number | undefined;
  #speechFrames = 0;
  #clippedShare = 0;
  #offset = 0;
  #offsetKnown = false;
  #gainDb = 0;
  #lastMs: number | undefined;
  #missedMs = 0;
  #level: InputLevel = 'ok';
  #candidate: InputLevel = 'ok';
  #candidateFrames = 0;

  get level(): InputLevel {
    return this.#level;
  }

  get report(): InputReport {
    return {
      level: this.#level,
      speechDb: this.#speechFrames >= KNOWN_SPEECH_FRAMES ? this.#speechDb : undefined,
      noiseDb: toDb(this.#noise.powers[0]!),
      gainDb: this.#gainDb,
      missedMs: this.#missedMs,
      driftPpm: this.#arrivals.driftPpm,
    };
  }

  /** Counts 10 ms of sound that came in at `nowMs`, whatever becomes of it. */
  arrived(nowMs: number): void {
    const dueMs = this.#arrivals.dueMs(nowMs);
    if (this.#lastMs !== undefined && dueMs - this.#lastMs >= LEAST_GAP_MS) {
      this.#missedMs += dueMs - this.#lastMs - FRAME_MS;
    }
    this.#lastMs = Math.max(this.#lastMs ?? dueMs, dueMs);
  }

  /** Takes 10 ms of mono PCM; gives as much, which may be `samples` itself. */
  process(samples: Int16Array): Int16Array {
    let sum = 0;
    let energy = 0;
    let clipped = 0;
    for (const sample of samples) {
      sum += sample;
      energy += sample * sample;
      clipped += Math.abs(sample) >= FULL_SCALE ? 1 : 0;
    }
    const mean = sum / samples.length;
    this.#offset += OFFSET_RATE * (mean - this.#offset);
    this.#offsetKnown ||= Math.abs(this.#offset) > OFFSET_FROM;
    const offset = this.#offsetKnown ? Math.round(this.#offset) : 0;
    this.#power[0] = Math.max(0, energy / samples.length - mean * mean);
    this.#noise.push(this.#power);
    this.#learn(toDb(this.#power[0]), clipped / samples.length);
    this.#moveGain();
    return this.#gainDb === 0 && offset === 0 ? samples : shaped(samples, offset, this.#gainDb);
  }

  #learn(db: number, clipped: number): void {
    const floorDb = toDb(this.#noise.powers[0]!);
    if (db < Math.max(LEAST_SPEECH_DB, floorDb + SPEECH_OVER_NOISE_DB)) {
      return;
    }
    this.#speechFrames += 1;
    // In the beginning the mean of what there is, later one that forgets.
    const rate = Math.max(SPEECH_RATE, 1 / this.#speechFrames);
    this.#speechDb = (this.#speechDb ?? db) + rate * (db - (this.#speechDb ?? db));
    this.#clippedShare += CLIP_RATE * (clipped - this.#clippedShare);
    this.#judge();
  }

  #judge(): void {
    const level = this.#levelNow();
    this.#candidateFrames = level === this.#candidate ? this.#candidateFrames + 1 : 0;
    this.#candidate = level;
    if (this.#candidateFrames >= STEADY_FRAMES) {
      this.#level = level;
    }
  }

  #levelNow(): InputLevel {
    if (this.#clippedShare > CLIPPED_SHARE) {
      return 'clipping';
    }
    return this.#speechDb !== undefined && this.#speechDb < LOW_DB ? 'low' : 'ok';
  }

  /** Slowly towards what lifts the usual speech to the target, within what the noise allows; never below 0. */
  #moveGain(): void {
    if (this.#speechDb === undefined || this.#speechFrames < KNOWN_SPEECH_FRAMES) {
      return;
    }
    const room = MOST_NOISE_DB - toDb(this.#noise.powers[0]!);
    const wanted = Math.max(0, Math.min(TARGET_DB - this.#speechDb, MOST_GAIN_DB, room));
    const step = Math.max(-GAIN_STEP_DB, Math.min(GAIN_STEP_DB, wanted - this.#gainDb));
    this.#gainDb = Math.max(0, this.#gainDb + step);
  }
}

function toDb(power: number): number {
  return 10 * Math.log10(Math.max(power, LEAST_POWER) / FULL_SCALE_POWER);
}

function shaped(samples: Int16Array, offset: number, gainDb: number): Int16Array {
  const gain = 10 ** (gainDb / 20);
  return samples.map((sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round((sample - offset) * gain))),
  );
}

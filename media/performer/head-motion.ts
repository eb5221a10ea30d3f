import type { FacePose } from '#media/face/pose.ts';
import type { Attention } from './attention.ts';
import type { Beat } from './emphasis.ts';
import type { GazePoint } from './gaze.ts';
import { Glide } from './glide.ts';
import { Noise } from './noise.ts';
import { Pulses } from './pulses.ts';
import type { Random } from './random.ts';

/** The head stays within these, whatever adds up. */
export const HEAD_LIMITS_DEG = { yaw: 5, pitch: 4, roll: 3 } as const;

/** How much the head wanders. */
const LIVELINESS: Readonly<Record<Attention, number>> = {
  idle: 0.7,
  listening: 0.75,
  thinking: 0.9,
  speaking: 1.15,
};
/** Amplitudes of wandering in degrees, slow and quicker, and their periods. */
const WANDER = [
  { periodMs: 2_600, yawDeg: 1.7, pitchDeg: 1.1, rollDeg: 1 },
  { periodMs: 900, yawDeg: 0.35, pitchDeg: 0.3, rollDeg: 0.2 },
] as const;
const POSTURE_MS = 900;
/** The head turns a little way after the eyes when they look far, and later. */
const FOLLOW_DEG_PER_UNIT = 4;
const FOLLOW_MS = 650;
const BEAT_RISE_MS = 190;
const BEAT_FALL_MS = 330;

type Axis = 'yaw' | 'pitch' | 'roll';

/** The head over time: wandering, posture, following the eyes, beats and nods, all of them smooth. */
export class HeadMotion {
  readonly #random: Random;
  readonly #noises: { slow: Noise; quick: Noise }[];
  readonly #liveliness = new Glide(LIVELINESS.idle);
  readonly #posture = { yaw: new Glide(0), pitch: new Glide(0), roll: new Glide(0) };
  readonly #follow = { yaw: new Glide(0), pitch: new Glide(0) };
  readonly #beats = { yaw: new Pulses(), pitch: new Pulses(), roll: new Pulses() };
  /** Nods and other dips of the head. */
  readonly nods = new Pulses();

  constructor(random: Random) {
    this.#random = random;
    this.#noises = [0, 1, 2].map(() => ({
      slow: new Noise(random, WANDER[0].periodMs),
      quick: new Noise(random, WANDER[1].periodMs),
    }));
  }

  get size(): number {
    const { yaw, pitch, roll } = this.#beats;
    return yaw.size + pitch.size + roll.size + this.nods.size;
  }

  attend(attention: Attention, atMs: number): void {
    const random = this.#random;
    const side = random.sign();
    const posture = {
      idle: { yaw: 0, pitch: 0, roll: 0 },
      listening: { yaw: side * 0.4, pitch: -0.3, roll: side * random.between(0.5, 1.2) },
      thinking: { yaw: side * 1, pitch: random.between(0.4, 0.9), roll: side * 0.6 },
      speaking: { yaw: 0, pitch: 0, roll: side * random.between(0, 0.3) },
    }[attention];
    this.#posture.yaw.to(posture.yaw, atMs, POSTURE_MS);
    this.#posture.pitch.to(posture.pitch, atMs, POSTURE_MS);
    this.#posture.roll.to(posture.roll, atMs, POSTURE_MS);
    this.#liveliness.to(LIVELINESS[attention], atMs, POSTURE_MS);
  }

  follow(gaze: GazePoint, atMs: number): void {
    this.#follow.yaw.to(FOLLOW_DEG_PER_UNIT * gaze.x, atMs, FOLLOW_MS);
    this.#follow.pitch.to(0.6 * FOLLOW_DEG_PER_UNIT * gaze.y, atMs, FOLLOW_MS);
  }

  /** Accompanies a stressed sound, if there is time left to reach its peak: down with it, and sometimes aside. */
  beat(beat: Beat, nowMs: number): void {
    const random = this.#random;
    const depthDeg = (0.5 + 1.1 * beat.strength) * random.between(0.7, 1.2);
    const sideDeg = random.chance(0.4) ? random.sign() * depthDeg * 0.5 : 0;
    const axis: Axis = random.chance(0.5) ? 'yaw' : 'roll';
    const atMs = beat.peakMs - BEAT_RISE_MS;
    if (atMs < nowMs) {
      return;
    }
    const shape = { atMs, riseMs: BEAT_RISE_MS, holdMs: 20, fallMs: BEAT_FALL_MS };
    this.#beats.pitch.add({ ...shape, amplitude: -depthDeg });
    if (sideDeg !== 0) {
      this.#beats[axis].add({ ...shape, amplitude: sideDeg });
    }
  }

  cancelBeatsFrom(atMs: number): void {
    this.#beats.yaw.cancelFrom(atMs);
    this.#beats.pitch.cancelFrom(atMs);
    this.#beats.roll.cancelFrom(atMs);
  }

  forget(atMs: number): void {
    this.#beats.yaw.forget(atMs);
    this.#beats.pitch.forget(atMs);
    this.#beats.roll.forget(atMs);
    this.nods.forget(atMs);
  }

  at(tMs: number): FacePose['head'] {
    const { yaw, pitch, roll } = this.#posture;
    return {
      yawDeg: within(
        this.#wander(tMs, 0, 'yawDeg') +
          yaw.at(tMs) +
          this.#follow.yaw.at(tMs) +
          this.#beats.yaw.at(tMs),
        HEAD_LIMITS_DEG.yaw,
      ),
      pitchDeg: within(
        this.#wander(tMs, 1, 'pitchDeg') +
          pitch.at(tMs) +
          this.#follow.pitch.at(tMs) +
          this.#beats.pitch.at(tMs) +
          this.nods.at(tMs),
        HEAD_LIMITS_DEG.pitch,
      ),
      rollDeg: within(
        this.#wander(tMs, 2, 'rollDeg') + roll.at(tMs) + this.#beats.roll.at(tMs),
        HEAD_LIMITS_DEG.roll,
      ),
    };
  }

  #wander(tMs: number, axis: number, amplitude: 'yawDeg' | 'pitchDeg' | 'rollDeg'): number {
    const noise = this.#noises[axis]!;
    return (
      this.#liveliness.at(tMs) *
      (WANDER[0][amplitude] * noise.slow.at(tMs) + WANDER[1][amplitude] * noise.quick.at(tMs))
    );
  }
}

/** Nearly `value` while it is small, never beyond `limit`, and without a corner. */
function within(value: number, limit: number): number {
  return limit * Math.tanh(value / limit);
}

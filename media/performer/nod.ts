import type { Attention } from './attention.ts';
import type { Pulses } from './pulses.ts';
import type { Random } from './random.ts';

const MEDIAN_GAP_MS = 5_500;
const GAP_SIGMA = 0.5;
/** Not at once when somebody starts to speak. */
const SHORTEST_GAP_MS = 2_200;

/** Adds a nod to the pitch of the head: a dip, and half of it again. Lengths keep it below 35 degrees a second. */
export function nod(pitch: Pulses, atMs: number, depthDeg: number, dips: 1 | 2): void {
  pitch.add({ atMs, amplitude: -depthDeg, riseMs: 150, holdMs: 10, fallMs: 260 });
  if (dips === 2) {
    pitch.add({
      atMs: atMs + 350,
      amplitude: -0.5 * depthDeg,
      riseMs: 200,
      holdMs: 10,
      fallMs: 300,
    });
  }
}

/** The small nods of a listener, now and then while the learner speaks. */
export class ListeningNods {
  readonly #random: Random;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  get nextMs(): number {
    return this.#nextMs;
  }

  attend(attention: Attention, atMs: number): void {
    this.#nextMs = attention === 'listening' ? atMs + this.#gapMs() : Number.POSITIVE_INFINITY;
  }

  step(pitch: Pulses): void {
    const atMs = this.#nextMs;
    nod(pitch, atMs, this.#random.between(0.9, 1.9), this.#random.chance(0.4) ? 2 : 1);
    this.#nextMs = atMs + this.#gapMs();
  }

  #gapMs(): number {
    return Math.max(SHORTEST_GAP_MS, this.#random.logNormal(MEDIAN_GAP_MS, GAP_SIGMA));
  }
}

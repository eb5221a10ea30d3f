import type { Attention } from './attention.ts';
import type { Random } from './random.ts';

interface Cycle {
  atMs: number;
  from: number;
  peak: number;
  floor: number;
  inMs: number;
  outMs: number;
}

/** About 14 breaths a minute at rest, the air taken in faster than let out; speech stretches the way out. */
const IN_MS: Readonly<Record<Attention, number>> = {
  idle: 1_700,
  listening: 1_600,
  thinking: 1_900,
  speaking: 800,
};
const OUT_MS: Readonly<Record<Attention, number>> = {
  idle: 2_600,
  listening: 2_500,
  thinking: 3_000,
  speaking: 3_200,
};
/** An audible readiness to speak: quick and full. */
const QUICK_IN_MS = 380;

/** The chest over time, one breath after the other. */
export class Breath {
  readonly #random: Random;
  #attention: Attention = 'idle';
  #cycle: Cycle;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#cycle = this.#draw(startMs, 0.1);
  }

  /** When the next breath begins. */
  get nextMs(): number {
    return this.#cycle.atMs + this.#cycle.inMs + this.#cycle.outMs;
  }

  attend(attention: Attention): void {
    this.#attention = attention;
  }

  step(): void {
    this.#cycle = this.#draw(this.nextMs, this.#cycle.floor);
  }

  /** Takes a quick full breath at once, from wherever the chest is. */
  inhale(atMs: number): void {
    const from = this.at(atMs);
    this.#cycle = { ...this.#draw(atMs, from), peak: 1, inMs: QUICK_IN_MS };
  }

  /** 0 empty .. 1 full. */
  at(tMs: number): number {
    const { atMs, from, peak, floor, inMs, outMs } = this.#cycle;
    const intoMs = tMs - atMs;
    return intoMs < inMs
      ? from + (peak - from) * inward(intoMs / inMs, inMs === QUICK_IN_MS)
      : peak + (floor - peak) * inward((intoMs - inMs) / outMs, false);
  }

  #draw(atMs: number, from: number): Cycle {
    const random = this.#random;
    return {
      atMs,
      from,
      peak: random.between(0.48, 0.68),
      floor: random.between(0.04, 0.12),
      inMs: IN_MS[this.#attention] * random.between(0.88, 1.14),
      outMs: OUT_MS[this.#attention] * random.between(0.85, 1.2),
    };
  }
}

/** A calm breath starts and stops softly; a quick one starts at once. */
function inward(x: number, quick: boolean): number {
  const c = Math.min(1, Math.max(0, x));
  return quick ? Math.sin((Math.PI / 2) * c) : (1 - Math.cos(Math.PI * c)) / 2;
}

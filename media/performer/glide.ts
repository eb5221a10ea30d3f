/** From 0 to 1 with the least jerk, as hands and heads move (Flash & Hogan 1985); flat outside 0..1. */
export function minimumJerk(x: number): number {
  const c = Math.min(1, Math.max(0, x));
  return c * c * c * (10 + c * (6 * c - 15));
}

/**
 * A number that moves to its target without a jump in position, speed or acceleration, also when the target changes on the way.
 * Each leg is the quintic that joins the present motion to rest at the target.
 */
export class Glide {
  #fromMs = 0;
  #overMs = 1;
  #target: number;
  /** Coefficients in the share of the leg, from the constant up. */
  #c: readonly [number, number, number, number, number, number];

  constructor(value: number) {
    this.#target = value;
    this.#c = [value, 0, 0, 0, 0, 0];
  }

  get target(): number {
    return this.#target;
  }

  /** Starts for `target` at `atMs`, to arrive after `overMs`. Legs are started in the order of their times. */
  to(target: number, atMs: number, overMs: number): void {
    const [p, v, a] = this.#motionAt(atMs);
    const speed = v * overMs;
    const bend = a * overMs * overMs;
    const way = target - p;
    this.#c = [
      p,
      speed,
      bend / 2,
      10 * way - 6 * speed - 1.5 * bend,
      -15 * way + 8 * speed + 1.5 * bend,
      6 * way - 3 * speed - 0.5 * bend,
    ];
    this.#fromMs = atMs;
    this.#overMs = overMs;
    this.#target = target;
  }

  at(tMs: number): number {
    return this.#motionAt(tMs)[0];
  }

  /** Position, speed per ms, acceleration per ms². */
  #motionAt(tMs: number): [number, number, number] {
    const x = (tMs - this.#fromMs) / this.#overMs;
    if (x >= 1) {
      return [this.#target, 0, 0];
    }
    const s = Math.max(0, x);
    const [c0, c1, c2, c3, c4, c5] = this.#c;
    const position = c0 + s * (c1 + s * (c2 + s * (c3 + s * (c4 + s * c5))));
    const speed = c1 + s * (2 * c2 + s * (3 * c3 + s * (4 * c4 + s * 5 * c5)));
    const bend = 2 * c2 + s * (6 * c3 + s * (12 * c4 + s * 20 * c5));
    return [position, speed / this.#overMs, bend / this.#overMs ** 2];
  }
}

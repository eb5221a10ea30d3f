import { minimumJerk } from './glide.ts';
import type { Random } from './random.ts';

/**
 * Wandering between -1 and 1 that can be asked at any time and keeps nothing: hashed values on a lattice of `periodMs`,
 * joined smoothly. Its frequencies stay below about 1 / periodMs.
 */
export class Noise {
  readonly #salt: number;
  readonly #periodMs: number;

  constructor(random: Random, periodMs: number) {
    this.#salt = Math.floor(random.next() * 4_294_967_296);
    this.#periodMs = periodMs;
  }

  at(tMs: number): number {
    const x = tMs / this.#periodMs + (this.#salt % 1_000) / 1_000;
    const cell = Math.floor(x);
    const from = this.#value(cell);
    return from + (this.#value(cell + 1) - from) * minimumJerk(x - cell);
  }

  #value(cell: number): number {
    let h = Math.imul(cell ^ this.#salt, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2_147_483_648 - 1;
  }
}

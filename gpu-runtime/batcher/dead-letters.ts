/** Background work that failed for good: kept for whoever looks, never without bound. */
import type { RuntimeError } from '../errors.ts';

export interface DeadLetter {
  key: string;
  session: string;
  attempts: number;
  error: RuntimeError;
  atMs: number;
}

const KEPT = 100;

export class DeadLetters {
  readonly #letters: DeadLetter[] = [];

  get all(): readonly DeadLetter[] {
    return this.#letters;
  }

  add(letter: DeadLetter): void {
    this.#letters.push(letter);
    if (this.#letters.length > KEPT) {
      this.#letters.shift();
    }
  }
}

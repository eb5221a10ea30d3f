/** What of a text has not been spoken yet, counted in written words. */
import type { WordMark } from '#media/ports.ts';
import { toSpokenTokens } from '#media/speech/normalise.ts';

export class Remainder {
  /** Words as engines give them back. */
  readonly #words: readonly string[];
  #next = 0;
  /** Characters of the next word that have been spoken. */
  #into = 0;

  constructor(text: string, language: string) {
    this.#words = toSpokenTokens(text, language).map(({ written }) => written);
  }

  /** Empty when all has been spoken. */
  get text(): string {
    return this.#words.slice(this.#next).join(' ');
  }

  get isEmpty(): boolean {
    return this.#next >= this.#words.length;
  }

  /** Counts characters without spaces, because engines may join and part words in ways of their own. */
  spoken(words: readonly WordMark[]): void {
    this.#into += words.reduce((sum, { text }) => sum + inked(text), 0);
    while (!this.isEmpty) {
      const length = inked(this.#words[this.#next]!);
      if (this.#into < length) {
        break;
      }
      this.#into -= length;
      this.#next += 1;
    }
  }

  /** A word that was begun is taken for spoken where the next engine goes on. */
  skipBegunWord(): void {
    if (this.#into > 0) {
      this.#next += 1;
      this.#into = 0;
    }
  }
}

function inked(text: string): number {
  return text.replace(/\s+/gu, '').length;
}

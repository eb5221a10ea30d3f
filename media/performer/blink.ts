import type { Attention } from './attention.ts';
import { minimumJerk } from './glide.ts';
import type { Random } from './random.ts';

interface Blink {
  atMs: number;
  closeMs: number;
  holdMs: number;
  openMs: number;
}

/** Half of the gaps between unprompted blinks are shorter. People blink most while they speak, least while they stare. */
const MEDIAN_GAP_MS: Readonly<Record<Attention, number>> = {
  idle: 3_600,
  listening: 4_000,
  thinking: 6_000,
  speaking: 3_900,
};
const GAP_SIGMA = 0.6;
const SHORTEST_GAP_MS = 700;
const DOUBLE_SHARE = 0.07;
/** Reopened long enough between the two of a double blink that pictures show open eyes. */
const DOUBLE_GAP_MS = 90;
/** A prompt so soon after a blink is not followed. */
const PROMPT_REST_MS = 1_000;

/**
 * When the eyes close: gaps are log-normal, as measured in people, 15–20 blinks a minute in all; a blink lasts 150–250 ms and
 * closes faster than it opens (Trutoiu et al. 2011). It is shut for long enough that one picture at least shows it.
 */
export class Blinker {
  readonly #random: Random;
  #attention: Attention = 'idle';
  #blink: Blink | null = null;
  #nextMs: number;
  #doubled = false;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#nextMs = startMs + random.between(500, MEDIAN_GAP_MS.idle);
  }

  /** When the next blink begins, unless it is prompted before. */
  get nextMs(): number {
    return this.#nextMs;
  }

  attend(attention: Attention): void {
    this.#attention = attention;
  }

  /** Something happened that people often blink at: a shift of gaze, the end of an utterance. */
  prompt(atMs: number, probability: number): void {
    const endMs = this.#blink === null ? Number.NEGATIVE_INFINITY : endOf(this.#blink);
    if (atMs - endMs > PROMPT_REST_MS && this.#random.chance(probability)) {
      this.#nextMs = Math.min(this.#nextMs, atMs);
    }
  }

  /** Begins the blink that is due at `nextMs` and draws the time of the one after it. */
  step(): void {
    const random = this.#random;
    const slow = this.#attention === 'thinking' ? 1.15 : 1;
    const blink = {
      atMs: this.#nextMs,
      closeMs: random.between(55, 75) * slow,
      holdMs: random.between(15, 30) * slow,
      openMs: random.between(85, 125) * slow,
    };
    this.#blink = blink;
    this.#doubled = !this.#doubled && random.chance(DOUBLE_SHARE);
    this.#nextMs =
      endOf(blink) +
      (this.#doubled
        ? DOUBLE_GAP_MS
        : Math.max(SHORTEST_GAP_MS, random.logNormal(MEDIAN_GAP_MS[this.#attention], GAP_SIGMA)));
  }

  /** 0 open .. 1 closed. */
  at(tMs: number): number {
    if (this.#blink === null) {
      return 0;
    }
    const { atMs, closeMs, holdMs, openMs } = this.#blink;
    const intoMs = tMs - atMs;
    return intoMs < closeMs + holdMs
      ? minimumJerk(intoMs / closeMs)
      : 1 - minimumJerk((intoMs - closeMs - holdMs) / openMs);
  }
}

function endOf(blink: Blink): number {
  return blink.atMs + blink.closeMs + blink.holdMs + blink.openMs;
}

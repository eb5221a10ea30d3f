/** Finds cue phrases in what was said, forgiving word endings, small words, mishearings and a missing word. */
import { likeness, wordsOf, type Word } from './words.ts';

/** Words that decide whether a phrase is meant at all, and words that carry nothing. */
export interface PhraseWords {
  /** Articles and the like: may be missing from the text or stand between a phrase's words. */
  optional: ReadonlySet<string>;
  /** Shortly before a phrase that holds no negation itself, these void it ("not your fault" is no "your fault"). */
  negators: ReadonlySet<string>;
}

interface Slot {
  alternatives: Word[];
}

export interface Phrase {
  slots: Slot[];
  /** Every word must stand as written, one after another. */
  literal: boolean;
  holdsNegation: boolean;
}

/** Where a cue was heard. Character range, end exclusive. */
export interface CueHit {
  cue: string;
  start: number;
  end: number;
  /** 0..1 */
  certainty: number;
}

/** At most so many other words may stand between two neighbouring words of a phrase. */
const MAX_GAP_WORDS = 2;
/** A negation reaches over so many words. */
const NEGATION_REACH_WORDS = 2;
/** Words of so few letters are the ones that recognisers lose. */
const SMALL_WORD_LETTERS = 3;
/** Average likeness at which a phrase counts as heard. */
const HEARD_FROM = 0.78;
/** A single word must be this alike: one misheard word is weak evidence. */
const SINGLE_WORD_FROM = 0.9;

export function compilePhrase(source: string, language: string, kinds: PhraseWords): Phrase {
  const literal = source.startsWith('=');
  const body = literal ? source.slice(1) : source;
  const all: Slot[] = body
    .trim()
    .split(/\s+/)
    .map((part) => ({ alternatives: part.split('/').flatMap((word) => wordsOf(word, language)) }))
    .filter((slot) => slot.alternatives.length > 0);
  const telling = all.filter((slot) => !slot.alternatives.every((w) => kinds.optional.has(w.norm)));
  // One telling word of several is too little: "on Tuesday" must not be heard in "since Tuesday".
  const slots = literal || (telling.length < 2 && all.length > telling.length) ? all : telling;
  return {
    slots,
    literal,
    holdsNegation: slots.some((slot) => slot.alternatives.some((w) => kinds.negators.has(w.norm))),
  };
}

/** Likeness of a phrase word and a said word, remembered for one text. */
export class HeardText {
  readonly words: Word[];
  readonly #kinds: PhraseWords;
  readonly #likeness = new Map<string, number[]>();

  constructor(words: Word[], kinds: PhraseWords) {
    this.words = words;
    this.#kinds = kinds;
  }

  /** The best place of `phrase`, or null. */
  find(phrase: Phrase): Omit<CueHit, 'cue'> | null {
    let best: Omit<CueHit, 'cue'> | null = null;
    for (let at = 0; at < this.words.length; at += 1) {
      const hit = this.#matchFrom(phrase, at);
      if (hit && (best === null || hit.certainty > best.certainty)) best = hit;
    }
    return best;
  }

  #alike(slot: Slot, at: number, literal: boolean): number {
    let best = 0;
    for (const alternative of slot.alternatives) {
      let row = this.#likeness.get(alternative.norm);
      if (!row) {
        row = this.words.map((word) => likeness(alternative, word));
        this.#likeness.set(alternative.norm, row);
      }
      const value = row[at] ?? 0;
      if (value > best) best = value;
    }
    return literal && best < 1 ? 0 : best;
  }

  #matchFrom(phrase: Phrase, at: number): Omit<CueHit, 'cue'> | null {
    const { slots, literal } = phrase;
    const first = slots[0];
    if (!first) return null;
    // A phrase of five words bears the loss of one small word; the first anchors the match.
    const mayMiss = !literal && slots.length >= 5 ? 1 : 0;
    let sum = this.#alike(first, at, literal);
    if (sum === 0) return null;
    let last = at;
    let missed = 0;
    let lowest = sum;
    for (const slot of slots.slice(1)) {
      const found = this.#nextMatch(slot, last, phrase);
      if (!found) {
        missed += 1;
        if (missed > mayMiss || !this.#isSmall(slot)) return null;
        continue;
      }
      sum += found.value;
      lowest = Math.min(lowest, found.value);
      last = found.at;
    }
    const certainty = sum / (slots.length - missed) - missed * 0.15;
    if (certainty < (slots.length === 1 ? SINGLE_WORD_FROM : HEARD_FROM)) return null;
    if (!phrase.holdsNegation && this.#negatedBefore(at)) return null;
    return { start: this.words[at]!.start, end: this.words[last]!.end, certainty };
  }

  #isSmall(slot: Slot): boolean {
    return slot.alternatives.every(
      ({ norm }) => norm.length <= SMALL_WORD_LETTERS && !this.#kinds.negators.has(norm),
    );
  }

  #nextMatch(slot: Slot, last: number, phrase: Phrase): { at: number; value: number } | null {
    let gap = 0;
    for (let next = last + 1; next < this.words.length && gap <= MAX_GAP_WORDS; next += 1) {
      const value = this.#alike(slot, next, phrase.literal);
      if (value > 0) return { at: next, value };
      const negated = !phrase.holdsNegation && this.#kinds.negators.has(this.words[next]!.norm);
      if (phrase.literal || negated) return null;
      if (!this.#kinds.optional.has(this.words[next]!.norm)) gap += 1;
    }
    return null;
  }

  #negatedBefore(at: number): boolean {
    let reach = NEGATION_REACH_WORDS;
    for (let before = at - 1; before >= 0 && reach > 0; before -= 1) {
      if (this.words[before + 1]!.opensClause) return false;
      const { norm } = this.words[before]!;
      if (this.#kinds.negators.has(norm)) return true;
      if (!this.#kinds.optional.has(norm)) reach -= 1;
    }
    return false;
  }
}

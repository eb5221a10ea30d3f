/** What was heard of an answer whose speaker died, and what of it is to be said again. Pure. */

/** Characters that a voice of ours speaks in a second, near enough to say which word was the last. */
const CHARS_PER_SECOND = 14;

export interface CutSpeech {
  /** Ends with a whole word; may be empty. */
  heard: string;
  /** From the start of the sentence that was cut; empty where nothing was missing. */
  rest: string;
}

/** `text` had been sounding for `playedMs`. */
export function cutSpeech(text: string, playedMs: number): CutSpeech {
  const whole = text.trim();
  const chars = Math.max(0, Math.floor((playedMs / 1_000) * CHARS_PER_SECOND));
  if (chars >= whole.length) {
    return { heard: whole, rest: '' };
  }
  // A word that has begun does not count as heard.
  const heard = whole.slice(0, whole.lastIndexOf(' ', chars) + 1).trimEnd();
  const sentence = [...heard.matchAll(/[.!?…]["”’]?\s+(?=\S)/gu)].at(-1);
  const from = /[.!?…]["”’]?$/u.test(heard)
    ? heard.length
    : sentence === undefined
      ? 0
      : sentence.index + sentence[0].length;
  return { heard, rest: whole.slice(from).trim() };
}

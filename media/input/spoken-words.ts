/**
 * The words the avatar said of late. What a recogniser makes of the avatar's own voice is made of them, in their order;
 * where echo came through all the same, they tell it from the learner's words.
 */

/** As many words as are said in about half a minute: no echo is later. */
const REMEMBERED_WORDS = 80;
/** This share of what was understood must be the avatar's words: a recogniser mishears an echo more than a voice. */
const ECHO_SHARE = 0.6;

export class SpokenWords {
  #words: string[] = [];

  /** The avatar says this, or is about to. */
  say(text: string): void {
    this.#words = [...this.#words, ...wordsOf(text)].slice(-REMEMBERED_WORDS);
  }

  /** Whether `text` repeats what the avatar said: most of its words, in the avatar's order. */
  repeatedBy(text: string): boolean {
    const words = wordsOf(text);
    return words.length > 0 && commonLength(words, this.#words) >= ECHO_SHARE * words.length;
  }
}

function wordsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}']+/gu) ?? []
  );
}

/** Length of the longest common subsequence. */
function commonLength(some: readonly string[], others: readonly string[]): number {
  let previous = new Array<number>(others.length + 1).fill(0);
  for (const word of some) {
    const row = [0];
    others.forEach((other, index) => {
      row.push(word === other ? previous[index]! + 1 : Math.max(previous[index + 1]!, row[index]!));
    });
    previous = row;
  }
  return previous.at(-1)!;
}

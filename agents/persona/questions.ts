/** Finds questions, also where a recogniser gives no punctuation. */
import type { Lexicon } from './lexicon.ts';
import type { Word } from './words.ts';

/** A question's place in the text, end exclusive, and whether it leaves the answer open. */
export interface Question {
  start: number;
  end: number;
  open: boolean;
}

/** Words after which a new clause, and so a question, may begin in text without punctuation. */
const CLAUSE_OPENERS = new Set([
  'and',
  'but',
  'so',
  'or',
  'then',
  'okay',
  'well',
  'och',
  'men',
  'så',
  'sen',
]);
/** A question without a full stop is quoted for at most so many words. */
const MAX_QUESTION_WORDS = 14;

const startsWith = (words: readonly Word[], at: number, phrase: readonly string[]): boolean =>
  phrase.every((part, index) => words[at + index]?.norm === part);

export function findQuestions(text: string, words: readonly Word[], lexicon: Lexicon): Question[] {
  const rules = lexicon.questions;
  const phrases = (list: readonly string[]): string[][] => list.map((entry) => entry.split(' '));
  const tags = phrases(rules.tags);
  const open = phrases(rules.open);
  const questions: Question[] = [];
  let at = 0;
  while (at < words.length) {
    const word = words[at]!;
    const before = words[at - 1]?.norm;
    const after = words[at + 1]?.norm;
    const mayOpen = word.opensClause || before === undefined || CLAUSE_OPENERS.has(before);
    const asks =
      tags.some((tag) => startsWith(words, at, tag)) ||
      (rules.words.includes(word.norm) &&
        words.length - at >= 2 &&
        (mayOpen
          ? !rules.subjects.includes(after ?? '')
          : !rules.notAfter.includes(before) && rules.auxiliaries.includes(after ?? ''))) ||
      (mayOpen &&
        rules.auxiliaries.includes(word.norm) &&
        after !== undefined &&
        rules.subjects.includes(after));
    const end = asks ? sentenceEnd(text, words, at) : at;
    if (asks && !text.slice(word.start, words[end]!.end + 1).endsWith('.')) {
      questions.push({
        start: word.start,
        end: words[end]!.end,
        open: open.some((opening) => startsWith(words, at, opening)),
      });
      at = end + 1;
      continue;
    }
    at += 1;
  }
  return withMarked(text, words, questions);
}

/** Index of the word that ends the sentence which begins at `from`. */
function sentenceEnd(text: string, words: readonly Word[], from: number): number {
  let at = from;
  while (at + 1 < words.length && at - from < MAX_QUESTION_WORDS - 1) {
    if (/[.?!]/.test(text.slice(words[at]!.end, words[at + 1]!.start))) break;
    at += 1;
  }
  return at;
}

/** Adds sentences that end in a question mark and that the words alone did not give away. */
function withMarked(text: string, words: readonly Word[], found: Question[]): Question[] {
  const all = [...found];
  for (const match of text.matchAll(/[^.?!]+\?/g)) {
    const start = words.find((word) => word.start >= match.index)?.start ?? match.index;
    const end = match.index + match[0].length - 1;
    if (end > start && !found.some((question) => question.start < end && question.end > start)) {
      all.push({ start, end, open: false });
    }
  }
  return all.sort((a, b) => a.start - b.start);
}

/** Words of a text with their places, and how alike two words are to the ear and to the eye. */
import { doubleMetaphone } from 'double-metaphone';
import { distance } from 'fastest-levenshtein';
import snowball from 'snowball-stemmers';

export interface Word {
  /** Lower case, curly apostrophes straightened. */
  norm: string;
  stem: string;
  /** Place in the text, end exclusive. */
  start: number;
  end: number;
  /** True when punctuation that ends a clause stands between this word and the one before. */
  opensClause: boolean;
}

const stemmers = new Map<string, (word: string) => string>();

/** The stemmer of a language; words stay as they are in a language that Snowball does not know. */
function stemmerOf(language: string): (word: string) => string {
  let stem = stemmers.get(language);
  if (!stem) {
    const name = { en: 'english', sv: 'swedish', de: 'german', fr: 'french', es: 'spanish' }[
      language
    ];
    const engine = name === undefined ? undefined : snowball.newStemmer(name);
    stem = (word) => engine?.stem(word) ?? word;
    stemmers.set(language, stem);
  }
  return stem;
}

export function wordsOf(text: string, language: string): Word[] {
  const stem = stemmerOf(language);
  const words: Word[] = [];
  let lastEnd = 0;
  for (const match of text.matchAll(/[\p{L}\p{N}]+(?:['’\-–][\p{L}\p{N}]+)*/gu)) {
    const norm = match[0].toLowerCase().replaceAll('’', "'").replaceAll('–', '-');
    const between = text.slice(lastEnd, match.index);
    lastEnd = match.index + match[0].length;
    words.push({
      norm,
      stem: stem(norm),
      start: match.index,
      end: lastEnd,
      opensClause: words.length === 0 || /[.,;:!?…—]/.test(between),
    });
  }
  return words;
}

const soundKeys = new Map<string, string>();

function soundKey(word: string): string {
  let key = soundKeys.get(word);
  if (key === undefined) {
    // The cache is bounded: a long-lived worker meets ever new words.
    if (soundKeys.size > 20_000) soundKeys.clear();
    key = doubleMetaphone(word)[0];
    soundKeys.set(word, key);
  }
  return key;
}

/** Below this many letters, words that merely sound or look alike are usually different words. */
const MIN_FUZZY_LETTERS = 5;

/**
 * 0 for different words .. 1 for the same word. Same stem 0.97; a typing slip 0.9; the same sound, as a recogniser
 * confuses them, 0.8.
 */
export function likeness(a: Word, b: Word): number {
  if (a.norm === b.norm) return 1;
  if (a.stem === b.stem) return 0.97;
  const shorter = Math.min(a.norm.length, b.norm.length);
  const longer = Math.max(a.norm.length, b.norm.length);
  if (shorter < MIN_FUZZY_LETTERS || longer - shorter > 3) return 0;
  const edits = distance(a.norm, b.norm);
  if (edits <= (shorter >= 8 ? 2 : 1) && a.norm[0] === b.norm[0]) return 0.9;
  if (edits > 3) return 0;
  const key = soundKey(a.norm);
  return key.length >= 3 && key === soundKey(b.norm) ? 0.8 : 0;
}

/** Finds filler words: some always are, others only where the words around them do not need them. */
import { wordsOf, type Word } from '#agents/persona/words.ts';
import type { Lexicon } from '#agents/persona/lexicon.ts';

/** A filler's place in the text, end exclusive, and the word as the lexicon writes it. */
export interface Filler {
  word: string;
  start: number;
  end: number;
}

interface Pattern {
  word: string;
  parts: string[];
  notAfter: readonly string[];
  notBefore: readonly string[];
}

/** Longest first, so that "you know" is not read as two words. */
function patternsOf(lexicon: Lexicon): Pattern[] {
  const { always, byContext } = lexicon.fillers;
  return [
    ...always.map((word) => ({ word, notAfter: [], notBefore: [] })),
    ...Object.entries(byContext).map(([word, context]) => ({ word, ...context })),
  ]
    .map((pattern) => ({ ...pattern, parts: pattern.word.split(' ') }))
    .sort((a, b) => b.parts.length - a.parts.length);
}

export function findFillers(text: string, lexicon: Lexicon): Filler[] {
  const words = wordsOf(text, lexicon.language);
  const patterns = patternsOf(lexicon);
  const found: Filler[] = [];
  for (let at = 0; at < words.length;) {
    const pattern = patterns.find((candidate) => isFiller(candidate, words, at));
    if (!pattern) {
      at += 1;
      continue;
    }
    const last = words[at + pattern.parts.length - 1]!;
    found.push({ word: pattern.word, start: words[at]!.start, end: last.end });
    at += pattern.parts.length;
  }
  return found;
}

function isFiller(pattern: Pattern, words: readonly Word[], at: number): boolean {
  const { parts, notAfter, notBefore } = pattern;
  if (!parts.every((part, index) => words[at + index]?.norm === part)) return false;
  // A comma before or after sets the word apart: then its neighbours do not need it.
  const next = words[at + parts.length];
  const before = words[at]!.opensClause ? undefined : words[at - 1]?.norm;
  const after = next === undefined || next.opensClause ? undefined : next.norm;
  return (
    (before === undefined || !notAfter.includes(before)) &&
    (after === undefined || !notBefore.includes(after))
  );
}

/**
 * Cuts speech into clauses that a voice can say one by one: the first one short, so that sound starts early, and
 * never a cut where a speaker would not breathe.
 */
import type { Boundary, SpokenToken } from './normalise.ts';

export interface Clause {
  tokens: SpokenToken[];
  /** The break that follows; the last clause of a text ends a sentence even when the text does not say so. */
  boundary: Boundary;
}

/** A comma closes a clause of at least this many words; shorter ones stay with what follows ("Yes, I see"). */
const FEWEST_WORDS_BEFORE_COMMA = 3;
/** What follows a comma must be worth a clause of its own. */
const FEWEST_WORDS_AFTER_COMMA = 3;
/** About five seconds: longer stretches are cut even without punctuation. */
const LONGEST_CLAUSE_WORDS = 18;
/** About three seconds, for the first clause. */
const LONGEST_FIRST_CLAUSE_WORDS = 12;
/** A clause without punctuation keeps at least this many words on both sides of a cut. */
const FEWEST_WORDS_BESIDE_CUT = 4;

/** A speaker can breathe before these. */
const OPENING_WORDS = new Set(
  (
    'and but or because so which who that when while if although though unless until where whether ' +
    'then than as since before after with without about for from into through'
  ).split(' '),
);

/** The strongest of them: a subordinate or joined clause nearly always follows. */
const STRONG_OPENING_WORDS = new Set(
  'and but because so which when while if although though unless whether'.split(' '),
);

/** Nobody pauses after these. */
const CLINGING_WORDS = new Set(
  (
    'a an the my your his her its our their this that these those of to in on at by for from with as and or ' +
    'but so if is are was were be been am do does did have has had will would can could should must may might ' +
    "not no very too more most such i you he she it we they who which what i'm it's don't than because when " +
    'about into through out mister missus doctor miz minus point'
  ).split(' '),
);

const wordCount = (tokens: readonly SpokenToken[]): number =>
  tokens.reduce((sum, token) => sum + token.spoken.split(' ').length, 0);

const firstWord = (token: SpokenToken): string => token.spoken.split(/[ ,]/)[0]!.toLowerCase();

const lastWord = (token: SpokenToken): string => token.spoken.split(' ').at(-1)!.toLowerCase();

/** How good a breath before `tokens[at]` is; 0 forbids it. */
const cutScore = (tokens: readonly SpokenToken[], at: number, idealWords: number): number => {
  const left = wordCount(tokens.slice(0, at));
  const right = wordCount(tokens.slice(at));
  if (left < FEWEST_WORDS_BESIDE_CUT || right < FEWEST_WORDS_BESIDE_CUT) return 0;
  const before = tokens[at - 1]!;
  const closeness = 1 / (1 + Math.abs(left - idealWords) / idealWords);
  if (before.boundary === 'comma') return 3 * closeness;
  if (CLINGING_WORDS.has(lastWord(before))) return 0;
  const opening = firstWord(tokens[at]!);
  if (STRONG_OPENING_WORDS.has(opening)) return 2 * closeness;
  return OPENING_WORDS.has(opening) ? closeness : 0;
};

/** Cuts a stretch that is too long for one breath, as often as good places allow. */
const cutLong = (tokens: SpokenToken[], longestWords: number): SpokenToken[][] => {
  const words = wordCount(tokens);
  if (words <= longestWords) return [tokens];
  const idealWords = Math.min(longestWords, words / 2);
  let best = 0;
  let bestAt = 0;
  for (let at = 1; at < tokens.length; at += 1) {
    const score = cutScore(tokens, at, idealWords);
    if (score > best) {
      best = score;
      bestAt = at;
    }
  }
  if (bestAt === 0) return [tokens];
  return [
    ...cutLong(tokens.slice(0, bestAt), longestWords),
    ...cutLong(tokens.slice(bestAt), LONGEST_CLAUSE_WORDS),
  ];
};

const splitAtMarks = (tokens: readonly SpokenToken[]): SpokenToken[][] => {
  const stretches: SpokenToken[][] = [];
  let open: SpokenToken[] = [];
  tokens.forEach((token, index) => {
    open.push(token);
    if (token.boundary === 'none') return;
    if (token.boundary === 'comma') {
      const rest = tokens.slice(index + 1);
      const nextMark = rest.findIndex((later) => later.boundary !== 'none');
      const ahead = wordCount(nextMark < 0 ? rest : rest.slice(0, nextMark + 1));
      if (wordCount(open) < FEWEST_WORDS_BEFORE_COMMA || ahead < FEWEST_WORDS_AFTER_COMMA) return;
    }
    stretches.push(open);
    open = [];
  });
  if (open.length > 0) stretches.push(open);
  return stretches;
};

/** The clauses of a text in speaking order. Every token is in exactly one clause. */
export const splitClauses = (tokens: readonly SpokenToken[]): Clause[] => {
  const pieces = splitAtMarks(tokens).flatMap((stretch, index) =>
    cutLong(stretch, index === 0 ? LONGEST_FIRST_CLAUSE_WORDS : LONGEST_CLAUSE_WORDS),
  );
  return pieces.map((piece, index) => ({
    tokens: piece,
    boundary: index === pieces.length - 1 ? 'sentence' : piece.at(-1)!.boundary,
  }));
};

/** The clause as one line for an engine, punctuation inside it kept, closed by its own mark or a stop. */
export const clauseText = (clause: Clause): string => {
  const last = clause.tokens.length - 1;
  return clause.tokens
    .map((token, index) => {
      if (index < last) return `${token.spoken}${token.mark}`;
      return `${token.spoken}${token.mark === '' && clause.boundary === 'sentence' ? '.' : token.mark}`;
    })
    .join(' ');
};

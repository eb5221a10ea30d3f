/**
 * Turns written text into what a voice says, token by token, so that every spoken word still knows the written
 * word it stands for: captions and timed transcripts show the writing, the voice gets the speech.
 */
import { plainPunctuation } from './ascii.ts';
import { speakEnglishToken } from './english-token.ts';
import { ABBREVIATIONS, TITLES } from './english-words.ts';
import { SWEDISH_ABBREVIATIONS } from './swedish-words.ts';

/** The break after a token: none, a short one inside a sentence, or the end of a sentence. */
export type Boundary = 'none' | 'comma' | 'sentence';

export interface SpokenToken {
  /** As written, with its punctuation. Joined by spaces the tokens give the text back, spaces aside. */
  written: string;
  /** What to say, words separated by single spaces. English is plain ASCII letters, apostrophes and commas. */
  spoken: string;
  boundary: Boundary;
  /** How the voice should end here. */
  mark: '' | ',' | '.' | '?' | '!';
}

interface WrittenPiece {
  written: string;
  core: string;
  closing: string;
  opens: boolean;
}

/** Control characters, line ends and zero-width marks separate words or vanish. */
const tidy = (text: string): string =>
  text
    // Markdown links keep their text.
    .replace(/\[([^\]\n]{1,200})\]\(([^)\s]{1,400})\)/g, '$1')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffc\ufffd]/g, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g, '')
    .replace(/[\ud800-\udfff]/gu, '');

/** Splits at spaces, and after dashes that join two clauses. */
const splitWritten = (text: string): string[] =>
  tidy(text)
    .replace(/(—|--+|\p{L}–(?=\p{L}))/gu, '$1 ')
    .split(/\s+/)
    .filter((token) => token !== '');

const OPENERS = /^["'([{<*_~#¿¡“‘«]+/;
const CLOSERS = /["')\]}>*_~.,;:!?–—-]+$/;

const readPiece = (written: string): WrittenPiece => {
  const plain = plainPunctuation(written).replace(
    /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f|\u20e3/gu,
    (character) => (/[\d#*©®]/.test(character) ? character : ''),
  );
  const opening = /^#\d/.test(plain) ? '' : (OPENERS.exec(plain)?.[0] ?? '');
  const inner = /^'\d\ds?\W*$/.test(plain) ? plain : plain.slice(opening.length);
  const closing = CLOSERS.exec(inner)?.[0] ?? '';
  const core = inner.slice(0, inner.length - closing.length);
  return { written, core, closing, opens: /[([{]/.test(opening) };
};

/** Gives an abbreviation its own dot back: "Mr." is not the end of anything. */
const reclaimDot = (
  piece: WrittenPiece,
  index: number,
  pieces: readonly WrittenPiece[],
): WrittenPiece => {
  if (!piece.closing.startsWith('.') || piece.closing.startsWith('..')) return piece;
  const dotted = `${piece.core.toLowerCase()}.`;
  const isNumberSign = dotted === 'no.' && /^\d/.test(pieces[index + 1]?.core ?? '');
  const isAbbreviation =
    Object.hasOwn(TITLES, dotted) ||
    Object.hasOwn(ABBREVIATIONS, dotted) ||
    Object.hasOwn(SWEDISH_ABBREVIATIONS, dotted) ||
    isNumberSign ||
    dotted === 'st.' ||
    /^(?:[a-z]\.)+[a-z]\.$/.test(dotted);
  const isInitial = /^[A-HJ-Z]$/.test(piece.core);
  if (!isAbbreviation && !isInitial) return piece;
  return { ...piece, core: `${piece.core}.`, closing: piece.closing.slice(1) };
};

const startsLower = (piece: WrittenPiece | undefined): boolean =>
  piece !== undefined && /^\p{Ll}/u.test(piece.core);

const startsUpper = (piece: WrittenPiece | undefined): boolean =>
  piece !== undefined && /^\p{Lu}/u.test(piece.core);

const readMark = (piece: WrittenPiece, next: WrittenPiece | undefined): SpokenToken['mark'] => {
  const { closing, core } = piece;
  if (closing.includes('?')) return '?';
  if (closing.includes('!')) return startsLower(next) ? ',' : '!';
  if (/\.\./.test(closing)) return startsLower(next) ? ',' : '.';
  if (closing.includes('.')) return '.';
  if (core.endsWith('.')) {
    const lower = core.toLowerCase();
    const neverEnds =
      Object.hasOwn(TITLES, lower) || /^(?:[a-z]|st|no|e\.g|i\.e|vs|approx)\.$/.test(lower);
    if (next === undefined) return '.';
    if (!neverEnds && startsUpper(next)) return '.';
  }
  if (/[,;:–—]|--|\)/.test(closing) || next?.opens === true) return ',';
  return '';
};

const boundaryOf = (mark: SpokenToken['mark']): Boundary =>
  mark === '' ? 'none' : mark === ',' ? 'comma' : 'sentence';

const strongerMark = (a: SpokenToken['mark'], b: SpokenToken['mark']): SpokenToken['mark'] => {
  const rank = { '': 0, ',': 1, '.': 2, '!': 3, '?': 4 } as const;
  return rank[a] >= rank[b] ? a : b;
};

/** Tokens with nothing to say (an emoji, a dash) join the token before them, or after them at the start. */
const mergeSilent = (tokens: SpokenToken[]): SpokenToken[] => {
  const merged: SpokenToken[] = [];
  let waiting = '';
  for (const token of tokens) {
    const last = merged.at(-1);
    if (token.spoken !== '') {
      merged.push({ ...token, written: waiting + token.written });
      waiting = '';
    } else if (last === undefined) {
      waiting += `${token.written} `;
    } else {
      last.written += ` ${token.written}`;
      last.mark = strongerMark(last.mark, token.mark === '' ? '' : token.mark);
      last.boundary = boundaryOf(last.mark);
    }
  }
  return merged;
};

const isShouted = (pieces: readonly WrittenPiece[]): boolean => {
  const letters = pieces.map((piece) => piece.core).join('');
  return pieces.length > 3 && /\p{Lu}/u.test(letters) && !/\p{Ll}/u.test(letters);
};

const speakEnglish = (pieces: readonly WrittenPiece[]): SpokenToken[] => {
  const shouting = isShouted(pieces);
  let carry = '';
  return pieces.map((piece, index) => {
    const next = pieces[index + 1];
    const context = { previous: pieces[index - 1]?.core ?? '', next: next?.core ?? '' };
    const form = speakEnglishToken(piece.core, context, shouting);
    const spoken = carry === '' ? form.words : `${form.words} ${carry}`;
    carry = form.carry ?? '';
    const mark = readMark(piece, next);
    return { written: piece.written, spoken: spoken.trim(), mark, boundary: boundaryOf(mark) };
  });
};

/** Other languages keep their letters: their engine reads numbers and most abbreviations itself. */
const speakOther = (pieces: readonly WrittenPiece[], language: string): SpokenToken[] => {
  const abbreviations = /^sv\b/i.test(language) ? SWEDISH_ABBREVIATIONS : {};
  return pieces.map((piece, index) => {
    const mark = readMark(piece, pieces[index + 1]);
    const lower = piece.core.toLowerCase();
    const known = Object.hasOwn(abbreviations, lower) ? abbreviations[lower] : undefined;
    const spoken = known ?? (/[\p{L}\p{N}%&+=@°§$£€]/u.test(piece.core) ? piece.core : '');
    return { written: piece.written, spoken, mark, boundary: boundaryOf(mark) };
  });
};

/**
 * The tokens of `text` in order, silent ones merged away; empty when there is nothing to say.
 * `language` is BCP 47; English is spelled out in full, other languages are cleaned only.
 */
export const toSpokenTokens = (text: string, language: string): SpokenToken[] => {
  const pieces = splitWritten(text).map(readPiece).map(reclaimDot);
  const isEnglish = /^en\b/i.test(language);
  return mergeSilent(isEnglish ? speakEnglish(pieces) : speakOther(pieces, language));
};

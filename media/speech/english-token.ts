/** One written English token as the words a voice says. */
import { foldToAscii } from './ascii.ts';
import { speakAmount, type SpokenForm, type TokenContext } from './english-amounts.ts';
import { cardinalWords, digitWords } from './english-numbers.ts';
import {
  ABBREVIATIONS,
  CURRENCIES,
  INTERJECTIONS,
  STRESSED_WORDS,
  SYMBOLS,
  TITLES,
  UNITS,
  WORDLIKE_ACRONYMS,
} from './english-words.ts';

/** 40 letters: longer strings are keys and noise; a voice reads them in pieces. */
const LONGEST_WORD_LETTERS = 40;

const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** Letters one by one: "KPI" is "K P I". A lone capital A would be read as the article, so it is spelled out. */
const spellLetters = (letters: string): string =>
  [...letters.toUpperCase()].map((letter) => (letter === 'A' ? 'ay' : letter)).join(' ');

const ADDRESS =
  /^(?:https?:\/\/|www\.)\S+$|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|edu|gov|info|app|eu|se|uk|de|fr|us)(?:\/\S*)?$/i;
const EMAIL = /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i;

const speakAddressPart = (part: string): string =>
  part
    .split(/[^a-zA-Z0-9]+|(?<=\d)(?=[a-zA-Z])|(?<=[a-zA-Z])(?=\d)/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^\d+$/.test(piece) ? digitWords(piece) : piece.toLowerCase()))
    .join(' ');

const speakAddress = (address: string): string => {
  const plain = address
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/^www\./i, '')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '');
  const [host = '', ...path] = plain.split('/');
  const spoken = host.split('.').map(speakAddressPart).join(' dot ');
  return [spoken, ...path.map((part) => `slash ${speakAddressPart(part)}`)].join(' ');
};

const speakEmail = (address: string): string => {
  const [user = '', host = ''] = address.split('@');
  return `${user.split('.').map(speakAddressPart).join(' dot ')} at ${speakAddress(host)}`;
};

/** "St." is a saint before a name and a street after one. */
const speakSaintOrStreet = (core: string, { next }: TokenContext): string | undefined => {
  if (!/^St\.$/.test(core)) return undefined;
  return /^[A-Z]/.test(next) ? 'saint' : 'street';
};

const speakAcronym = (core: string): string | undefined => {
  if (/^(?:[A-Za-z]\.){2,}[A-Za-z]?$/.test(core)) return spellLetters(core.replace(/\./g, ''));
  const match = /^([A-Z]{2,5})('s|s)?$/.exec(core);
  if (match === null) return undefined;
  const [, letters = '', ending] = match;
  const isStressedWord =
    STRESSED_WORDS.has(letters) || (letters.length > 3 && /[^AEIOU][AEIOU]+[^AEIOU]/.test(letters));
  if (isStressedWord || WORDLIKE_ACRONYMS.has(letters)) {
    const word = letters === 'OK' ? 'okay' : letters.toLowerCase();
    return ending === undefined ? word : `${word}'s`;
  }
  return ending === undefined ? spellLetters(letters) : `${spellLetters(letters)}'s`;
};

/** A plain word: ASCII letters and inner apostrophes, in pieces where it is absurdly long. */
const speakPlain = (piece: string): string => {
  const letters = foldToAscii(piece)
    .replace(/[^A-Za-z']/g, ' ')
    .replace(/(?<![A-Za-z])'|'(?![A-Za-z])/g, ' ')
    .trim();
  return letters
    .split(/\s+/)
    .flatMap((word) => word.match(new RegExp(`.{1,${String(LONGEST_WORD_LETTERS)}}`, 'g')) ?? [])
    .map((word) => word.toLowerCase())
    .join(' ');
};

const speakMixed = (core: string, context: TokenContext, isShouting: boolean): string =>
  core
    .split(
      /[\s\-–—_/\\|,;:.+*~^"()[\]{}<>=!?]+|(?=[&@%#°€£])|(?<=[&@%#°€£])|(?<=\d)(?=\D)|(?<=\D)(?=\d)|(?<=\p{Ll})(?=\p{Lu})/u,
    )
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (/^\d+$/.test(piece)) return /^0\d/.test(piece) ? digitWords(piece) : cardinalWords(piece);
      const symbol = lookUp(SYMBOLS, piece);
      if (symbol !== undefined) return symbol;
      const known = lookUp(INTERJECTIONS, piece.toLowerCase());
      if (known !== undefined) return known;
      return (isShouting ? undefined : speakAcronym(piece)) ?? speakLone(piece, context);
    })
    .filter((words) => words !== '')
    .join(' ');

/** A lone letter is its name, save for the words "a" and "I". */
const speakLone = (piece: string, { previous }: TokenContext): string => {
  if (
    /^[A-Z]$/.test(piece) &&
    piece !== 'I' &&
    (piece !== 'A' || /^[A-Za-z]*[a-z]$/.test(previous))
  ) {
    return spellLetters(piece);
  }
  return speakPlain(piece);
};

/**
 * Says one token. `core` has no quotes, brackets or closing punctuation, save for the dot of an abbreviation.
 * `isShouting` is true where the whole text is in capitals, so that they mark no acronyms.
 */
export const speakEnglishToken = (
  core: string,
  context: TokenContext,
  isShouting: boolean,
): SpokenForm => {
  const lower = core.toLowerCase();
  const known =
    lookUp(SYMBOLS, core) ??
    lookUp(TITLES, lower) ??
    lookUp(ABBREVIATIONS, lower) ??
    lookUp(INTERJECTIONS, lower) ??
    speakSaintOrStreet(core, context);
  if (known !== undefined) return { words: known.replace(/\bA\b/g, 'ay') };
  if (/^no\.$/i.test(core)) return { words: /^\d/.test(context.next) ? 'number' : 'no' };
  if (EMAIL.test(core)) return { words: speakEmail(core) };
  if (ADDRESS.test(core)) return { words: speakAddress(core) };
  if (/^#\d+$/.test(core)) return { words: `number ${cardinalWords(core.slice(1))}` };
  if (/\d/.test(core)) {
    const amount = speakAmount(core, context);
    if (amount !== undefined) return amount;
  } else if (/\d$/.test(context.previous)) {
    if (/^[ap]m$/i.test(core)) return { words: spellLetters(core) };
    const unit = lookUp(UNITS, core) ?? lookUp(CURRENCIES, core);
    const isUnit = unit !== undefined && core !== 'x' && !/^(?:a|in)$/.test(core);
    if (isUnit) return { words: context.previous === '1' ? unit.one : unit.many };
  }
  const acronym = isShouting ? undefined : speakAcronym(core);
  return { words: acronym ?? speakMixed(core, context, isShouting) };
};

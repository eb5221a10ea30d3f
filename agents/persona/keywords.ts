/** What a speaker named, so that the persona can take it up: things, times, and clauses turned round. */
import nlp from 'compromise/two';
import type { Lexicon } from './lexicon.ts';
import type { Word } from './words.ts';

interface Tagged {
  norm: string;
  tags: ReadonlySet<string>;
  opensClause: boolean;
}

const sentenceSchema = (value: unknown): { terms: { text: string; tags: string[] }[] }[] =>
  value as { terms: { text: string; tags: string[] }[] }[];

/** Parts of speech of an English text. */
function tagWords(text: string): Tagged[] {
  const tagged: Tagged[] = [];
  for (const sentence of sentenceSchema(nlp(text).json({ terms: { tags: true, text: true } }))) {
    sentence.terms.forEach((term, index) => {
      if (term.text === '') return;
      tagged.push({
        norm: term.text.toLowerCase().replaceAll('’', "'"),
        tags: new Set(term.tags),
        opensClause: index === 0,
      });
    });
  }
  return tagged;
}

const is = (word: Tagged | undefined, ...tags: string[]): boolean =>
  word !== undefined && tags.some((tag) => word.tags.has(tag));

const isNoun = (word: Tagged | undefined): boolean =>
  is(word, 'Noun') && !is(word, 'Pronoun', 'Possessive', 'Date', 'Value', 'Verb', 'Expression');

/** An adjective before its noun, or a verb form right after the determiner that serves as one ("my walking boots"). */
const describes = (words: readonly Tagged[], at: number, first: boolean): boolean =>
  (is(words[at], 'Adjective') && !isNoun(words[at - 1])) ||
  (first && is(words[at], 'Gerund', 'PastTense') && isNoun(words[at + 1]));

const IS_WORDS = new Set(['am', 'is', 'are', 'was', 'were', 'be', 'been', "i'm", 'as', 'not']);
const MAX_THING_WORDS = 3;
const OWNERS = new Map([
  ['my', 'your'],
  ['our', 'your'],
  ['a', 'the'],
  ['an', 'the'],
]);
const DETERMINERS = new Set([
  'the',
  'this',
  'that',
  'these',
  'those',
  'his',
  'her',
  'their',
  'some',
]);

/**
 * The thing that is best worth taking up, with its determiner turned to the listener ("my left boot" gives "your
 * left boot"), or null. English only; other languages name their things as topics.
 */
export function thingIn(text: string, lexicon: Lexicon): string | null {
  if (lexicon.language !== 'en') return null;
  const words = tagWords(text);
  let best: { text: string; weight: number } | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const first = words[at]!.norm;
    const turned = OWNERS.get(first) ?? (DETERMINERS.has(first) ? first : null);
    if (turned === null) continue;
    // "I was a waiter" names what somebody is, not a thing to ask about.
    if (turned !== first && IS_WORDS.has(words[at - 1]?.norm ?? '') && OWNERS.get(first) === 'the')
      continue;
    const phrase: Tagged[] = [];
    for (let next = at + 1; next < words.length && phrase.length <= MAX_THING_WORDS; next += 1) {
      const word = words[next]!;
      if (!isNoun(word) && !describes(words, next, next === at + 1)) break;
      phrase.push(word);
    }
    while (phrase.length > 0 && !isNoun(phrase.at(-1))) phrase.pop();
    const head = phrase.at(-1);
    if (!head || phrase.length > MAX_THING_WORDS || head.norm.length < 3) continue;
    if (phrase.some((word) => lexicon.dullNouns.includes(word.norm))) continue;
    const weight = phrase.length + head.norm.length / 10;
    const determiner =
      turned === 'some' || turned === 'this' || turned === 'these' ? 'the' : turned;
    if (best === null || weight >= best.weight) {
      best = { text: [determiner, ...phrase.map((word) => word.norm)].join(' '), weight };
    }
  }
  return best?.text ?? null;
}

/** A clause shorter than this says too little to give back, a longer one is parroting. */
const CLAUSE_WORDS = { min: 4, max: 10 };
const SUBJECTS = new Set([
  'i',
  'we',
  'they',
  'he',
  'she',
  "i'm",
  "we're",
  "they're",
  "i've",
  "we've",
]);
const SECOND_PERSON = /\b(you|your|yours|you're|you've|you'll|you'd|yourself)\b/;
const CLAUSE_ENDS = new Set([
  'and',
  'but',
  'because',
  'so',
  'which',
  'or',
  'if',
  'when',
  'while',
  'um',
  'uh',
  'like',
  'although',
]);
/** Verbs of thinking and telling: giving those back says nothing. */
const EMPTY_VERBS = new Set([
  'think',
  'guess',
  'mean',
  'know',
  'want',
  'wanted',
  'would',
  'like',
  'feel',
  'hope',
  'believe',
  'said',
  'say',
  'tell',
  'have',
  'need',
  'suppose',
  'am',
  'was',
  'will',
  "i'm",
  'can',
  'could',
  'understand',
  'see',
  'hear',
]);

/**
 * One clause of the speaker turned to the listener: "we found bugs in testing" gives "you found bugs in testing".
 * Only clauses around `anchor` (a place in the text where something was understood) that no one else's "you" muddles.
 */
export function clauseIn(
  text: string,
  words: readonly Word[],
  anchor: { start: number; end: number },
  lexicon: Lexicon,
): string | null {
  if (lexicon.language !== 'en') return null;
  const anchorAt = words.findIndex((word) => word.end > anchor.start);
  if (anchorAt < 0) return null;
  let from = anchorAt;
  while (from > 0 && !SUBJECTS.has(words[from]!.norm)) {
    if (words[from]!.opensClause || CLAUSE_ENDS.has(words[from]!.norm)) return null;
    from -= 1;
  }
  if (!SUBJECTS.has(words[from]!.norm) || EMPTY_VERBS.has(words[from + 1]?.norm ?? '')) return null;
  let to = from + 1;
  while (to < words.length && !words[to]!.opensClause && !CLAUSE_ENDS.has(words[to]!.norm)) to += 1;
  const clause = words.slice(from, to);
  if (clause.length < CLAUSE_WORDS.min || clause.length > CLAUSE_WORDS.max) return null;
  if (words[to - 1]!.end < anchor.end) return null;
  const spoken = clause.map((word) => word.norm);
  if (SECOND_PERSON.test(spoken.join(' '))) return null;
  if (!tagWords(text.slice(clause[0]!.start, clause.at(-1)!.end)).some((w) => is(w, 'Verb')))
    return null;
  const last = spoken.at(-1)!;
  if (lexicon.optional.includes(last) || lexicon.negators.includes(last)) return null;
  return spoken
    .map((word) => lexicon.flips[word] ?? word)
    .join(' ')
    .replace(/\byou was\b/, 'you were')
    .replace(/\byou am\b/, 'you are');
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const timePatterns = new WeakMap<Lexicon, RegExp>();

function timePattern(lexicon: Lexicon): RegExp {
  let pattern = timePatterns.get(lexicon);
  if (!pattern) {
    const any = (list: readonly string[]): string =>
      [...list]
        .sort((a, b) => b.length - a.length)
        .map(escape)
        .join('|');
    const { numbers, units, points, ordinals } = lexicon.time;
    const day = `(?:${any(ordinals)}|\\d{1,2}(?:st|nd|rd|th)?)`;
    pattern = new RegExp(
      `(?<![\\p{L}\\p{N}])(?:(?:${any(numbers)}|\\d+)(?: (?:more|extra|whole|mer|till|hela))? (?:${any(units)})|(?:the )?${day} (?:of )?(?:${any(points)})|(?:${any(points)}) ${day}|the ${day}(?= *$)|(?:${any(points)}))(?![\\p{L}\\p{N}])`,
      'giu',
    );
    timePatterns.set(lexicon, pattern);
  }
  return pattern;
}

/** The last date or span of time in the text, as one would say it back ("three weeks", "Friday"), or null. */
export function timeIn(text: string, lexicon: Lexicon): string | null {
  const found = [...text.matchAll(timePattern(lexicon))].at(-1)?.[0].toLowerCase();
  if (found === undefined) return null;
  // Names of days and months get back their capital letters.
  return lexicon.time.points.reduce(
    (said, point) => said.replace(new RegExp(`\\b${escape(point.toLowerCase())}\\b`), point),
    found,
  );
}

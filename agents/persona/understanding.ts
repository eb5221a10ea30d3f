/** What a learner's turn holds: cues, intents, topics, questions, and things to take up by name. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { compilePhrase, HeardText, type CueHit, type Phrase, type PhraseWords } from './cues.ts';
import { clauseIn, thingIn, timeIn } from './keywords.ts';
import { lexiconFor, type Lexicon } from './lexicon.ts';
import { findQuestions, type Question } from './questions.ts';
import { wordsOf, type Word } from './words.ts';

export interface Understanding {
  readonly text: string;
  readonly words: readonly Word[];
  /** Words that are not mere hesitation. */
  readonly wordCount: number;
  /** By name of cue or intent. */
  readonly hits: ReadonlyMap<string, CueHit>;
  /** Names of topics touched, in the scenario's order. */
  readonly topics: readonly string[];
  readonly questions: readonly Question[];
  /** Index into the scenario's answers, then the lexicon's; null when no known question was asked. */
  readonly answer: { from: 'scenario' | 'lexicon'; index: number } | null;
  readonly slots: Readonly<Partial<Record<SlotName, string>>>;
}

export type SlotName = 'thing' | 'time' | 'clause' | 'topic';

/** A turn of up to this many words is a short answer. */
export const SHORT_ANSWER_WORDS = 3;
const LONG_ANSWER_WORDS = 60;
/** Intents that say nothing about content: a turn that holds only these was not understood by them. */
export const CONTENTLESS: ReadonlySet<string> = new Set([
  'number',
  'time',
  'short-answer',
  'long-answer',
  'question',
  'open-question',
  'hesitation',
]);

interface Rule {
  name: string;
  phrases: Phrase[];
  whole: boolean;
}

interface Ear {
  lexicon: Lexicon;
  kinds: PhraseWords;
  rules: Rule[];
  topics: { name: string; say: string; phrases: Phrase[] }[];
  scenarioAnswers: Phrase[][];
  lexiconAnswers: Phrase[][];
  hesitations: ReadonlySet<string>;
  understood: Map<string, Understanding>;
}

const ears = new WeakMap<Scenario, Ear>();

/** Everything that a scenario listens for, compiled once. A cue of the scenario adds to the intent of its name. */
function earOf(scenario: Scenario): Ear {
  const known = ears.get(scenario);
  if (known) return known;
  const lexicon = lexiconFor(scenario.language);
  const kinds = { optional: new Set(lexicon.optional), negators: new Set(lexicon.negators) };
  const compile = (sources: readonly string[]): Phrase[] =>
    sources.map((source) => compilePhrase(source, lexicon.language, kinds));
  const names = new Set([...Object.keys(scenario.cues), ...Object.keys(lexicon.intents)]);
  const ear: Ear = {
    lexicon,
    kinds,
    rules: [...names].map((name) => ({
      name,
      phrases: compile([
        ...(scenario.cues[name]?.hear ?? []),
        ...(lexicon.intents[name]?.hear ?? []),
      ]),
      whole: lexicon.intents[name]?.whole ?? false,
    })),
    topics: Object.entries(scenario.topics).map(([name, topic]) => ({
      name,
      say: topic.say,
      phrases: compile(topic.hear),
    })),
    scenarioAnswers: scenario.answers.map((answer) => compile(answer.hear)),
    lexiconAnswers: lexicon.answers.map((answer) => compile(answer.hear)),
    hesitations: new Set(lexicon.hesitations),
    understood: new Map(),
  };
  ears.set(scenario, ear);
  return ear;
}

/** Several sentences' worth of talk are remembered, so that replaying a history is cheap. */
const MAX_REMEMBERED = 400;

export function understand(scenario: Scenario, text: string): Understanding {
  const ear = earOf(scenario);
  const remembered = ear.understood.get(text);
  if (remembered) return remembered;
  const result = listen(ear, text);
  if (ear.understood.size >= MAX_REMEMBERED) ear.understood.clear();
  ear.understood.set(text, result);
  return result;
}

function listen(ear: Ear, text: string): Understanding {
  const { lexicon } = ear;
  const words = wordsOf(text, lexicon.language);
  const heard = new HeardText(words, ear.kinds);
  const best = (phrases: readonly Phrase[]): Omit<CueHit, 'cue'> | null => {
    let top: Omit<CueHit, 'cue'> | null = null;
    for (const phrase of phrases) {
      const hit = heard.find(phrase);
      if (hit && (top === null || hit.certainty > top.certainty)) top = hit;
    }
    return top;
  };
  const telling = words.filter((word) => !ear.hesitations.has(word.norm));
  const hits = new Map<string, CueHit>();
  for (const rule of ear.rules) {
    const hit = rule.whole ? wholeHit(rule, words, telling) : best(rule.phrases);
    if (hit) hits.set(rule.name, { cue: rule.name, ...hit });
  }
  const questions = findQuestions(text, words, lexicon);
  const time = timeIn(text, lexicon);
  const span = (start: number, end: number): Omit<CueHit, 'cue'> => ({ start, end, certainty: 1 });
  const add = (name: string, hit: Omit<CueHit, 'cue'>): void => {
    if (!hits.has(name)) hits.set(name, { cue: name, ...hit });
  };
  // "What did you say?" asks for a repetition, not about anything.
  const asked = hits.has('repeat') ? [] : questions;
  if (asked[0]) add('question', span(asked[0].start, asked[0].end));
  const open = asked.find((question) => question.open);
  if (open) add('open-question', span(open.start, open.end));
  const timeAt = time === null ? -1 : text.toLowerCase().lastIndexOf(time.toLowerCase());
  if (time !== null && timeAt >= 0) add('time', span(timeAt, timeAt + time.length));
  const digit = /\d+/.exec(text);
  if (digit) add('number', span(digit.index, digit.index + digit[0].length));
  if (words.length > 0 && telling.length <= SHORT_ANSWER_WORDS)
    add('short-answer', span(0, text.length));
  if (telling.length >= LONG_ANSWER_WORDS) add('long-answer', span(0, text.length));

  const topics = ear.topics.filter((topic) => best(topic.phrases) !== null);
  const answer = findAnswer(ear, best);
  const anchor = [...hits.values()].find((hit) => !CONTENTLESS.has(hit.cue));
  const slots: Partial<Record<SlotName, string>> = {};
  const thing = thingIn(text, lexicon);
  const clause = anchor ? clauseIn(text, words, anchor, lexicon) : null;
  if (thing !== null) slots.thing = thing;
  if (clause !== null) slots.clause = clause;
  if (time !== null) slots.time = time;
  if (topics[0]) slots.topic = topics[0].say;
  return {
    text,
    words,
    wordCount: telling.length,
    hits,
    topics: topics.map((topic) => topic.name),
    questions,
    answer,
    slots,
  };
}

function findAnswer(
  ear: Ear,
  best: (phrases: readonly Phrase[]) => Omit<CueHit, 'cue'> | null,
): Understanding['answer'] {
  const inScenario = ear.scenarioAnswers.findIndex((phrases) => best(phrases) !== null);
  if (inScenario >= 0) return { from: 'scenario', index: inScenario };
  const inLexicon = ear.lexiconAnswers.findIndex((phrases) => best(phrases) !== null);
  return inLexicon >= 0 ? { from: 'lexicon', index: inLexicon } : null;
}

/** Holds when the rule's phrases, one or several of them, are all that was said besides hesitations. */
function wholeHit(
  rule: Rule,
  words: readonly Word[],
  telling: readonly Word[],
): Omit<CueHit, 'cue'> | null {
  const said = telling.length > 0 ? telling : words;
  if (said.length === 0 || said.length > 8) return null;
  let at = 0;
  while (at < said.length) {
    const step = Math.max(
      0,
      ...rule.phrases.map(({ slots }) =>
        slots.every((slot, i) => slot.alternatives.some((w) => w.norm === said[at + i]?.norm))
          ? slots.length
          : 0,
      ),
    );
    if (step === 0) return null;
    at += step;
  }
  return { start: words[0]!.start, end: words.at(-1)!.end, certainty: 1 };
}

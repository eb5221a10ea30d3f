/** Decides what kind of reply a turn needs, in order of urgency, and puts it together. Works on the state it is given. */
import type { Scenario, ScenarioLine } from '#agents/dispatch/scenario.ts';
import { lexiconFor } from './lexicon.ts';
import { isHostile, moodAfter } from './mood.ts';
import { chooseLine, hashOf, markUsed, type Slots } from './phrasing.ts';
import { enterNextStage, progress } from './stages.ts';
import { stripStageDirections } from './stage-directions.ts';
import { aimsReached, countTurn, stageOf, type DialogueState } from './state.ts';
import {
  CONTENTLESS,
  SHORT_ANSWER_WORDS,
  understand,
  type Understanding,
} from './understanding.ts';

/** What the persona has to answer. */
export type Exchange =
  | { kind: 'opening' }
  | { kind: 'silence' }
  | { kind: 'said'; text: string; atMs?: number; opensTalk: boolean };

export interface Response {
  text: string;
  understood: boolean;
  endsCall: boolean;
}

/** The persona closes at the third silence in a row at the latest, and when silence keeps coming back. */
const MAX_SILENCES_IN_ALL = 8;
/** After so many hostile turns the persona ends the talk. */
const MAX_HOSTILE_TURNS = 4;
/** Words in one reply above which its first part is dropped: speech should be short. */
const MAX_REPLY_WORDS = 34;
/** Below this share of aims the persona does not close as if all had been settled. */
const MUCH_REACHED = 0.5;
/** A goodbye counts when little else is said. */
const GOODBYE_WITHIN_WORDS = 10;
/** An answer of so many words is one, even if it holds nothing we listen for. */
const ANSWER_WORDS = 5;

export function respond(
  scenario: Scenario,
  seed: number,
  state: DialogueState,
  exchange: Exchange,
): Response {
  return new Responder(scenario, seed, state).respond(exchange);
}

/** A line that opens with a short sentence or a linking word needs nothing before it. */
const OPENS_SOFTLY = /^(?:[^.?!]{1,12}[.!]|(?:so|and|but|now|so,|då|och|men|så|nu)\b)/i;

const SOFT_OPENING = /^(\[\w+\] )?(?:okay|right|all right|good|okej|visst)[.,] /i;

const asks = (line: ScenarioLine): boolean =>
  (typeof line === 'string' ? line : line.say).includes('?');

class Responder {
  readonly #scenario: Scenario;
  readonly #seed: number;
  readonly #state: DialogueState;
  #slots: Slots;

  constructor(scenario: Scenario, seed: number, state: DialogueState) {
    this.#scenario = scenario;
    this.#seed = seed;
    this.#state = state;
    this.#slots = { name: scenario.persona.name, role: scenario.persona.role };
  }

  respond(exchange: Exchange): Response {
    if (this.#state.closed) return this.#close(this.#lexicon.say.farewell);
    if (exchange.kind === 'opening')
      return this.#say(this.#pick(this.#scenario.opening, 'opening'));
    if (exchange.kind === 'silence') return this.#toSilence();
    return this.#toWords(exchange);
  }

  get #lexicon() {
    return lexiconFor(this.#scenario.language);
  }

  get #stage() {
    return stageOf(this.#scenario, this.#state);
  }

  #toSilence(): Response {
    const { nudges, closing } = this.#scenario.silence;
    this.#state.silences += 1;
    this.#state.silencesInAll += 1;
    const { silences, silencesInAll } = this.#state;
    if (silences > 3 || silencesInAll > MAX_SILENCES_IN_ALL) return this.#close(closing);
    // Gentlest first: as many nudges from the start as there were silences in a row are open to choice.
    const line =
      this.#pick(nudges.slice(silences - 1, silences), 'nudge') ??
      this.#pick(nudges, 'nudge') ??
      this.#pick(this.#lexicon.say.stillThere, 'nudge');
    return line === null ? this.#close(closing) : this.#say(line);
  }

  #toWords(exchange: { text: string; atMs?: number; opensTalk: boolean }): Response {
    const state = this.#state;
    const heard = understand(this.#scenario, exchange.text);
    this.#slots = { ...this.#slots, ...heard.slots };
    const wasInterrupted = state.lastInterrupted;
    state.silences = 0;
    state.lastInterrupted = false;
    if (heard.words.length === 0) return this.#notUnderstood(this.#lexicon.say.nothingSaid);
    countTurn(this.#scenario, state, heard);
    state.mood = moodAfter(this.#scenario, state.mood, heard);
    if (isHostile(this.#scenario, heard)) state.hostileTurns += 1;

    if (heard.hits.has('stop') || this.#isGoodbye(heard)) return this.#closeOnRequest();
    if (this.#timeIsUp(exchange.atMs)) return this.#close(this.#scenario.closing.late);
    if (heard.hits.has('repeat')) return this.#repeat();
    if (state.hostileTurns >= MAX_HOSTILE_TURNS) return this.#close(this.#scenario.closing.sour);
    if (exchange.opensTalk) return this.#openingAfter(heard);
    if (heard.hits.has('hold-on') && heard.wordCount <= 8) return this.#giveWay();
    if (wasInterrupted && heard.wordCount <= SHORT_ANSWER_WORDS && heard.hits.size <= 2) {
      return this.#giveWay();
    }
    if (heard.hits.has('swearing'))
      return this.#say(this.#withProbe(this.#pick(this.#lexicon.say.swearing, 'swearing')));
    if (heard.answer === null && !this.#makesSense(heard)) return this.#askBack(heard);
    state.misses = 0;
    return this.#goOn(this.#answerTo(heard) ?? this.#reactionTo(heard), heard);
  }

  #isGoodbye(heard: Understanding): boolean {
    return heard.hits.has('goodbye') && heard.wordCount <= GOODBYE_WITHIN_WORDS;
  }

  #timeIsUp(atMs: number | undefined): boolean {
    const { durationMinutes, maxLearnerTurns } = this.#scenario;
    return (
      this.#state.learnerTurns >= maxLearnerTurns ||
      (atMs !== undefined && atMs >= durationMinutes * 60_000)
    );
  }

  /** Something we listen for, or enough of an answer where any answer will do. */
  #makesSense(heard: Understanding): boolean {
    const { movesOn, reactions } = this.#stage;
    const wanted = new Set([...movesOn.hears, ...reactions.map(({ to }) => to)]);
    const names = [...heard.hits.keys()];
    if (names.some((name) => !CONTENTLESS.has(name) || wanted.has(name))) return true;
    if (heard.topics.length > 0) return true;
    const asked = this.#reactionPools().some(({ to }) => CONTENTLESS.has(to) && heard.hits.has(to));
    if (asked && heard.questions.length > 0) return true;
    return this.#stage.accepts === 'anything' && heard.wordCount >= ANSWER_WORDS;
  }

  #reactionPools() {
    return [...this.#stage.reactions, ...this.#scenario.reactions];
  }

  #reactionTo(heard: Understanding): string | null {
    // A reaction that asks would compete with the next stage's question.
    const movesOn = progress(this.#scenario, this.#state).kind !== 'stay';
    const fitting = this.#reactionPools().filter(({ to }) => heard.hits.has(to));
    const fresh = fitting.filter(({ to }) => to !== this.#state.lastReaction);
    for (const { to, say } of [...fresh, ...fitting]) {
      const line = this.#pick(
        movesOn ? say.filter((entry) => !asks(entry)) : say,
        `reaction ${to}`,
      );
      if (line !== null) {
        this.#state.lastReaction = to;
        return line;
      }
    }
    this.#state.lastReaction = null;
    return null;
  }

  #answerTo(heard: Understanding): string | null {
    if (heard.answer === null) return null;
    const { from, index } = heard.answer;
    const say: readonly ScenarioLine[] | undefined =
      from === 'scenario' ? this.#scenario.answers[index]?.say : this.#lexicon.answers[index]?.say;
    return say === undefined ? null : this.#pick(say, 'answer');
  }

  /** The reaction, then what the stage wants next. */
  #goOn(reaction: string | null, heard: Understanding): Response {
    const step = progress(this.#scenario, this.#state);
    if (step.kind === 'done') return this.#closeDone(reaction);
    if (step.kind === 'last-try') {
      this.#state.lastTries.add(this.#stage.id);
      return this.#say(this.#join(reaction, this.#pick(this.#stage.lastTry ?? [], 'last try')));
    }
    if (step.kind === 'next') {
      enterNextStage(this.#scenario, this.#state);
      const ask = this.#pick(this.#stage.ask, 'ask') ?? this.#pick(this.#stage.probe, 'ask');
      const before = reaction !== null && reaction.includes('?') ? null : reaction;
      return this.#say(this.#join(before ?? this.#takeUp(ask), ask));
    }
    if (reaction?.includes('?')) return this.#say(reaction);
    const short =
      heard.hits.has('short-answer') && reaction === null && heard.questions.length === 0;
    const probe =
      short && hashOf(this.#seed, this.#state.learnerTurns) % 2 === 0
        ? this.#pick(this.#lexicon.say.short, 'short')
        : null;
    return this.#say(this.#withProbe(reaction, probe));
  }

  #withProbe(before: string | null, probe: string | null = null): string | null {
    const next = probe ?? this.#pick(this.#stage.probe, 'probe');
    if (next !== null) return this.#join(before, next);
    if (before !== null) return before;
    return null;
  }

  /** A word or two to show that the turn arrived, unless the question opens with such a word itself. */
  #takeUp(question: string | null): string | null {
    if (question === null || OPENS_SOFTLY.test(stripStageDirections(question))) return null;
    const said = this.#pick(this.#lexicon.say.takeUp, 'take up');
    if (said !== null && hashOf(this.#seed, 'take up', this.#state.learnerTurns) % 3 > 0)
      return said;
    const { acknowledge } = this.#lexicon.say;
    return acknowledge[hashOf(this.#seed, this.#state.learnerTurns) % acknowledge.length] ?? null;
  }

  #askBack(heard: Understanding): Response {
    const { again, about, simpler } = this.#scenario.misunderstood;
    if (heard.hits.has('short-answer') && this.#stage.accepts === 'anything') {
      return this.#notUnderstood(this.#lexicon.say.short);
    }
    const step = progress(this.#scenario, this.#state);
    if (step.kind !== 'stay') return { ...this.#goOn(null, heard), understood: false };
    const pools = this.#state.misses === 0 ? [about, again, simpler] : [simpler, about, again];
    return this.#notUnderstood(...pools);
  }

  /** Asks back with a line of the first pool that still has one. */
  #notUnderstood(...pools: (readonly ScenarioLine[])[]): Response {
    this.#state.misses += 1;
    for (const pool of [...pools, this.#stage.probe]) {
      const line = this.#pick(pool, 'again');
      if (line !== null) return { ...this.#say(line), understood: false };
    }
    return { ...this.#say(null), understood: false };
  }

  #repeat(): Response {
    const { repeatOpenings } = this.#lexicon.say;
    const opening =
      repeatOpenings[hashOf(this.#seed, this.#state.learnerTurns) % repeatOpenings.length]!;
    const question = this.#state.lastQuestion;
    // A request to repeat is no answer: the stage does not get older by it.
    this.#state.turnsInStage -= 1;
    if (question !== null) return this.#say(`${opening} ${question}`);
    return this.#say(this.#join(opening, this.#pick(this.#stage.probe, 'repeat')));
  }

  #giveWay(): Response {
    return this.#say(this.#pick(this.#lexicon.say.goOn, 'go on') ?? this.#withProbe(null));
  }

  /** The learner spoke first: greet back and begin, taking up what was said if it was more than a greeting. */
  #openingAfter(heard: Understanding): Response {
    const content = [...heard.hits.keys()].some(
      (name) => name !== 'greeting' && !CONTENTLESS.has(name),
    );
    if (!content) return this.#say(this.#pick(this.#scenario.opening, 'opening'));
    return this.#goOn(this.#answerTo(heard) ?? this.#reactionTo(heard), heard);
  }

  #closeOnRequest(): Response {
    const { closing, stages } = this.#scenario;
    const nearlyDone = this.#state.stageIndex >= stages.length - 1;
    return nearlyDone ? this.#closeDone(null) : this.#close(closing.early);
  }

  #closeDone(reaction: string | null): Response {
    const { done, sour, unclear } = this.#scenario.closing;
    const reached = aimsReached(this.#scenario, this.#state).length / this.#scenario.aims.length;
    const pool = this.#state.mood < -1.2 ? sour : reached < MUCH_REACHED ? unclear : done;
    const response = this.#close(pool);
    const before = reaction !== null && reaction.includes('?') ? null : reaction;
    return { ...response, text: this.#join(before, response.text) ?? response.text };
  }

  #close(pool: readonly ScenarioLine[]): Response {
    const { farewell } = this.#lexicon.say;
    const line = this.#pick(pool, 'close') ?? this.#pick(farewell, 'close') ?? farewell[0]!;
    this.#state.closed = true;
    return { text: line, understood: true, endsCall: true };
  }

  /** Something is always said: when every fitting line is spent, the talk has run its course and closes. */
  #say(text: string | null): Response {
    if (text === null) return this.#close(this.#scenario.closing.late);
    return { text, understood: true, endsCall: false };
  }

  #join(first: string | null, second: string | null): string | null {
    if (first === null || second === null) return first ?? second;
    // "Okay. Good. Okay, so ..." is one soft opening too many.
    const plain = second.replace(SOFT_OPENING, (_, face: string | undefined) => face ?? '');
    const joined = `${first} ${plain.replace(/^((?:\[\w+\] )?)(\p{Ll})/u, (_, face: string, letter: string) => face + letter.toUpperCase())}`;
    const words = stripStageDirections(joined).split(/\s+/).length;
    return words > MAX_REPLY_WORDS ? second : joined;
  }

  #pick(pool: readonly ScenarioLine[], salt: string): string | null {
    const choice = chooseLine(pool, this.#state, this.#slots, this.#seed, salt);
    if (choice === null) return null;
    markUsed(this.#state, choice, this.#slots);
    return choice.text;
  }
}

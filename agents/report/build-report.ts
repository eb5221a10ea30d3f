/** Turns the log of a call into the report that the learner reads. Pure. */
import type { CriterionResult, Report } from '#agents/dispatch/report.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { lexiconFor } from '#agents/persona/lexicon.ts';
import { understand } from '#agents/persona/understanding.ts';
import { findFillers, type Filler } from './fillers.ts';
import { feedbackOn } from './feedback.ts';
import { scoreCriterion, type LearnerTurn } from './rubric.ts';
import { pace, responseTimes, talkShare, type TimedTurn } from './timing.ts';
import { wordingFor } from './wording.ts';

export interface ReportInput {
  sessionId: string;
  scenario: Scenario;
  /** ISO 8601. */
  startedAt: string;
  durationMs: number;
  recognition: 'none' | 'basic' | 'full';
  /** In the order they were said; times in milliseconds from the start of the call. */
  turns: readonly TimedTurn[];
}

/** With fewer learner turns than this nothing is scored. */
const MIN_LEARNER_TURNS = 2;
const MAX_QUESTION_EXAMPLES = 4;
const MINUTE_MS = 60_000;
/** Less speech than this says nothing about fillers per minute. */
const MIN_FILLER_MS = 10_000;

export function buildReport(input: ReportInput): Report {
  const { scenario } = input;
  const lexicon = lexiconFor(scenario.language);
  const turns = input.turns.map(tidyTimes);
  const fillersByTurn = turns.map((turn) =>
    turn.speaker === 'learner' ? findFillers(turn.text, lexicon) : [],
  );
  const learnerTurns: LearnerTurn[] = turns.flatMap((turn, turnIndex) =>
    turn.speaker === 'learner' && turn.text.trim() !== ''
      ? [{ turnIndex, startMs: turn.startMs, text: turn.text }]
      : [],
  );
  const scored = learnerTurns.length >= MIN_LEARNER_TURNS;
  const criteria = scored ? scoreAll(input, learnerTurns) : [];
  const measured = {
    talk: talkShare(turns),
    pace: pace(turns, scenario.language),
    responseTimes: responseTimes(turns),
    questions: questionsOf(scenario, learnerTurns),
    interruptions: { byLearner: interruptionsIn(turns) },
  };
  const fillers = countFillers(fillersByTurn.flat(), measured.talk.learnerMs, fillersByTurn, turns);
  const feedback = scored
    ? feedbackOn({ scenario, criteria, fillers, learnerTurns: learnerTurns.length, ...measured })
    : { strengths: [], improvements: [] };
  return {
    sessionId: input.sessionId,
    scenarioId: scenario.id,
    scenarioTitle: scenario.title,
    kind: scenario.kind,
    language: scenario.language,
    personaName: scenario.persona.name,
    startedAt: input.startedAt,
    durationMs: Math.max(0, input.durationMs),
    recognition: input.recognition,
    status: scored ? 'scored' : 'too_short',
    score: scored ? scoreOf(criteria) : null,
    ...feedback,
    criteria,
    ...measured,
    fillers,
    transcript: turns.map((turn, index) => ({
      index,
      ...turn,
      fillers: fillersByTurn[index]!.map(({ start, end }) => ({ start, end })),
    })),
  };
}

/** Times that cannot be (negative, ending before they start) come from clocks of several parts: they are mended here. */
function tidyTimes(turn: TimedTurn): TimedTurn {
  const startMs = Math.max(0, Math.round(turn.startMs));
  return {
    speaker: turn.speaker,
    startMs,
    endMs: Math.max(startMs, Math.round(turn.endMs)),
    text: turn.text,
    typed: turn.typed,
    interrupted: turn.interrupted,
  };
}

function scoreAll(input: ReportInput, learnerTurns: readonly LearnerTurn[]): CriterionResult[] {
  const { scenario, turns, recognition } = input;
  const spoke = turns.some((turn) => turn.speaker === 'learner' && !turn.typed);
  const uncertain = recognition === 'basic' && spoke;
  return scenario.rubric.map((criterion) => {
    const result = scoreCriterion(scenario, criterion, learnerTurns);
    const text = result.level >= 3 ? criterion.praise : criterion.advice;
    // Missing signs may be missing ears; signs that were found were heard.
    const doubt =
      uncertain && result.level < 3 ? ` ${wordingFor(scenario.language).basicRecognition}` : '';
    return { ...result, advice: text + doubt };
  });
}

function scoreOf(criteria: readonly CriterionResult[]): number {
  const total = criteria.reduce((sum, { weight }) => sum + weight, 0);
  const reached = criteria.reduce((sum, { weight, level }) => sum + (weight * level) / 4, 0);
  return total === 0 ? 0 : Math.round((reached / total) * 100);
}

/** Fillers per minute count spoken turns only: nobody types "um". */
function countFillers(
  all: readonly Filler[],
  learnerMs: number,
  byTurn: readonly (readonly Filler[])[],
  turns: readonly TimedTurn[],
): Report['fillers'] {
  const counts = new Map<string, number>();
  for (const { word } of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  const spoken = turns.reduce(
    (sum, turn, index) => sum + (turn.typed ? 0 : byTurn[index]!.length),
    0,
  );
  return {
    total: all.length,
    perMinute:
      learnerMs >= MIN_FILLER_MS ? Math.round((spoken * MINUTE_MS * 10) / learnerMs) / 10 : null,
    words: [...counts]
      .map(([word, count]) => ({ word, count }))
      .sort((a, b) => b.count - a.count || a.word.localeCompare(b.word)),
  };
}

function questionsOf(scenario: Scenario, turns: readonly LearnerTurn[]): Report['questions'] {
  const asked = turns.flatMap(({ text }) => {
    const heard = understand(scenario, text);
    if (heard.hits.has('repeat')) return [];
    return heard.questions.map((question) => ({
      quote: text.slice(question.start, question.end + (text[question.end] === '?' ? 1 : 0)),
      open: question.open,
    }));
  });
  // Open questions first: those are the ones to learn from.
  const best = [...asked].sort((a, b) => Number(b.open) - Number(a.open));
  return {
    asked: asked.length,
    examples: best.slice(0, MAX_QUESTION_EXAMPLES).map(({ quote }) => quote),
  };
}

const interruptionsIn = (turns: readonly TimedTurn[]): number =>
  turns.filter(
    (turn, index) =>
      turn.speaker === 'avatar' && turn.interrupted && turns[index + 1]?.speaker === 'learner',
  ).length;

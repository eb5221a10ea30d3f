/** What the report says first: what went well, and what to work on next. */
import type { Report } from '#agents/dispatch/report.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { worded, wordingFor } from './wording.ts';

const MAX_EACH = 3;
/** Fillers per minute: below the first few notice, above the second many do. */
const FILLERS_PER_MINUTE = { few: 2.5, many: 6 };
/** Words per minute at which English conversation starts to feel slow or hurried. */
const PACE = { slow: 95, fast: 190 };
/** The learner's share of the talk, by kind: who is asked should speak more than who asks. */
const SHARE: Record<Scenario['kind'], { low: number; high: number }> = {
  roleplay: { low: 0.3, high: 0.72 },
  interview: { low: 0.4, high: 0.85 },
  feedback: { low: 0.35, high: 0.85 },
};
const MANY_INTERRUPTIONS = 3;
/** A balance is praised only where enough was said. */
const ENOUGH_SPEECH_MS = 30_000;

type Measured = Pick<
  Report,
  'criteria' | 'fillers' | 'talk' | 'pace' | 'questions' | 'interruptions'
> & { scenario: Scenario; learnerTurns: number };

export function feedbackOn(measured: Measured): Pick<Report, 'strengths' | 'improvements'> {
  return { strengths: strengthsOf(measured), improvements: improvementsOf(measured) };
}

function strengthsOf(measured: Measured): string[] {
  const { scenario, criteria, fillers, talk, questions, learnerTurns } = measured;
  const { strengths } = wordingFor(scenario.language);
  const said = criteria
    .filter(({ level }) => level >= 3)
    .sort((a, b) => b.level * b.weight - a.level * a.weight)
    .map(({ id }) => scenario.rubric.find((criterion) => criterion.id === id)?.praise ?? '')
    .filter(Boolean);
  const share = talk.learnerShare;
  const { low, high } = SHARE[scenario.kind];
  const enough = talk.learnerMs >= ENOUGH_SPEECH_MS;
  if (enough && share !== null && share >= low && share <= high) {
    said.push(worded(strengths.balancedTalk, { percent: Math.round(share * 100) }));
  }
  if (enough && fillers.perMinute !== null && fillers.perMinute <= FILLERS_PER_MINUTE.few) {
    said.push(strengths.fewFillers);
  }
  if (questions.asked >= 2) said.push(worded(strengths.askedQuestions, { count: questions.asked }));
  if (said.length === 0) said.push(worded(strengths.stayed, { count: learnerTurns }));
  return said.slice(0, MAX_EACH);
}

function improvementsOf(measured: Measured): string[] {
  const { scenario, criteria, fillers, talk, pace, questions, interruptions } = measured;
  const { improvements } = wordingFor(scenario.language);
  const said = criteria
    .filter(({ level }) => level <= 2)
    .sort((a, b) => (4 - b.level) * b.weight - (4 - a.level) * a.weight)
    .map(({ id }) => scenario.rubric.find((criterion) => criterion.id === id)?.advice ?? '')
    .filter(Boolean)
    // Room is kept for what the measures show.
    .slice(0, MAX_EACH - 1);
  const share = talk.learnerShare;
  const { low, high } = SHARE[scenario.kind];
  if (interruptions.byLearner >= MANY_INTERRUPTIONS) {
    said.push(worded(improvements.interrupted, { count: interruptions.byLearner }));
  }
  if (fillers.perMinute !== null && fillers.perMinute >= FILLERS_PER_MINUTE.many) {
    const word = fillers.words[0]?.word ?? '';
    said.push(worded(improvements.manyFillers, { count: Math.round(fillers.perMinute), word }));
  }
  if (share !== null && (share > high || share < low)) {
    const sentence = share > high ? improvements.talkedMost : improvements.talkedLittle;
    said.push(worded(sentence, { percent: Math.round(share * 100) }));
  }
  const rate = pace.wordsPerMinute;
  if (rate !== null && (rate > PACE.fast || rate < PACE.slow)) {
    const sentence = rate > PACE.fast ? improvements.tooFast : improvements.tooSlow;
    said.push(worded(sentence, { count: rate }));
  }
  if (questions.asked === 0) said.push(improvements.askedNothing);
  return said.slice(0, MAX_EACH);
}

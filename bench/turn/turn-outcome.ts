/** What one utterance led to, read from what was witnessed. Pure. */
import { audibleStretches, firstStretchFrom, type Level, type Stretch } from './audible.ts';
import { firstMotionMs, type Motion } from './motion.ts';
import type { PauseKind, Utterance } from './utterance.ts';

/** An answer of the agent as heard. */
export interface HeardAnswer {
  firstWordMs: number;
  /** When its words would end if nobody stopped them; undefined when its caption breaks off. */
  endsByItselfMs: number | undefined;
  /** It is an earlier answer that goes on after an interruption. */
  resumed: boolean;
}

export interface PauseOutcome {
  kind: PauseKind;
  lengthMs: number;
  cutIn: boolean;
}

/** Times are milliseconds after the acoustic end of the utterance; undefined where nothing came. */
export interface TurnOutcome {
  id: string;
  overAvatar: boolean;
  reactionMs: number | undefined;
  firstSoundMs: number | undefined;
  firstWordMs: number | undefined;
  /** The answer began while the learner was not finished: no latency can be told. */
  cutInto: boolean;
  /** Cut-ins at no pause of the list: at a shorter one. */
  otherCutIns: number;
  pauses: PauseOutcome[];
  /** From the learner's first sound to the avatar's last; undefined unless it spoke over the avatar. */
  stopMs: number | undefined;
}

export interface TurnEvidence {
  utterance: Utterance;
  /** When a moment of the utterance left the learner's microphone. */
  timeOf: (ms: number) => number;
  overAvatar: boolean;
  /** Nothing after this moment belongs to the turn: the next utterance begins. */
  untilMs: number;
  levels: readonly Level[];
  motions: readonly Motion[];
  /** What counts as a visible movement of this face; undefined where there is none to see. */
  motionThreshold: number | undefined;
  answers: readonly HeardAnswer[];
}

/** Words that begin less than this after a pause began were meant for what came before it. */
const EARLIEST_CUT_IN_MS = 100;
/** An answer later than this is no answer to the turn. */
const LATEST_ANSWER_MS = 6_000;
/** The avatar's own pauses between sentences are shorter than this, its silence when stopped longer. */
const STOPPED_MS = 400;
const LONGEST_STOP_MS = 6_000;
/** Sound that ends this close to the end of its words was not stopped. */
const BY_ITSELF_MS = 150;

export function turnOutcome(evidence: TurnEvidence): TurnOutcome {
  const { utterance, timeOf, overAvatar, untilMs, levels, motions, answers } = evidence;
  const { motionThreshold } = evidence;
  const firstMs = timeOf(utterance.firstSoundMs);
  const endMs = timeOf(utterance.endMs);
  const near = levels.filter(({ atMs }) => atMs > firstMs - 5_000 && atMs < untilMs + 500);
  const early = answers.filter(
    ({ firstWordMs }) => firstWordMs > firstMs + 300 && firstWordMs < endMs,
  );
  const pauses = utterance.pauses.map(({ kind, fromMs, toMs }, index): PauseOutcome => {
    const from = timeOf(fromMs) + EARLIEST_CUT_IN_MS;
    const next = utterance.pauses[index + 1];
    const to = next === undefined ? endMs : timeOf(next.fromMs) + EARLIEST_CUT_IN_MS;
    const cutIn = early.some(({ firstWordMs }) => firstWordMs >= from && firstWordMs < to);
    return { kind, lengthMs: toMs - fromMs, cutIn };
  });
  const firstPause = utterance.pauses[0];
  const beforePauses =
    firstPause === undefined ? endMs : timeOf(firstPause.fromMs) + EARLIEST_CUT_IN_MS;
  const answer = answers.find(
    ({ firstWordMs, resumed }) =>
      !resumed && firstWordMs >= endMs && firstWordMs < Math.min(untilMs, endMs + LATEST_ANSWER_MS),
  );
  const cutInto = early.length > 0;
  const stretches = audibleStretches(near);
  const sound = firstStretchFrom(stretches, endMs);
  const firstWordMs = cutInto || answer === undefined ? undefined : answer.firstWordMs - endMs;
  return {
    id: utterance.id,
    overAvatar,
    reactionMs:
      cutInto || motionThreshold === undefined
        ? undefined
        : firstMotionMs(motions, endMs, motionThreshold),
    firstSoundMs:
      firstWordMs === undefined
        ? undefined
        : Math.min(firstWordMs, sound === undefined ? firstWordMs : sound.startMs - endMs),
    firstWordMs,
    cutInto,
    otherCutIns: early.filter(({ firstWordMs: atMs }) => atMs < beforePauses).length,
    pauses,
    stopMs: overAvatar ? stopAfter(near, answers, firstMs) : undefined,
  };
}

function stopAfter(
  levels: readonly Level[],
  answers: readonly HeardAnswer[],
  firstMs: number,
): number | undefined {
  const sounding: Stretch | undefined = audibleStretches(levels, { bridgeMs: STOPPED_MS }).find(
    ({ startMs, endMs }) => startMs < firstMs && endMs > firstMs,
  );
  const answer = answers.findLast(({ firstWordMs }) => firstWordMs < firstMs);
  if (sounding === undefined || answer === undefined) {
    return undefined;
  }
  const { endsByItselfMs = Number.POSITIVE_INFINITY } = answer;
  if (Math.abs(endsByItselfMs - sounding.endMs) < BY_ITSELF_MS) {
    return undefined;
  }
  const stopMs = sounding.endMs - firstMs;
  return stopMs > LONGEST_STOP_MS ? undefined : stopMs;
}

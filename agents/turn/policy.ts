/**
 * When to react, when to murmur, when to answer: the whole graded policy, pure. Times are milliseconds of silence
 * since the last hop that the VAD called speech, which ends about 70 ms after the last audible sound.
 * `docs/turn-taking.md` holds the measurements behind the constants; `npm run turns` repeats them.
 */
import type { TextCompleteness } from './text-completeness.ts';

/** What is known now about one silence. It grows while the silence lasts; every change asks the policy again. */
export interface TurnEvidence {
  /** Smart-turn's answers in this silence, 0..1, in the order asked. Empty while it thinks, or without the model. */
  modelProbabilities: readonly number[];
  /** What the words say. The text may be late or wrong. */
  text: TextCompleteness;
  /** Voiced time in this turn so far. */
  speechMs: number;
  /** How long this learner's earlier silences in this call lasted before the learner went on, latest last. */
  resumedPausesMs: readonly number[];
  /** An answer has already cut into this turn, wrongly. */
  cutInto?: boolean;
  /** The last words before this silence are still being recognised. */
  textPending?: boolean;
}

/** The small sounds that a listener makes. A scenario may rule out words, or all of them. */
export type BackchannelKind = 'word' | 'breath';

export interface TurnOptions {
  /** `words`: "mm-hm" and breaths; `breaths`: breaths only; `none`: silence until the answer. */
  backchannels: 'words' | 'breaths' | 'none';
  /** How far the recogniser's words can be trusted: `SpeechToText.grade`. */
  hearing: 'basic' | 'full';
  /** The last sound that the avatar made as a listener since its last answer, if any. */
  lastBackchannel: BackchannelKind | undefined;
}

export interface TurnDecision {
  /** The face reacts: breath, nod, gaze. */
  reactAtMs: number;
  /** A small sound that does no harm if the learner goes on. */
  backchannel: { atMs: number; kind: BackchannelKind } | undefined;
  /** The whole turn is recognised and its answer prepared. */
  prepareAtMs: number;
  /** The answer is spoken. */
  commitAtMs: number;
  /** Why, for logs and the replay. */
  reason: 'certain' | 'sure' | 'likely' | 'unsure' | 'open-ended';
}

/**
 * Two hops. The face shows that the silence was noticed about 130 ms after the last sound; the pauses inside words
 * (closures of p, t, k: up to 120 ms) seldom reach two silent hops.
 */
const REACT_AT_MS = 64;

/**
 * Of waiting and being asked again, smart-turn gains nothing: its AUC against mid-phrase pauses is 0.77 at 0 ms, 0.75 at
 * 64, 0.74 at 96 and 0.65 at 384. Two early answers are averaged, because single ones jump by ±0.1.
 */
export const ASK_MODEL_AT_MS = [64, 96] as const;

/**
 * With the VAD's 50–120 ms and about 200 of transport most first sounds arrive within 500, and both of the model's
 * answers are in. A word waits until no closure inside a word can still be meant (they reach 128 ms, seldom 160).
 */
const BACKCHANNEL_AT_MS = { word: 170, breath: 140 } as const;
/** After less than this much speech ("yes, on Monday") a listener does not murmur; the answer is next. */
const LEAST_SPEECH_FOR_BACKCHANNEL_MS = 1_500;
/** A word needs 300–400 ms and then a moment; closer to the answer than this it would run into it. */
const WORD_BEFORE_ANSWER_MS = 500;
/** A breath takes about a fifth of a second; an answer that comes sooner needs none. */
const BREATH_BEFORE_ANSWER_MS = 200;
/** Below this score the learner is most likely in the middle of a phrase: nobody murmurs there. */
const LEAST_BACKCHANNEL_SCORE = -3;

/**
 * The score is the mean log-odds of the model's answers plus what the words add. Above `certain` lie a quarter of the
 * true ends and 2 to 3 % of the mid-phrase pauses: so few that the answer may come at once. Above `sure` lie two in five of
 * the ends, half of them where the words can be trusted. Below `likely` lie two in five of the mid-phrase pauses.
 */
const LEAST_SCORE = {
  basic: { certain: 3.5, sure: 1.5, likely: -3 },
  full: { certain: 4, sure: 0.5, likely: -4 },
} as const;
/** Log-odds are cut off here: a model that says 0.9999 is not that sure. */
const MOST_LOG_ODDS = 7;

/**
 * What words add, in log-odds. A basic recogniser hears last words that demand another ("because", "the") at 45 % of
 * mid-phrase pauses and at 18 % of ends. Whisper leaves the sentence open or without its stop at 72 % of them and at 31 % of
 * ends, which lifts the AUC in a room from 0.73 to 0.80.
 */
const TEXT_SCORE = {
  basic: { open: -1, unended: 0, final: 1 },
  full: { open: -4, unended: -2, final: 2 },
} as const;

/** What hardly any pause of 300–800 ms outlasts. */
const SAFE_WAIT_MS = 872;
/**
 * The answer's moment, by class: chosen for 5 % of mid-phrase pauses cut in the replay (157 pauses, 39 ends) and on evidence
 * recorded in a room (109 and 35). In live rooms 12 % are cut: the estimate was kind to us.
 */
const COMMIT_AT_MS = {
  basic: { certain: 240, sure: 640, likely: 800, unsure: SAFE_WAIT_MS },
  full: { certain: 320, sure: 560, likely: 800, unsure: SAFE_WAIT_MS },
} as const;
/** Without the model only words and time remain: the measured safe wait. */
const COMMIT_WITHOUT_MODEL_AT_MS = { final: 560, other: 850 } as const;
/**
 * An open-ended text that the model also doubts ("because… um"): such silences outlast 800 ms in conversation. It
 * stays under the 1.3 s that the slowest twentieth may take.
 */
const COMMIT_OPEN_ENDED_AT_MS = 1_100;

/** Three silent hops: any shorter and the closures of stops count as pauses. */
const LEAST_PREPARE_MS = 96;
/**
 * A recogniser pays for every pause it closes, so it is asked only when the answer is near: 400 ms cover PocketSphinx's
 * work, the scripted persona's and the voice's; 560 cover Whisper's on a processor, and what a language model needs to begin.
 */
const PREPARE_BEFORE_ANSWER_MS = { basic: 400, full: 560 } as const;

/** A learner's own pauses count from the fourth on, the last twenty of them. */
const LEAST_PAUSES = 4;
const PAUSES_KEPT = 20;
/** The unsure wait outlasts nine in ten of the learner's own pauses by one VAD onset, up to the limit below. */
const OWN_PAUSE_QUANTILE = 0.9;
const OWN_PAUSE_MARGIN_MS = 64;
const MOST_COMMIT_AT_MS = 1_200;

/** The policy. Pure: the same evidence gives the same decision. */
export function decideTurn(evidence: TurnEvidence, options: TurnOptions): TurnDecision {
  // Words from before the last ones look unfinished as a rule: they are no evidence yet.
  const { hearing } = options;
  const score = turnScore(
    evidence.textPending === true ? { ...evidence, text: 'unknown' } : evidence,
    hearing,
  );
  const byScore = commitFor(evidence, score, hearing);
  const { commitAtMs, reason } = afterCutIn(evidence, withWords(evidence, hearing, byScore));
  return {
    reactAtMs: REACT_AT_MS,
    backchannel: backchannelFor(evidence, options, score, commitAtMs),
    prepareAtMs: Math.max(LEAST_PREPARE_MS, commitAtMs - PREPARE_BEFORE_ANSWER_MS[options.hearing]),
    commitAtMs,
    reason,
  };
}

/** Evidence for an end, in log-odds; undefined without the model. */
export function turnScore(
  evidence: Pick<TurnEvidence, 'modelProbabilities' | 'text'>,
  hearing: TurnOptions['hearing'],
): number | undefined {
  const { modelProbabilities, text } = evidence;
  if (modelProbabilities.length === 0) return undefined;
  const mean =
    modelProbabilities.reduce((sum, probability) => sum + logOdds(probability), 0) /
    modelProbabilities.length;
  return text === 'unknown' || text === 'closed' ? mean : mean + TEXT_SCORE[hearing][text];
}

function commitFor(
  evidence: TurnEvidence,
  score: number | undefined,
  hearing: TurnOptions['hearing'],
): Pick<TurnDecision, 'commitAtMs' | 'reason'> {
  const { text } = evidence;
  if (score === undefined) {
    if (text === 'final') {
      return { commitAtMs: COMMIT_WITHOUT_MODEL_AT_MS.final, reason: 'likely' };
    }
    if (text === 'open') return { commitAtMs: COMMIT_OPEN_ENDED_AT_MS, reason: 'open-ended' };
    return {
      commitAtMs: patient(COMMIT_WITHOUT_MODEL_AT_MS.other, evidence.resumedPausesMs),
      reason: 'unsure',
    };
  }
  const least = LEAST_SCORE[hearing];
  const waits = COMMIT_AT_MS[hearing];
  if (score >= least.certain) return { commitAtMs: waits.certain, reason: 'certain' };
  if (score >= least.sure) return { commitAtMs: waits.sure, reason: 'sure' };
  if (score >= least.likely) return { commitAtMs: waits.likely, reason: 'likely' };
  if (text === 'open') return { commitAtMs: COMMIT_OPEN_ENDED_AT_MS, reason: 'open-ended' };
  return { commitAtMs: patient(waits.unsure, evidence.resumedPausesMs), reason: 'unsure' };
}

/** An early answer waits for the last words, which a full recogniser has in a quarter of a second. */
function withWords(
  { textPending }: TurnEvidence,
  hearing: TurnOptions['hearing'],
  planned: Pick<TurnDecision, 'commitAtMs' | 'reason'>,
): Pick<TurnDecision, 'commitAtMs' | 'reason'> {
  const { likely } = COMMIT_AT_MS[hearing];
  return textPending === true && planned.commitAtMs < likely
    ? { commitAtMs: likely, reason: 'likely' }
    : planned;
}

/** Who has cut in once lets the other finish: signs that were wrong in this turn are not trusted again in it. */
function afterCutIn(
  { cutInto }: TurnEvidence,
  planned: Pick<TurnDecision, 'commitAtMs' | 'reason'>,
): Pick<TurnDecision, 'commitAtMs' | 'reason'> {
  return cutInto === true && planned.commitAtMs < SAFE_WAIT_MS
    ? { commitAtMs: SAFE_WAIT_MS, reason: 'unsure' }
    : planned;
}

/** Waits longer for a learner whose own pauses have been longer. */
function patient(commitAtMs: number, resumedPausesMs: readonly number[]): number {
  const recent = resumedPausesMs.slice(-PAUSES_KEPT).toSorted((a, b) => a - b);
  if (recent.length < LEAST_PAUSES) return commitAtMs;
  const long = recent[Math.floor(OWN_PAUSE_QUANTILE * (recent.length - 1))] ?? 0;
  return Math.min(MOST_COMMIT_AT_MS, Math.max(commitAtMs, long + OWN_PAUSE_MARGIN_MS));
}

function backchannelFor(
  evidence: TurnEvidence,
  options: TurnOptions,
  score: number | undefined,
  commitAtMs: number,
): TurnDecision['backchannel'] {
  if (options.backchannels === 'none') return undefined;
  if (score === undefined ? evidence.text === 'open' : score < LEAST_BACKCHANNEL_SCORE) {
    return undefined;
  }
  if (evidence.speechMs < LEAST_SPEECH_FOR_BACKCHANNEL_MS) return undefined;
  const wordFits =
    options.backchannels === 'words' &&
    options.lastBackchannel !== 'word' &&
    commitAtMs - BACKCHANNEL_AT_MS.word >= WORD_BEFORE_ANSWER_MS;
  if (wordFits) return { atMs: BACKCHANNEL_AT_MS.word, kind: 'word' };
  // A breath just before one's own words is how people announce them; a second one in a row would be a tic.
  const breathFits =
    options.lastBackchannel !== 'breath' &&
    commitAtMs - BACKCHANNEL_AT_MS.breath >= BREATH_BEFORE_ANSWER_MS;
  return breathFits ? { atMs: BACKCHANNEL_AT_MS.breath, kind: 'breath' } : undefined;
}

function logOdds(probability: number): number {
  const clipped = Math.min(1 - 1e-9, Math.max(1e-9, probability));
  const odds = Math.log(clipped / (1 - clipped));
  return Math.min(MOST_LOG_ODDS, Math.max(-MOST_LOG_ODDS, odds));
}

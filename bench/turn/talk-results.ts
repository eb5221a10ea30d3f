/** From talks to outcomes: every utterance, answer, picture and closure of some rooms. */
import type { TextToSpeech } from '#media/ports.ts';
import { audibleStretches, type Stretch } from './audible.ts';
import { rateOf, spread, type Rate, type Spread } from './figures.ts';
import { hearAnswers } from './heard-answers.ts';
import { idleMotion, REACTION_WINDOW_MS } from './motion.ts';
import { joinPaces, picturePace, type PicturePace } from './picture-pace.ts';
import { playedAtMs, type PlayedUtterance, type TalkRecord } from './talk.ts';
import { turnOutcome, type TurnOutcome } from './turn-outcome.ts';

export interface TalkResults {
  turns: TurnOutcome[];
  skewsMs: number[];
  closures: number;
  pace: PicturePace;
  /** Moments at which nothing happened, and how many of them a movement followed within the reaction's reach. */
  chance: { moments: number; moved: number };
  /** Answers heard, and how many of them were found by their sound. */
  answers: number;
  located: number;
  /** Time from first to last utterance, all rooms together. */
  talkedMs: number;
}

/** Silences inside an answer up to this long are still speech for the picture figures. */
const SPEAKING_BRIDGE_MS = 400;

export async function talkResults(
  records: readonly TalkRecord[],
  engine: TextToSpeech,
  withPictures: boolean,
): Promise<TalkResults> {
  const idling = idleMotion(
    records.map(({ testimony, played }) => ({
      motions: testimony.pictures,
      idle: played.flatMap(unbrokenSpeech),
    })),
  );
  const results: Omit<TalkResults, 'chance'>[] = [];
  for (const record of records) {
    results.push(await resultsOf(record, engine, { withPictures, threshold: idling?.threshold }));
  }
  return {
    turns: results.flatMap(({ turns }) => turns),
    skewsMs: results.flatMap(({ skewsMs }) => skewsMs),
    closures: results.reduce((sum, { closures }) => sum + closures, 0),
    chance: idling?.chance ?? { moments: 0, moved: 0 },
    answers: results.reduce((sum, { answers }) => sum + answers, 0),
    located: results.reduce((sum, { located }) => sum + located, 0),
    pace: joinPaces(results.map(({ pace }) => pace)),
    talkedMs: results.reduce((sum, { talkedMs }) => sum + talkedMs, 0),
  };
}

async function resultsOf(
  record: TalkRecord,
  engine: TextToSpeech,
  watch: { withPictures: boolean; threshold: number | undefined },
): Promise<Omit<TalkResults, 'chance'>> {
  const { testimony, played } = record;
  const heard = await hearAnswers(record, engine, watch.withPictures);
  const turns = played.map((each, index) => {
    const { utterance, overAvatar } = each;
    const next = played[index + 1];
    return turnOutcome({
      utterance,
      timeOf: (ms) => playedAtMs(each, ms),
      overAvatar,
      untilMs: next === undefined ? record.toMs : playedAtMs(next, next.utterance.firstSoundMs),
      levels: testimony.levels,
      motions: testimony.pictures,
      motionThreshold: watch.threshold,
      answers: heard.answers,
    });
  });
  const speech = audibleStretches(testimony.levels, { bridgeMs: SPEAKING_BRIDGE_MS });
  return {
    turns,
    skewsMs: heard.skewsMs,
    closures: heard.closures,
    answers: heard.answers.length,
    located: heard.located,
    pace: picturePace(
      testimony.pictures.map(({ atMs }) => atMs),
      speech,
    ),
    talkedMs: record.toMs - record.fromMs,
  };
}

/** A reaction to a pause is over so long after the learner has gone on. */
const REACTION_OVER_MS = 700;

/** Where the learner speaks without pausing and no reaction is due. */
function unbrokenSpeech(played: PlayedUtterance): Stretch[] {
  const { overAvatar } = played;
  const { firstSoundMs, pauses, endMs } = played.utterance;
  const froms = [firstSoundMs + (overAvatar ? 2_000 : REACTION_OVER_MS)];
  const tos: number[] = [];
  for (const pause of pauses) {
    tos.push(pause.fromMs);
    froms.push(pause.toMs + REACTION_OVER_MS);
  }
  tos.push(endMs);
  return froms
    .map((from, index) => ({
      startMs: playedAtMs(played, from),
      endMs: playedAtMs(played, tos[index]!),
    }))
    .filter((stretch) => stretch.endMs > stretch.startMs);
}

export interface TurnSummary {
  reactionMs: Spread;
  /** Turns whose reaction came within 300 ms, and how often a movement does so by chance. */
  reactedInTime: Rate;
  movedByChance: Rate;
  firstSoundMs: Spread;
  firstWordMs: Spread;
  midPhraseCutIns: Rate;
  boundaryCutIns: Rate;
  bargeInStopMs: Spread;
  turns: number;
  /** Turns that the agent cut into, so that they have no latency. */
  turnsCutInto: number;
  /** Turns that nobody answered within 6 s. */
  unanswered: number;
  cutInsElsewhere: number;
}

const defined = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value) => value !== undefined);

export function summary({ turns, chance }: TalkResults): TurnSummary {
  const pauses = turns.flatMap((turn) => turn.pauses);
  const cutIns = (kind: 'mid-phrase' | 'boundary'): Rate => {
    const ofKind = pauses.filter((pause) => pause.kind === kind);
    return rateOf(ofKind.filter(({ cutIn }) => cutIn).length, ofKind.length);
  };
  return {
    reactionMs: spread(defined(turns.map(({ reactionMs }) => reactionMs))),
    reactedInTime: rateOf(
      turns.filter(({ reactionMs = Number.POSITIVE_INFINITY }) => reactionMs <= REACTION_WINDOW_MS)
        .length,
      turns.filter(({ cutInto }) => !cutInto).length,
    ),
    movedByChance: rateOf(chance.moved, chance.moments),
    firstSoundMs: spread(defined(turns.map(({ firstSoundMs }) => firstSoundMs))),
    firstWordMs: spread(defined(turns.map(({ firstWordMs }) => firstWordMs))),
    midPhraseCutIns: cutIns('mid-phrase'),
    boundaryCutIns: cutIns('boundary'),
    bargeInStopMs: spread(defined(turns.map(({ stopMs }) => stopMs))),
    turns: turns.length,
    turnsCutInto: turns.filter(({ cutInto }) => cutInto).length,
    unanswered: turns.filter(({ cutInto, firstWordMs }) => !cutInto && firstWordMs === undefined)
      .length,
    cutInsElsewhere: turns.reduce((sum, { otherCutIns }) => sum + otherCutIns, 0),
  };
}

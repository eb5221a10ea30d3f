/** From talks to outcomes: every utterance, answer, picture and closure of some rooms. */
import type { TextToSpeech } from '#media/ports.ts';
import { audibleStretches } from './audible.ts';
import { rateOf, spread, type Rate, type Spread } from './figures.ts';
import { hearAnswers } from './heard-answers.ts';
import { joinPaces, picturePace, type PicturePace } from './picture-pace.ts';
import type { TalkRecord } from './talk.ts';
import { turnOutcome, type TurnOutcome } from './turn-outcome.ts';

export interface TalkResults {
  turns: TurnOutcome[];
  skewsMs: number[];
  closures: number;
  pace: PicturePace;
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
  const results: TalkResults[] = [];
  for (const record of records) {
    results.push(await resultsOf(record, engine, withPictures));
  }
  return {
    turns: results.flatMap(({ turns }) => turns),
    skewsMs: results.flatMap(({ skewsMs }) => skewsMs),
    closures: results.reduce((sum, { closures }) => sum + closures, 0),
    answers: results.reduce((sum, { answers }) => sum + answers, 0),
    located: results.reduce((sum, { located }) => sum + located, 0),
    pace: joinPaces(results.map(({ pace }) => pace)),
    talkedMs: results.reduce((sum, { talkedMs }) => sum + talkedMs, 0),
  };
}

async function resultsOf(
  record: TalkRecord,
  engine: TextToSpeech,
  withPictures: boolean,
): Promise<TalkResults> {
  const { testimony, played } = record;
  const heard = await hearAnswers(record, engine, withPictures);
  const turns = played.map(({ utterance, startMs, overAvatar }, index) => {
    const next = played[index + 1];
    return turnOutcome({
      utterance,
      startMs,
      overAvatar,
      untilMs: next === undefined ? record.toMs : next.startMs + next.utterance.firstSoundMs,
      levels: testimony.levels,
      motions: testimony.pictures,
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

export interface TurnSummary {
  reactionMs: Spread;
  chanceReactionMs: Spread;
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

export function summary(turns: readonly TurnOutcome[]): TurnSummary {
  const pauses = turns.flatMap((turn) => turn.pauses);
  const cutIns = (kind: 'mid-phrase' | 'boundary'): Rate => {
    const ofKind = pauses.filter((pause) => pause.kind === kind);
    return rateOf(ofKind.filter(({ cutIn }) => cutIn).length, ofKind.length);
  };
  return {
    reactionMs: spread(defined(turns.map(({ reactionMs }) => reactionMs))),
    chanceReactionMs: spread(defined(turns.map(({ chanceReactionMs }) => chanceReactionMs))),
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

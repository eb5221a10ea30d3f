/** How many rooms this machine carries: more and more learners talk at once until a figure no longer holds. */
import type { TextToSpeech } from '#media/ports.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, rounded } from './figures.ts';
import { framesPerSecondOf, onTimeShareOf } from './picture-pace.ts';
import type { StageSet } from './stage-set.ts';
import { talk } from './talk.ts';
import { summary, talkResults } from './talk-results.ts';
import type { Utterance } from './utterance.ts';

export interface SessionsStep {
  rooms: number;
  turns: number;
  firstSoundP50Ms: number | null;
  firstWordP50Ms: number | null;
  firstWordP95Ms: number | null;
  videoFps: number | null;
  framesOnTime: number | null;
  /** Figures that did not hold. */
  failed: string[];
}

export interface SessionsResult {
  /** The largest number of rooms at which every figure held. */
  sessions: number;
  /** The largest number at which the picture's figures held. */
  sessionsByPicture: number;
  steps: SessionsStep[];
}

const STEPS = [1, 2, 3, 4, 6, 8, 12, 16] as const;
/** Rooms open one after the other, and the process that replaces each one's has loaded before anybody speaks. */
const OPEN_EVERY_MS = 4_000;
const SETTLE_MS = 6_000;
const TURNS_PER_ROOM = 4;
/** Short turns, so that every room speaks often. */
const LONGEST_TURN_MS = 7_000;
const REACH = {
  firstSoundMs: 500,
  firstWordP50Ms: 800,
  firstWordP95Ms: 1_600,
  fps: 24.5,
  onTime: 0.99,
};

export interface SessionsOptions {
  stageSet: StageSet;
  engine: TextToSpeech;
  utterances: readonly Utterance[];
  maxRooms: number;
  say: (line: string) => void;
}

export async function mostSessions(options: SessionsOptions): Promise<SessionsResult> {
  const short = options.utterances.filter(
    ({ pauses, endMs }) => pauses.length <= 1 && endMs < LONGEST_TURN_MS,
  );
  const result: SessionsResult = { sessions: 0, sessionsByPicture: 0, steps: [] };
  for (const rooms of STEPS.filter((step) => step <= options.maxRooms)) {
    options.say(`${String(rooms)} rooms at once`);
    const step = await runStep(options, short, rooms);
    result.steps.push(step);
    const byPicture = !step.failed.some((figure) => figure.startsWith('video'));
    if (byPicture && result.sessionsByPicture === previous(rooms)) {
      result.sessionsByPicture = rooms;
    }
    if (step.failed.length === 0 && result.sessions === previous(rooms)) {
      result.sessions = rooms;
    }
    if (!byPicture) {
      break;
    }
  }
  return result;
}

function previous(rooms: number): number {
  return STEPS[STEPS.findIndex((step) => step === rooms) - 1] ?? 0;
}

async function runStep(
  { stageSet, engine, say }: SessionsOptions,
  utterances: readonly Utterance[],
  rooms: number,
): Promise<SessionsStep> {
  const allOpen = rooms * OPEN_EVERY_MS + SETTLE_MS;
  const records = await Promise.all(
    Array.from({ length: rooms }, (_, room) =>
      talk({
        openRoom: async () => {
          await sleep(room * OPEN_EVERY_MS);
          const opened = await stageSet.openAvatarRoom();
          await sleep(allOpen - room * OPEN_EVERY_MS);
          return opened;
        },
        utterances: Array.from(
          { length: TURNS_PER_ROOM },
          (_turn, turn) => utterances[(room * TURNS_PER_ROOM + turn) % utterances.length]!,
        ),
        speakOver: false,
        onUtterance: () => undefined,
        onTrouble: (error) => {
          say(`a room failed: ${String(error)}`);
        },
      }),
    ),
  );
  const results = await talkResults(records.flat(), engine, false);
  const { turns, pace } = results;
  const { firstSoundMs, firstWordMs } = summary(results);
  const fps = framesPerSecondOf(pace);
  const onTime = onTimeShareOf(pace);
  const words = turns.flatMap(({ firstWordMs: ms }) => (ms === undefined ? [] : [ms]));
  const step: SessionsStep = {
    rooms,
    turns: firstWordMs.n,
    firstSoundP50Ms: firstSoundMs.p50,
    firstWordP50Ms: firstWordMs.p50,
    firstWordP95Ms: rounded(percentile(words, 0.95)),
    videoFps: rounded(fps, 2),
    framesOnTime: rounded(onTime, 4),
    failed: [],
  };
  const hold = (figure: string, holds: boolean): void => {
    if (!holds) {
      step.failed.push(figure);
    }
  };
  const atMost = (value: number | null, limit: number): boolean => value !== null && value <= limit;
  hold('firstSoundMs p50', atMost(firstSoundMs.p50, REACH.firstSoundMs));
  hold('firstWordMs p50', atMost(firstWordMs.p50, REACH.firstWordP50Ms));
  hold('firstWordMs p95', atMost(firstWordMs.p95, REACH.firstWordP95Ms));
  hold('videoFps', (fps ?? 0) >= REACH.fps);
  hold('videoFramesOnTime', (onTime ?? 0) >= REACH.onTime);
  return step;
}

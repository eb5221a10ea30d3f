/** Plays a list of utterances to an agent as a learner would: waits for its turn, or speaks over the avatar. */
import type { HeadlessLearner } from '../../tests/headless-learner.ts';
import type { Utterance } from './utterance.ts';
import type { Testimony, Witness } from './witness.ts';

/** A room with an agent in it, opened for one talk. */
export interface TalkRoom {
  learner: HeadlessLearner;
  witness: Witness;
  /** The voice the agent speaks with. */
  voiceId: string;
  /** The agent has said goodbye or is gone. */
  over: () => boolean;
  close: () => Promise<void>;
}

/** One utterance as it was played. Times are performance.now() of this process. */
export interface PlayedUtterance {
  utterance: Utterance;
  /** When its first sample left the learner's microphone, */
  startMs: number;
  /** and its last one. A busy machine stretches what lies between. */
  lastSampleMs: number;
  /** Whether it was begun over the avatar's answer. */
  overAvatar: boolean;
}

/** When the moment `ms` of an utterance left the microphone. */
export function playedAtMs(played: PlayedUtterance, ms: number): number {
  const lengthMs = played.utterance.samples.length / SAMPLES_PER_MS;
  return played.startMs + (ms / lengthMs) * (played.lastSampleMs - played.startMs);
}

export interface TalkRecord {
  voiceId: string;
  played: PlayedUtterance[];
  testimony: Testimony;
  fromMs: number;
  toMs: number;
}

export interface TalkOptions {
  openRoom: () => Promise<TalkRoom>;
  utterances: readonly Utterance[];
  /** Every second utterance is begun over the avatar's answer to the one before. */
  speakOver: boolean;
  onUtterance: () => void;
  /** A room that could not be opened or broke; another one is tried, up to three more than needed. */
  onTrouble: (error: unknown) => void;
}

const SAMPLES_PER_MS = 16;
/** The learner's microphone holds 20 ms, and takes the next 10 ms when it wants them: 5 ms from now on average. */
const MICROPHONE_MS = 25;
const POLL_MS = 10;
/** A learner begins this long after the avatar has finished. */
const POLITE_MS = 600;
/** How long an answer may take, and how long the avatar may speak. */
const ANSWER_WITHIN_MS = 6_000;
const SPEECH_WITHIN_MS = 20_000;
const GREETING_WITHIN_MS = 15_000;
/** Speaking over begins this long after the avatar's state changed: it is well into its words then. */
const OVER_AFTER_MS = 1_000;
/** A room serves this many utterances; the persona closes longer talks by itself. */
const PER_ROOM = 12;
const AFTERMATH_MS = 1_500;

/** Plays all utterances, in as many rooms as it takes, and returns what was witnessed in each. */
export async function talk(options: TalkOptions): Promise<TalkRecord[]> {
  const records: TalkRecord[] = [];
  const left = [...options.utterances];
  // A room whose agent never comes costs its greeting's wait; more than this many means that none will.
  let rooms = Math.ceil(left.length / PER_ROOM) + 3;
  while (left.length > 0 && rooms > 0) {
    rooms -= 1;
    try {
      records.push(await talkInOneRoom(options, left));
    } catch (error) {
      options.onTrouble(error);
    }
  }
  return records;
}

async function talkInOneRoom(options: TalkOptions, left: Utterance[]): Promise<TalkRecord> {
  const room = await options.openRoom();
  const { witness, voiceId } = room;
  const played: PlayedUtterance[] = [];
  try {
    await until(() => witness.spokeAfter(0) !== undefined, GREETING_WITHIN_MS);
    const fromMs = performance.now();
    while (left.length > 0 && played.length < PER_ROOM && !room.over()) {
      const over = options.speakOver && played.length % 2 === 1;
      const overAvatar = over && (await untilWellIntoWords(witness));
      if (!overAvatar) {
        await untilQuiet(witness);
      }
      if (room.over()) {
        break;
      }
      const utterance = left.shift()!;
      played.push(await play(room, utterance, overAvatar));
      options.onUtterance();
    }
    await untilQuiet(witness);
    await until(() => false, AFTERMATH_MS);
    return { voiceId, played, testimony: witness.testimony(), fromMs, toMs: performance.now() };
  } finally {
    await room.close();
  }
}

async function play(
  { learner, witness }: TalkRoom,
  utterance: Utterance,
  overAvatar: boolean,
): Promise<PlayedUtterance> {
  const startMs = performance.now() + MICROPHONE_MS;
  const lastSampleMs = await learner.speak(utterance.samples);
  const played = { utterance, startMs, lastSampleMs, overAvatar };
  const endMs = playedAtMs(played, utterance.endMs);
  await until(() => witness.spokeAfter(endMs) !== undefined, ANSWER_WITHIN_MS);
  return played;
}

async function untilWellIntoWords(witness: Witness): Promise<boolean> {
  const since = witness.speakingSinceMs;
  if (since === undefined) {
    return false;
  }
  await until(
    () => witness.state !== 'speaking' || performance.now() - since >= OVER_AFTER_MS,
    OVER_AFTER_MS,
  );
  return witness.state === 'speaking' && witness.quietForMs(performance.now()) < 200;
}

function untilQuiet(witness: Witness): Promise<boolean> {
  return until(
    () => witness.state === 'listening' && witness.quietForMs(performance.now()) >= POLITE_MS,
    SPEECH_WITHIN_MS,
  );
}

/** Resolves true when `holds` does, false when it did not in time. */
async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}

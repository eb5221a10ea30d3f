import { EXPRESSIONS } from '#media/face/pose.ts';
import type { FacePose } from '#media/face/pose.ts';
import { REACTIONS } from '#media/performer/performer.ts';
import type { Performer } from '#media/performer/performer.ts';
import { Random } from '#media/performer/random.ts';
import { spokenSentences } from './sentences.ts';

/** One picture per 40 ms, as the video has. */
export const FRAME_MS = 40;
const SENTENCES = spokenSentences();

/** A pose and its time. */
export interface Shot {
  tMs: number;
  pose: FacePose;
}

/** What a performer shows from one time to another. */
export function film(
  performer: Performer,
  fromMs: number,
  toMs: number,
  stepMs = FRAME_MS,
): Shot[] {
  const shots: Shot[] = [];
  for (let tMs = fromMs; tMs <= toMs; tMs += stepMs) {
    shots.push({ tMs, pose: performer.poseAt(tMs) });
  }
  return shots;
}

/**
 * A performer in a conversation, picture by picture: listening, thinking, speaking, over and over, with reactions, expressions
 * and interruptions. The same seed gives the same conversation.
 */
export function converse(performer: Performer, minutes: number, stepMs: number, seed = 1): Shot[] {
  const random = new Random(seed);
  const events: { atMs: number; run: () => void }[] = [];
  let tMs = 0;
  while (tMs < minutes * 60_000) {
    const turnMs = tMs;
    const listenMs = random.between(2_000, 9_000);
    events.push({ atMs: turnMs, run: () => performer.setAttention('listening', turnMs) });
    const reaction = REACTIONS[Math.floor(random.next() * REACTIONS.length)]!;
    const silentMs = turnMs + listenMs;
    events.push({ atMs: silentMs, run: () => performer.react(reaction, silentMs + 150) });
    if (random.chance(0.3)) {
      events.push({ atMs: silentMs + 400, run: () => performer.backchannel(silentMs + 400) });
    }
    const thinkMs = silentMs + 200;
    events.push({ atMs: thinkMs, run: () => performer.setAttention('thinking', thinkMs) });
    let startMs = thinkMs + random.between(300, 1_500);
    const speakMs = startMs - 200;
    const name = EXPRESSIONS[Math.floor(random.next() * EXPRESSIONS.length)]!;
    events.push({
      atMs: speakMs,
      run: () => {
        performer.setAttention('speaking', speakMs);
        performer.setExpression(name, speakMs);
      },
    });
    for (let clause = 0; clause < 3; clause++) {
      const { marks } = SENTENCES[Math.floor(random.next() * SENTENCES.length)]!;
      const clauseMs = startMs;
      events.push({ atMs: clauseMs - 190, run: () => performer.speak(marks, clauseMs) });
      startMs += marks.at(-1)!.endMs;
    }
    if (random.chance(0.25)) {
      const stopMs = startMs - 800;
      events.push({ atMs: stopMs, run: () => performer.stopSpeech(stopMs) });
    }
    tMs = startMs + random.between(300, 1_000);
  }
  events.sort((a, b) => a.atMs - b.atMs);
  const shots: Shot[] = [];
  let next = 0;
  for (let nowMs = 0; nowMs < minutes * 60_000; nowMs += stepMs) {
    while (next < events.length && events[next]!.atMs <= nowMs) {
      events[next++]!.run();
    }
    shots.push({ tMs: nowMs, pose: performer.poseAt(nowMs) });
  }
  return shots;
}

/** Sounds around the learner: somebody else in the room, and noise. Only the learner is answered. */
import { steadyNoise, tune } from '#media/testing/noises.ts';
import { mixed, RoomAcoustics } from '#media/testing/room-acoustics.ts';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { HeadlessLearner, LEARNER_RATE_HZ } from './headless-learner.ts';
import { joined, silence, synthesise, synthesiseAs, wordOverlap } from './speech.ts';

const OWN = 'I worked as a teacher for six years and I like working with people.';
const OWN_AGAIN = 'A customer was very angry, so I listened and I called the manager.';
const OTHER = 'Did you see where I put the keys for the car?';
/** Longer than the ear waits in any silence, and shorter than the avatar does. */
const AFTERMATH_MS = 2_500;

let call: Call;
let learner: HeadlessLearner;

beforeEach(async () => {
  call = await Call.start(inject('pageUrl'), 'first-interview');
  learner = await HeadlessLearner.join(call.session);
  await learner.untilGreeted();
});

afterEach(async () => {
  await learner.close();
  await call.end();
});

/** The learner speaks, the other sound follows, the learner speaks again. Gives the learner's turns of the report. */
async function around(sound: Int16Array): Promise<string[]> {
  const [own, again] = await synthesise(OWN, OWN_AGAIN);
  await learner.speak(own!);
  await learner.untilSpoken(1);
  await learner.speak(joined([sound, silence(AFTERMATH_MS)]));
  await learner.speak(again!);
  await learner.untilSpoken(2);
  const { transcript } = await call.endAndReport();
  return transcript.filter(({ speaker }) => speaker === 'learner').map(({ text }) => text);
}

function expectOwnTurns(turns: string[]): void {
  expect(wordOverlap(OTHER, turns.join(' '))).toBeLessThan(0.5);
  expect(wordOverlap(OWN, turns[0] ?? '')).toBeGreaterThanOrEqual(0.5);
  expect(wordOverlap(OWN_AGAIN, turns.at(-1) ?? '')).toBeGreaterThanOrEqual(0.5);
  expect(turns).toHaveLength(2);
}

describe('A second voice at the other end of the room', () => {
  it('is not answered; the learner is', async () => {
    const [other] = await synthesiseAs('en-victor', OTHER);
    const room = new RoomAcoustics({
      sampleRateHz: LEARNER_RATE_HZ,
      delayMs: 0,
      gainDb: -17,
      reverbMs: 600,
    });
    expectOwnTurns(await around(mixed(new Int16Array(other!.length), room.hear(other!))));
  });
});

describe('A tune over a fan', () => {
  it('is not answered; the learner is', async () => {
    expectOwnTurns(await around(mixed(tune(4_000, 1_500), steadyNoise(4_000, 300))));
  });
});

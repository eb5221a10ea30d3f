/** A learner who speaks: two turns with a voice, captions of them, an answer to each, and a face that reacts first. */
import { afterEach, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';
import { PictureChange } from './picture-change.ts';
import { synthesise, wordOverlap } from './speech.ts';

const FIRST = 'I worked as a teacher for six years and I like working with people.';
const SECOND = 'A customer was very angry, so I listened and I called the manager.';

let call: Call;
let learner: HeadlessLearner;

afterEach(async () => {
  await learner.close();
  await call.end();
});

it('is heard, answered twice, and reported', async () => {
  const [first, second] = await synthesise(FIRST, SECOND);
  call = await Call.start(inject('pageUrl'), 'first-interview');
  learner = await HeadlessLearner.join(call.session);
  await learner.untilGreeted();
  expect(learner.agent?.attributes['understudy.recognition']).toBe('full');

  const interim = learner.until('caption', ({ speaker, final }) => speaker === 'learner' && !final);
  await learner.speak(first!);
  // A reaction of the face, then the answer's sound, both after the last word.
  const moved = new PictureChange(learner).untilMoved();
  const answered = learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
  await Promise.all([interim, moved, answered]);
  await learner.untilSpoken(1);
  expect(wordOverlap(FIRST, learner.captioned('learner'))).toBeGreaterThanOrEqual(0.5);

  await learner.speak(second!);
  await learner.untilSpoken(2);

  const report = await call.endAndReport();
  const said = report.transcript.filter(({ speaker }) => speaker === 'learner');
  const text = said.map((turn) => turn.text).join(' ');
  expect(wordOverlap(`${FIRST} ${SECOND}`, text)).toBeGreaterThanOrEqual(0.5);
  expect(said.every(({ typed }) => !typed)).toBe(true);
  // Speech has a length, and lies between the avatar's turns.
  const turn = said[0]!;
  expect(turn.endMs - turn.startMs).toBeGreaterThan(1_000);
  expect(turn.startMs).toBeGreaterThanOrEqual(report.transcript[0]!.startMs);
  expect(report.recognition).toBe('full');
  expect(report.talk.learnerMs).toBeGreaterThan(2_000);
  expect(report.talk.avatarMs).toBeGreaterThan(2_000);
  expect(report.status).toBe('scored');
});

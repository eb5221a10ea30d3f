/** A learner who makes sounds while the avatar speaks: words stop it, a cough or a murmur does not for good. */
import type { TranscriptTurn } from '#agents/dispatch/report.ts';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner, LEARNER_RATE_HZ } from './headless-learner.ts';
import { cough, murmur, synthesise, wordOverlap } from './speech.ts';

/** Brings out an answer of several sentences. */
const ASKED = 'Could you tell me more about the job, the team and what a normal week looks like?';
const OVER_IT = 'Excuse me, I have a question about the salary, if that is all right.';

let call: Call;
let learner: HeadlessLearner;

beforeEach(async () => {
  call = await Call.start(inject('pageUrl'), 'first-interview');
  learner = await HeadlessLearner.join(call.session);
});

afterEach(async () => {
  await learner.close();
  await call.end();
});

/** Resolves when sound of the avatar has been heard, from now. */
async function untilHeard(): Promise<void> {
  await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
}

/** Resolves when nothing has been heard for that much of sound. */
async function untilQuiet(quietMs: number): Promise<void> {
  let quietSamples = 0;
  await learner.until('sound', ({ rms, samples }) => {
    quietSamples = rms > AUDIBLE_RMS ? 0 : quietSamples + samples.length;
    return quietSamples >= (quietMs / 1_000) * LEARNER_RATE_HZ;
  });
}

const turnsOf = (turns: readonly TranscriptTurn[], speaker: TranscriptTurn['speaker']) =>
  turns.filter((turn) => turn.speaker === speaker);

describe('Words over the avatar', () => {
  it('stop it, and the transcript holds what was heard of it', async () => {
    const [words] = await synthesise(OVER_IT);
    await learner.untilGreeted();
    await learner.type(ASKED);
    await untilHeard();
    const spoken = learner.speak(words!);
    await untilQuiet(600);
    await spoken;
    await learner.untilSpoken(2);

    const report = await call.endAndReport();
    const order = report.transcript.map(({ speaker }) => speaker);
    expect(order).toEqual(['avatar', 'learner', 'avatar', 'learner', 'avatar']);
    const [, cut, answer] = turnsOf(report.transcript, 'avatar');
    const [, over] = turnsOf(report.transcript, 'learner');
    expect(cut).toMatchObject({ interrupted: true });
    expect(answer).toMatchObject({ interrupted: false });
    expect(wordOverlap(OVER_IT, over?.text ?? '')).toBeGreaterThanOrEqual(0.4);
    expect(report.interruptions.byLearner).toBeGreaterThanOrEqual(1);
    // The caption of the cut turn ends where the transcript does, or with the word that was being said.
    const heard = cut!.text.trim();
    const caption = learner.captions.filter(({ speaker }) => speaker === 'avatar')[1]!.text.trim();
    expect(caption.startsWith(heard)).toBe(true);
    expect(caption.split(' ').length - heard.split(' ').length).toBeLessThanOrEqual(1);
  });
});

describe.each([
  { sound: 'a cough', make: () => Promise.resolve(cough(200)) },
  { sound: 'a murmur', make: murmur },
])('$sound over the avatar', ({ make }) => {
  it('does not end its turn', async () => {
    const sound = await make();
    await learner.untilGreeted();
    await learner.type(ASKED);
    await untilHeard();
    await learner.speak(sound);
    await learner.untilSpoken(1);
    // Longer than the avatar holds its breath for a sound that may have been words.
    await untilQuiet(2_500);

    const report = await call.endAndReport();
    const avatar = turnsOf(report.transcript, 'avatar');
    expect(avatar[1]).toMatchObject({ interrupted: false });
    expect(turnsOf(report.transcript, 'learner').map(({ text }) => text)).toEqual([ASKED]);
  });
});

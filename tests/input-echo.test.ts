/** A learner whose loudspeakers feed the microphone, with nothing in between that cancels it: the worst case. */
import type { TranscriptTurn } from '#agents/dispatch/report.ts';
import { RoomAcoustics } from '#media/testing/room-acoustics.ts';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner, LEARNER_RATE_HZ } from './headless-learner.ts';
import { synthesise, wordOverlap } from './speech.ts';

const ECHO_DELAY_MS = 150;
/** Longer than the ear waits in any silence: what was to become a turn is one by then. */
const AFTERMATH_MS = 3_000;

let call: Call;
let learner: HeadlessLearner;

beforeEach(async () => {
  call = await Call.start(inject('pageUrl'), 'first-interview');
});

afterEach(async () => {
  await learner.close();
  await call.end();
});

async function joinWithLoudspeakers(gainDb: number): Promise<void> {
  learner = await HeadlessLearner.join(call.session);
  const sampleRateHz = LEARNER_RATE_HZ;
  learner.loudspeakers = new RoomAcoustics({ sampleRateHz, delayMs: ECHO_DELAY_MS, gainDb });
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

/** Brings out an answer of several sentences. */
const ASKED = 'Could you tell me more about the job, the team and what a normal week looks like?';
const OVER_IT = 'Excuse me, I have a question about the salary, if that is all right.';

describe.each([-6, -12, -20])('The avatar’s own voice, heard back at %i dB', (gainDb) => {
  it('does not stop it, and is not answered', async () => {
    await joinWithLoudspeakers(gainDb);
    await learner.untilGreeted();
    await untilQuiet(AFTERMATH_MS);
    const hint = learner.agent?.attributes['understudy.input'] ?? '{}';
    expect(JSON.parse(hint)).toMatchObject({ echo: true });

    const report = await call.endAndReport();
    const [greeting] = turnsOf(report.transcript, 'avatar');
    expect(turnsOf(report.transcript, 'learner')).toEqual([]);
    expect(greeting).toMatchObject({ interrupted: false });
    expect(report.interruptions.byLearner).toBe(0);
  });
});

describe('A learner who speaks over the avatar with loudspeakers on', () => {
  it('still stops it, and is answered', async () => {
    const [words] = await synthesise(OVER_IT);
    await joinWithLoudspeakers(-15);
    await learner.untilGreeted();
    await learner.type(ASKED);
    await learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
    const spoken = learner.speak(words!);
    await untilQuiet(600);
    await spoken;
    await learner.untilSpoken(2);

    const report = await call.endAndReport();
    const [, cut] = turnsOf(report.transcript, 'avatar');
    expect(cut).toMatchObject({ interrupted: true });
    const [, over] = turnsOf(report.transcript, 'learner');
    expect(wordOverlap(OVER_IT, over?.text ?? '')).toBeGreaterThanOrEqual(0.3);
  });
});

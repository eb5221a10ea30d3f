/** A learner whose loudspeakers feed the microphone, with nothing in between that cancels it: the worst case. */
import type { TranscriptTurn } from '#agents/dispatch/report.ts';
import { RoomAcoustics } from '#media/testing/room-acoustics.ts';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner, LEARNER_RATE_HZ } from './headless-learner.ts';

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

describe.each([-6, -12, -20])('The avatar’s own voice, heard back at %i dB', (gainDb) => {
  it('does not stop it, and is not answered', async () => {
    learner = await HeadlessLearner.join(call.session);
    learner.loudspeakers = new RoomAcoustics({
      sampleRateHz: LEARNER_RATE_HZ,
      delayMs: ECHO_DELAY_MS,
      gainDb,
    });
    await learner.untilGreeted();
    await untilQuiet(AFTERMATH_MS);

    const report = await call.endAndReport();
    const [greeting] = turnsOf(report.transcript, 'avatar');
    expect(turnsOf(report.transcript, 'learner')).toEqual([]);
    expect(greeting).toMatchObject({ interrupted: false });
    expect(report.interruptions.byLearner).toBe(0);
  });
});

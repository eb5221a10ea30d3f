import { describe, expect, it } from 'vitest';
import type { Level } from './audible.ts';
import { turnOutcome, type HeardAnswer, type TurnEvidence } from './turn-outcome.ts';

const utterance = {
  id: 'u',
  speakerKind: 'human' as const,
  samples: new Int16Array(0),
  firstSoundMs: 100,
  endMs: 5_000,
  pauses: [
    { kind: 'mid-phrase' as const, fromMs: 1_500, toMs: 2_100 },
    { kind: 'boundary' as const, fromMs: 3_000, toMs: 3_500 },
  ],
};

const answerAt = (firstWordMs: number, endsByItselfMs?: number): HeardAnswer => ({
  firstWordMs,
  endsByItselfMs,
  resumed: false,
});

/** The utterance starts at 10 s; sound of the avatar lasts within the given stretches. */
function evidence(loud: [number, number][], answers: HeardAnswer[], overAvatar = false) {
  const levels: Level[] = Array.from({ length: 2_500 }, (_, index) => {
    const atMs = index * 10;
    return { atMs, rms: loud.some(([from, to]) => atMs >= from && atMs < to) ? 800 : 2 };
  });
  return {
    utterance,
    timeOf: (ms) => 10_000 + ms,
    overAvatar,
    untilMs: 24_000,
    levels,
    motions: [{ atMs: 15_200, change: 4 }],
    motionThreshold: 1,
    answers,
  } satisfies TurnEvidence;
}

describe('outcome of a turn', () => {
  it('times the backchannel and the words from the acoustic end', () => {
    const outcome = turnOutcome(
      evidence(
        [
          [15_350, 15_700],
          [16_000, 18_000],
        ],
        [answerAt(16_000)],
      ),
    );
    expect(outcome.firstSoundMs).toBe(350);
    expect(outcome.firstWordMs).toBe(1_000);
    expect(outcome.reactionMs).toBe(200);
    expect(outcome.pauses.map(({ cutIn }) => cutIn)).toEqual([false, false]);
  });

  it('does not take a murmur in a pause for a cut-in, nor for a first sound', () => {
    const outcome = turnOutcome(
      evidence(
        [
          [11_900, 12_200],
          [15_600, 17_000],
        ],
        [answerAt(15_600)],
      ),
    );
    expect(outcome.pauses.some(({ cutIn }) => cutIn)).toBe(false);
    expect(outcome.firstSoundMs).toBe(600);
  });

  it('charges words to the pause they came from, and tells no latency then', () => {
    const outcome = turnOutcome(evidence([[12_300, 13_000]], [answerAt(12_300)]));
    expect(outcome.pauses.map(({ cutIn }) => cutIn)).toEqual([true, false]);
    expect(outcome.cutInto).toBe(true);
    expect(outcome.firstWordMs).toBeUndefined();
    expect(outcome.firstSoundMs).toBeUndefined();
  });

  it('counts an earlier answer that goes on as a cut-in, never as the answer', () => {
    const resumed = (firstWordMs: number) => ({ ...answerAt(firstWordMs), resumed: true });
    expect(turnOutcome(evidence([], [resumed(13_400)])).pauses[1]?.cutIn).toBe(true);
    expect(turnOutcome(evidence([], [resumed(15_400)])).firstWordMs).toBeUndefined();
  });

  it('leaves a turn without an answer untimed', () => {
    expect(turnOutcome(evidence([[15_300, 15_600]], [])).firstSoundMs).toBeUndefined();
  });

  it('times the stop of an avatar that was spoken over', () => {
    const stopped = turnOutcome(evidence([[8_900, 10_420]], [answerAt(8_900)], true));
    expect(stopped.stopMs).toBe(320);
    const finished = turnOutcome(evidence([[8_900, 10_420]], [answerAt(8_900, 10_400)], true));
    expect(finished.stopMs).toBeUndefined();
    expect(turnOutcome(evidence([[8_900, 10_420]], [answerAt(8_900)])).stopMs).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { decideTurn, type TurnEvidence, type TurnOptions } from './policy.ts';

const nothing: TurnEvidence = {
  modelProbabilities: [],
  text: 'unknown',
  speechMs: 4_000,
  resumedPausesMs: [],
};
const options: TurnOptions = {
  backchannels: 'words',
  hearing: 'basic',
  lastBackchannel: undefined,
};

function decide(evidence: Partial<TurnEvidence>, with_: Partial<TurnOptions> = {}) {
  return decideTurn({ ...nothing, ...evidence }, { ...options, ...with_ });
}

describe('a learner falls silent', () => {
  it('and is clearly done: the answer comes at once, with no breath before it', () => {
    const decision = decide({ modelProbabilities: [0.98, 0.99], text: 'closed' });
    expect(decision.reason).toBe('certain');
    expect(decision.commitAtMs).toBeLessThan(300);
    expect(decision.backchannel).toBeUndefined();
  });

  it('and the answer is prepared just before it is due; a full recogniser is asked sooner', () => {
    const basic = decide({ modelProbabilities: [0.02] });
    expect(basic.commitAtMs - basic.prepareAtMs).toBeGreaterThanOrEqual(300);
    expect(basic.prepareAtMs).toBeGreaterThan(300);
    expect(decide({ modelProbabilities: [0.98, 0.99] }).prepareAtMs).toBeLessThan(100);
    const full = decide({ modelProbabilities: [0.02] }, { hearing: 'full' });
    expect(full.commitAtMs - full.prepareAtMs).toBeGreaterThan(500);
  });

  it('in the middle of a phrase: nobody murmurs, and the answer waits out 800 ms', () => {
    const decision = decide({ modelProbabilities: [0.02, 0.04] });
    expect(decision.backchannel).toBeUndefined();
    expect(decision.commitAtMs).toBeGreaterThan(800);
  });

  it('after “because”: the wait is longer still, but under 1.3 s', () => {
    const decision = decide({ modelProbabilities: [0.02, 0.04], text: 'open' });
    expect(decision.reason).toBe('open-ended');
    expect(decision.commitAtMs).toBeGreaterThan(decide({ modelProbabilities: [0.02] }).commitAtMs);
    expect(decision.commitAtMs).toBeLessThan(1_300);
  });

  it('and the sound is sure but the words are open: a full recogniser is believed, a basic one halfway', () => {
    const heard = { modelProbabilities: [0.98, 0.98], text: 'open' } as const;
    expect(decide(heard).reason).toBe('sure');
    expect(decide(heard, { hearing: 'full' }).reason).toBe('likely');
  });

  it('after a short answer: no murmur, and the words help the answer along', () => {
    const decision = decide({ modelProbabilities: [0.85], text: 'final', speechMs: 400 });
    expect(decision.backchannel).toBeUndefined();
    expect(decision.reason).toBe('sure');
  });

  it('as one who pauses long: the unsure wait follows the learner’s own pauses, up to a limit', () => {
    const resumedPausesMs = [900, 950, 1_000, 980, 990];
    const patient = decide({ modelProbabilities: [0.02], resumedPausesMs });
    expect(patient.commitAtMs).toBeGreaterThan(1_000);
    const extreme = decide({ modelProbabilities: [0.02], resumedPausesMs: [3e3, 4e3, 5e3, 6e3] });
    expect(extreme.commitAtMs).toBeLessThanOrEqual(1_200);
    const few = decide({ modelProbabilities: [0.02], resumedPausesMs: [2_000, 2_000] });
    expect(few.commitAtMs).toBe(decide({ modelProbabilities: [0.02] }).commitAtMs);
  });

  it('where the model is not installed: words and a safe wait remain', () => {
    expect(decide({}).commitAtMs).toBe(850);
    expect(decide({ text: 'final' }).commitAtMs).toBeLessThan(850);
    expect(decide({ text: 'open' }).commitAtMs).toBeGreaterThan(850);
  });
});

describe('small sounds', () => {
  const done = { modelProbabilities: [0.6, 0.6] };

  it('begin in time to be heard within half a second', () => {
    const decision = decide(done);
    expect(decision.backchannel?.kind).toBe('word');
    expect(decision.backchannel?.atMs).toBeLessThanOrEqual(250);
  });

  it('are never the same twice in a row', () => {
    expect(decide(done, { lastBackchannel: 'word' }).backchannel?.kind).toBe('breath');
    expect(
      decide(done, { lastBackchannel: 'breath', backchannels: 'breaths' }).backchannel,
    ).toBeUndefined();
  });

  it('are a breath, not a word, when the answer is about to come', () => {
    expect(decide({ modelProbabilities: [0.93] }).backchannel?.kind).toBe('breath');
  });

  it('keep out of scenarios that do not want them', () => {
    expect(decide(done, { backchannels: 'none' }).backchannel).toBeUndefined();
    expect(decide(done, { backchannels: 'breaths' }).backchannel?.kind).toBe('breath');
  });
});

describe('words that can be trusted', () => {
  const full = (text: TurnEvidence['text']) =>
    decide({ modelProbabilities: [0.8, 0.8], text }, { hearing: 'full' }).commitAtMs;

  it('weigh more than the model', () => {
    expect(full('closed')).toBeLessThan(600);
    expect(full('unended')).toBeGreaterThan(700);
    expect(full('open')).toBeGreaterThanOrEqual(full('unended'));
    expect(full('final')).toBeLessThanOrEqual(full('closed'));
  });
});

describe('words that are still being recognised', () => {
  it('hold an early answer back, and no other', () => {
    const sure = { modelProbabilities: [0.99, 0.99], text: 'closed' } as const;
    const pending = decide({ ...sure, textPending: true }, { hearing: 'full' });
    expect(decide(sure, { hearing: 'full' }).commitAtMs).toBeLessThan(400);
    expect(pending.commitAtMs).toBe(800);
    const caption = { modelProbabilities: [0.5, 0.5], text: 'open' } as const;
    expect(decide(caption, { hearing: 'full' }).backchannel).toBeUndefined();
    expect(decide({ ...caption, textPending: true }, { hearing: 'full' }).backchannel?.kind).toBe(
      'word',
    );
    const doubted = { modelProbabilities: [0.02], text: 'closed' } as const;
    expect(decide({ ...doubted, textPending: true }, { hearing: 'full' })).toEqual(
      decide(doubted, { hearing: 'full' }),
    );
  });
});

describe('any evidence', () => {
  it('gives ordered, bounded times, and more belief never means a later answer', () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const texts = ['unknown', 'open', 'closed', 'final'] as const;
    for (let round = 0; round < 3_000; round += 1) {
      const text = texts[Math.floor(random() * texts.length)] ?? 'unknown';
      const probability = random();
      const evidence = {
        text,
        speechMs: random() * 20_000,
        resumedPausesMs: Array.from({ length: Math.floor(random() * 30) }, () => random() * 5_000),
        modelProbabilities: [probability, random()],
      };
      const decision = decide(evidence);
      expect(decision.reactAtMs).toBeLessThan(decision.commitAtMs);
      expect(decision.commitAtMs).toBeLessThanOrEqual(1_200);
      expect(decision.commitAtMs).toBeGreaterThanOrEqual(200);
      if (decision.backchannel) {
        expect(decision.backchannel.atMs).toBeLessThan(decision.commitAtMs);
      }
      const [, second] = evidence.modelProbabilities;
      const surer = decide({
        ...evidence,
        modelProbabilities: [Math.min(1, probability + 0.2), second ?? 0],
      });
      expect(surer.commitAtMs).toBeLessThanOrEqual(decision.commitAtMs);
    }
  });

  it('survives probabilities of exactly 0 and 1', () => {
    expect(decide({ modelProbabilities: [1, 1] }).reason).toBe('certain');
    expect(decide({ modelProbabilities: [0, 0] }).reason).toBe('unsure');
  });
});

import { ASK_MODEL_AT_MS, decideTurn } from '../policy.ts';
import { textCompleteness } from '../text-completeness.ts';
import type { HeardSilence } from './evidence.ts';

/** A silence as heard, with the words that the recogniser gave for the sound up to it. */
export interface JudgedSilence extends HeardSilence {
  text: string;
}

export interface Policy {
  name: string;
  /** When it would speak, in ms since the last voiced hop. */
  commitAtMs(silence: JudgedSilence): number;
}

/** LiveKit agents 1.9.0 with its bundled detector: one question at 224 ms, then one of two delays (English). */
const BUNDLED = { askedAtMs: 224, threshold: 0.36, minDelayMs: 300, maxDelayMs: 2_500 } as const;

function ours(name: string, use: { model: boolean; text: boolean }): Policy {
  return {
    name,
    commitAtMs: (silence) =>
      decideTurn(
        {
          modelProbabilities: use.model
            ? ASK_MODEL_AT_MS.map((ms) => silence.smartTurn[ms] ?? 0.5)
            : [],
          text: use.text ? textCompleteness(silence.text) : 'unknown',
          speechMs: silence.speechMs,
          resumedPausesMs: [],
        },
        { backchannels: 'none', hearing: 'basic', lastBackchannel: undefined },
      ).commitAtMs,
  };
}

const fixed = (waitMs: number): Policy => ({
  name: `fixed ${String(waitMs)} ms`,
  commitAtMs: () => waitMs,
});

export const POLICIES: readonly Policy[] = [
  ours('ours', { model: true, text: true }),
  ours('ours without words', { model: true, text: false }),
  ours('ours without the model', { model: false, text: true }),
  fixed(300),
  fixed(500),
  fixed(700),
  fixed(850),
  {
    name: 'agents 1.9.0 default',
    commitAtMs: ({ bundled }) =>
      (bundled[BUNDLED.askedAtMs] ?? 1) >= BUNDLED.threshold
        ? BUNDLED.minDelayMs
        : BUNDLED.maxDelayMs,
  },
];

/** What becomes of a delivery after an attempt. Pure. */
import type { PostOutcome } from './guarded-post.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits after the first attempt, the second and so on: eight attempts within about 21 hours. */
export const RETRY_AFTER_MS: readonly number[] = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
];
export const MOST_ATTEMPTS = RETRY_AFTER_MS.length + 1;
/** Each wait is longer or shorter by up to this share, so that what failed together does not come back together. */
export const JITTER = 0.2;
/** A receiver that says `Retry-After` is believed as far as this. */
export const LONGEST_RETRY_AFTER_MS = HOUR_MS;

export type Verdict =
  | { kind: 'delivered' }
  | { kind: 'retry'; afterMs: number }
  /** `gone`: the receiver wants nothing more, ever. */
  | { kind: 'given-up'; gone: boolean };

/** `attempts` counts the one that `outcome` is of; `random` is in [0, 1). */
export function verdictOn(outcome: PostOutcome, attempts: number, random: number): Verdict {
  const { status } = outcome;
  if (status !== null && status >= 200 && status < 300) {
    return { kind: 'delivered' };
  }
  if (status === 410) {
    return { kind: 'given-up', gone: true };
  }
  const wait = RETRY_AFTER_MS[attempts - 1];
  if (wait === undefined) {
    return { kind: 'given-up', gone: false };
  }
  const jittered = wait * (1 + JITTER * (2 * random - 1));
  const asked = Math.min((outcome.retryAfterS ?? 0) * SECOND_MS, LONGEST_RETRY_AFTER_MS);
  return { kind: 'retry', afterMs: Math.round(Math.max(jittered, asked)) };
}

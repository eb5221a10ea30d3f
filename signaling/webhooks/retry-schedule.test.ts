import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PostOutcome } from './guarded-post.ts';
import {
  JITTER,
  LONGEST_RETRY_AFTER_MS,
  MOST_ATTEMPTS,
  RETRY_AFTER_MS,
  verdictOn,
} from './retry-schedule.ts';

const answered = (status: number | null, more: Partial<PostOutcome> = {}): PostOutcome => ({
  ...{ status, failure: 'STATUS', text: null, retryAfterS: null, durationMs: 1 },
  ...more,
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('what becomes of a delivery', () => {
  it('2xx is taken, whichever attempt it was', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 299 }),
        fc.integer({ min: 1, max: MOST_ATTEMPTS }),
        random,
        (status, attempts, at) => {
          expect(verdictOn(answered(status), attempts, at)).toEqual({ kind: 'delivered' });
        },
      ),
    );
  });

  it('410 ends it at once, and with it the webhook', () => {
    expect(verdictOn(answered(410), 1, 0)).toEqual({ kind: 'given-up', gone: true });
  });

  it('anything else waits as the schedule says, give or take its jitter, and ends after the last', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(null, 301, 400, 404, 429, 500, 503),
        fc.integer({ min: 1, max: MOST_ATTEMPTS }),
        random,
        (status, attempts, at) => {
          const verdict = verdictOn(answered(status), attempts, at);
          const wait = RETRY_AFTER_MS[attempts - 1];
          if (wait === undefined) {
            expect(verdict).toEqual({ kind: 'given-up', gone: false });
            return;
          }
          expect(verdict.kind).toBe('retry');
          const { afterMs } = verdict as { afterMs: number };
          expect(afterMs).toBeGreaterThanOrEqual(Math.floor(wait * (1 - JITTER)));
          expect(afterMs).toBeLessThanOrEqual(Math.ceil(wait * (1 + JITTER)));
        },
      ),
    );
  });

  it('waits grow, and no two jittered ones overlap', () => {
    for (const [at, wait] of RETRY_AFTER_MS.slice(1).entries()) {
      expect(RETRY_AFTER_MS[at]! * (1 + JITTER)).toBeLessThan(wait * (1 - JITTER));
    }
  });

  it('Retry-After is believed where it is longer, up to an hour', () => {
    const after = (retryAfterS: number) =>
      (verdictOn(answered(429, { retryAfterS }), 1, 0.5) as { afterMs: number }).afterMs;
    expect(after(1)).toBe(5_000);
    expect(after(60)).toBe(60_000);
    expect(after(999_999)).toBe(LONGEST_RETRY_AFTER_MS);
  });
});

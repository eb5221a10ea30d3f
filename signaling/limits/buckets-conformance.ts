/** What all token buckets must do. For tests. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Buckets } from './buckets.ts';

export interface BucketsUnderTest {
  buckets: Buckets;
  /** Another process on the same store; the same object where there can be only one. */
  other: Buckets;
  /** Lets so much time pass for this bucket, or makes the store believe so. */
  pass: (name: string, ms: number) => Promise<void>;
  close: () => Promise<void>;
}

/** Slow ones, so that what passes by itself gives no token back. */
const SLOW = { burst: 5, perSecond: 0.01 };

export function bucketsConformance(
  name: string,
  open: () => Promise<BucketsUnderTest>,
  skip?: string,
): void {
  describe.skipIf(skip !== undefined)(`${name} ${skip ?? ''}`.trim(), () => {
    let under: BucketsUnderTest;
    let count = 0;
    const newName = (): string => `bucket-${String((count += 1))}`;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    it('admit a burst, and refuse what comes after it', async () => {
      const bucket = newName();
      const left: number[] = [];
      for (let at = 0; at < SLOW.burst; at += 1) {
        const taken = await (at % 2 === 0 ? under.buckets : under.other).take(bucket, SLOW);
        expect(taken.admitted).toBe(true);
        left.push(taken.left);
      }
      expect(left).toEqual([4, 3, 2, 1, 0]);
      const refused = await under.other.take(bucket, SLOW);
      expect(refused).toMatchObject({ admitted: false, left: 0 });
      expect(refused.waitMs).toBeGreaterThan(0);
      expect(refused.waitMs).toBeLessThanOrEqual(100_000);
    });

    it('of many at the same moment admit no more than the burst', async () => {
      const bucket = newName();
      const taken = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          (at % 2 === 0 ? under.buckets : under.other).take(bucket, SLOW),
        ),
      );
      expect(taken.filter(({ admitted }) => admitted)).toHaveLength(SLOW.burst);
    });

    it('give tokens back one by one, and a refusal costs nothing', async () => {
      const bucket = newName();
      const take = () => under.buckets.take(bucket, SLOW);
      for (let at = 0; at < SLOW.burst + 10; at += 1) {
        await take();
      }
      await under.pass(bucket, 100_000);
      expect((await take()).admitted).toBe(true);
      expect((await take()).admitted).toBe(false);
      await under.pass(bucket, 200_000);
      const again = [await take(), await take(), await take()];
      expect(again.map(({ admitted }) => admitted)).toEqual([true, true, false]);
    });

    it('are never fuller than full', async () => {
      const bucket = newName();
      const take = () => under.buckets.take(bucket, SLOW);
      await take();
      await under.pass(bucket, 10_000_000);
      const taken = [];
      for (let at = 0; at <= SLOW.burst; at += 1) {
        taken.push((await take()).admitted);
      }
      expect(taken).toEqual([true, true, true, true, true, false]);
    });

    it('are each their own, of any size', async () => {
      const [one, two] = [newName(), newName()];
      const tiny = { burst: 1, perSecond: 0.01 };
      expect((await under.buckets.take(one, tiny)).admitted).toBe(true);
      expect((await under.buckets.take(one, tiny)).admitted).toBe(false);
      expect((await under.buckets.take(two, tiny)).admitted).toBe(true);
      const large = { burst: 2_000, perSecond: 100 };
      expect(await under.buckets.take(newName(), large)).toMatchObject({ left: 1_999 });
      expect(await under.buckets.take(newName(), SLOW)).toMatchObject({ left: 4 });
    });
  });
}

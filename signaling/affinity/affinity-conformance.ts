/** What every session affinity must do. For tests. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOBODY, SESSION_TTL_S, type Placement, type SessionAffinity } from './session-affinity.ts';

export interface AffinityUnderTest {
  affinity: SessionAffinity;
  /** A second process on the same store; the same object where there can be only one. */
  other: SessionAffinity;
  /** Lets so much time pass, or makes the store believe so. */
  pass: (sessionId: string, seconds: number) => Promise<void>;
  close: () => Promise<void>;
}

const HERE: Placement = {
  workerId: 'worker-1',
  jobId: 'AJ_1',
  region: 'north',
  gpuRuntime: '127.0.0.1:8091',
  line: 'line-1',
};

export function affinityConformance(
  name: string,
  open: () => Promise<AffinityUnderTest>,
  options: { skip?: string | undefined; openWithinMs?: number } = {},
): void {
  describe.skipIf(options.skip !== undefined)(`${name} ${options.skip ?? ''}`.trim(), () => {
    let under: AffinityUnderTest;
    let affinity: SessionAffinity;
    let count = 0;
    const newId = (): string => `s${String((count += 1))}`;

    beforeAll(async () => {
      under = await open();
      ({ affinity } = under);
    }, options.openWithinMs ?? 30_000);
    afterAll(async () => {
      await under.close();
    });

    it('gives a session to its first claimant, with everything that it says of itself', async () => {
      const id = newId();
      expect(await affinity.read(id)).toBeUndefined();
      const claimed = await affinity.claim(id, 0, HERE);
      expect(claimed).toMatchObject({ ...HERE, sessionId: id, fence: 1 });
      expect(await under.other.read(id)).toEqual(claimed);
    });

    it('gives one number to one claimant, however many ask at once', async () => {
      const id = newId();
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 === 0 ? affinity : under.other).claim(id, 0, NOBODY),
        ),
      );
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
      expect((await affinity.claim(id, 1, NOBODY))?.fence).toBe(2);
    });

    it('lets an old owner that wakes up write nothing', async () => {
      const id = newId();
      await affinity.claim(id, 0, HERE);
      expect(await affinity.keep(id, 1, 'of the first')).toBe(true);
      await under.other.claim(id, 1, { ...HERE, workerId: 'worker-2' });
      expect(await affinity.keep(id, 1, 'too late')).toBe(false);
      expect(await affinity.renew(id, 1, HERE)).toBe(false);
      expect(await affinity.release(id, 1)).toBe(false);
      expect(await affinity.read(id)).toMatchObject({ fence: 2, workerId: 'worker-2' });
      expect(await affinity.kept(id)).toBe('of the first');
      expect(await under.other.keep(id, 2, 'of the second')).toBe(true);
      expect(await affinity.kept(id)).toBe('of the second');
    });

    it('keeps an entry for an hour from its last renewal', async () => {
      const id = newId();
      await affinity.claim(id, 0, NOBODY);
      await affinity.keep(id, 1, 'kept');
      await under.pass(id, SESSION_TTL_S - 60);
      expect(await affinity.renew(id, 1, HERE)).toBe(true);
      await under.pass(id, SESSION_TTL_S - 60);
      expect(await affinity.read(id)).toMatchObject(HERE);
      expect(await affinity.kept(id)).toBe('kept');
      await under.pass(id, 61);
      expect(await affinity.read(id)).toBeUndefined();
      expect(await affinity.kept(id)).toBeUndefined();
    });

    it('takes an owner back whose entry has run out, unless there was another', async () => {
      const id = newId();
      await affinity.claim(id, 0, HERE);
      await under.pass(id, SESSION_TTL_S + 1);
      expect(await affinity.renew(id, 1, HERE)).toBe(true);
      expect(await affinity.read(id)).toMatchObject({ ...HERE, fence: 1 });
      await affinity.claim(id, 1, NOBODY);
      await under.pass(id, SESSION_TTL_S + 1);
      expect(await affinity.renew(id, 1, HERE)).toBe(false);
      expect(await affinity.claim(id, 0, NOBODY)).toBeUndefined();
    });

    it('believes an owner that it has never heard of: the store was emptied', async () => {
      const id = newId();
      expect(await affinity.renew(id, 7, HERE)).toBe(true);
      expect((await affinity.claim(id, 7, NOBODY))?.fence).toBe(8);
    });

    it('that was emptied lets an owner keep, renew and hand on as if nothing had been', async () => {
      const [keeps, claims] = [newId(), newId()];
      expect(await affinity.keep(keeps, 3, 'after the loss')).toBe(true);
      expect(await affinity.keep(keeps, 3, 'and again')).toBe(true);
      expect(await affinity.renew(keeps, 3, HERE)).toBe(true);
      expect(await affinity.kept(keeps)).toBe('and again');
      expect((await affinity.claim(claims, 3, NOBODY))?.fence).toBe(4);
      expect(await affinity.claim(claims, 3, NOBODY)).toBeUndefined();
    });

    it('that was emptied believes an old owner only until the true one is there', async () => {
      const id = newId();
      expect(await affinity.renew(id, 1, HERE)).toBe(true);
      expect(await under.other.renew(id, 2, { ...HERE, workerId: 'worker-2' })).toBe(true);
      expect(await affinity.renew(id, 1, HERE)).toBe(false);
      expect(await affinity.keep(id, 1, 'of the old one')).toBe(false);
      expect(await affinity.read(id)).toMatchObject({ fence: 2, workerId: 'worker-2' });
    });

    it('forgets an erased session for good: no owner keeps, renews or claims anything of it', async () => {
      const id = newId();
      await affinity.claim(id, 0, HERE);
      await affinity.keep(id, 1, 'words');
      expect(await under.other.forget(id)).toBe(2);
      expect(await affinity.forget(id)).toBe(0);
      expect(await affinity.kept(id)).toBeUndefined();
      expect(await affinity.keep(id, 1, 'of one that still runs')).toBe(false);
      expect(await affinity.renew(id, 1, HERE)).toBe(false);
      expect(await affinity.claim(id, 1, NOBODY)).toBeUndefined();
      expect(await affinity.read(id)).toBeUndefined();
      expect((await affinity.list()).map(({ sessionId }) => sessionId)).not.toContain(id);
    });

    it('forgets a released session but not its number', async () => {
      const id = newId();
      await affinity.claim(id, 0, HERE);
      await affinity.keep(id, 1, 'kept');
      expect(await affinity.release(id, 1)).toBe(true);
      expect(await affinity.read(id)).toBeUndefined();
      expect(await affinity.kept(id)).toBeUndefined();
      expect(await affinity.keep(id, 1, 'late')).toBe(false);
      expect(await affinity.claim(id, 0, HERE)).toBeUndefined();
    });

    it('lists who is there', async () => {
      const ids = Array.from({ length: 30 }, newId);
      await Promise.all(ids.map((id) => affinity.claim(id, 0, HERE)));
      await affinity.release(ids[0]!, 1);
      const listed = (await under.other.list()).map(({ sessionId }) => sessionId);
      expect(listed).not.toContain(ids[0]);
      expect(listed).toEqual(expect.arrayContaining(ids.slice(1)));
    });
  });
}

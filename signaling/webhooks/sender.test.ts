/** Senders on real databases, telling a real receiver. */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../data/database.ts';
import { recordsOf, type Records } from '../data/records.ts';
import { DATABASE_KINDS } from '../data/testing/databases.ts';
import { truncate } from '../data/testing/empty-database.ts';
import type { Session } from '../data/session-records.ts';
import type { WebhookDelivery } from '../data/webhook-records.ts';
import { testKeyRing } from '../privacy/testing-key-ring.ts';
import { emptyReport } from '../testing.ts';
import { guardedPost } from './guarded-post.ts';
import { MOST_ATTEMPTS, RETRY_AFTER_MS } from './retry-schedule.ts';
import { LEASE_MS, STOP_AFTER_MS, WebhookSender, type SenderEvent } from './sender.ts';
import { Receiver } from './testing/receiver.ts';

const NOON = new Date('2026-01-01T12:00:00Z');
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const session = (id: string, more: Partial<Session> = {}): Session => ({
  ...{ id, scenarioId: 'first-interview', scenarioVersion: 1, learnerId: null, avatar: null },
  ...{ learnerIdentity: 'learner-1', learnerName: 'Wren the Secret', recording: false },
  ...{ createdBy: 'test', createdAt: NOON, endedAt: null, endReason: null, region: null },
  ...more,
});

describe.each(DATABASE_KINDS)('webhooks over $name', ({ name, skipped, start }) => {
  describe.skipIf(skipped !== undefined)(skipped ?? name, () => {
    let database: Database;
    let stopDatabase: () => Promise<void>;
    let records: Records;
    let receiver: Receiver;
    let now: Date;
    let events: SenderEvent[];

    beforeAll(async () => {
      const started = await start();
      stopDatabase = started.stop;
      database = await openDatabase(started.options);
      records = recordsOf(database.queries, testKeyRing());
    }, 120_000);
    afterAll(async () => {
      await database.close();
      await stopDatabase();
    });
    beforeEach(async () => {
      await truncate(database);
      receiver = await Receiver.open();
      now = NOON;
      events = [];
    });
    afterEach(() => receiver.close());

    const later = (ms: number): void => {
      now = new Date(now.getTime() + ms);
    };
    const newSender = (timeoutMs = 5_000): WebhookSender =>
      new WebhookSender({
        deliveries: records.deliveries,
        post: (url, headers, body) =>
          guardedPost(url, headers, body, { allowPrivate: true, timeoutMs }),
        now: () => now,
        random: () => 0.5,
        onEvent: (event) => events.push(event),
      });
    const addHook = (id: string, wanted: string[], path = '/'): Promise<void> =>
      records.webhooks.add({
        ...{ id, url: receiver.url(path), events: wanted, secret: SECRET, active: true },
        ...{ description: null, createdBy: 'test', createdAt: NOON, updatedAt: NOON },
        ...{ failingSince: null, stoppedBecause: null },
      });
    const log = async (hook: string): Promise<WebhookDelivery[]> =>
      (await records.webhooks.deliveries(hook, { limit: 100 })).items;
    const open = async (id: string): Promise<void> => {
      await records.sessions.admit(session(id), { most: 1_000, since: new Date(0) });
      await records.deliveries.sessionOpened(id, now);
    };
    const told = (): string[] =>
      receiver.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);

    it('what happens to a session is told to those who want it, signed, with ids and links alone', async () => {
      await addHook('all', ['session.created', 'session.ended', 'report.ready', 'recording.ready']);
      await addHook('few', ['report.ready'], '/few');
      await open('one00000');
      await records.recordings.follow(
        [...[{ sessionId: 'one00000', status: 'ready' as const, encrypted: true, bytes: 9 }]].map(
          (row) => ({ ...row, startedAt: NOON, lengthMs: 5 }),
        ),
        now,
      );
      const spoken = { index: 0, speaker: 'learner' as const, startMs: 0, endMs: 9 };
      const words = { text: 'my very secret words', typed: false, interrupted: false, fillers: [] };
      const report = { ...emptyReport('one00000'), transcript: [{ ...spoken, ...words }] };
      await records.reports.save(report, now);
      await records.sessions.end('one00000', now, 'reported');
      // Delivered again, and ended again: nothing new.
      await records.reports.save(report, now);
      await records.sessions.end('one00000', now, 'lost');
      expect(await newSender().sendDue()).toBe(5);

      expect(told().sort()).toEqual([
        ...['recording.ready', 'report.ready', 'report.ready', 'session.created', 'session.ended'],
      ]);
      for (const { headers, body } of receiver.received) {
        const id = String(headers['webhook-id']);
        const signed = `${id}.${String(headers['webhook-timestamp'])}.${body}`;
        const signature = createHmac('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64');
        expect(headers['webhook-signature']).toBe(`v1,${signature}`);
        expect(headers['webhook-timestamp']).toBe(String(NOON.getTime() / 1_000));
        expect(headers['content-type']).toBe('application/json');
        expect(JSON.parse(body)).toMatchObject({
          timestamp: NOON.toISOString(),
          data: { sessionId: 'one00000', scenarioId: 'first-interview', learnerId: null },
        });
        expect(body).not.toMatch(/secret|Wren/iu);
      }
      expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(5);
      const ended = receiver.received.find(({ body }) => body.includes('session.ended'));
      expect(JSON.parse(ended?.body ?? '')).toMatchObject({ data: { endReason: 'reported' } });
      const ready = receiver.received.find(({ path }) => path === '/few');
      expect(JSON.parse(ready?.body ?? '')).toMatchObject({
        data: { links: { report: '/api/v1/sessions/one00000/report' } },
      });
      for (const delivery of await log('all')) {
        expect(delivery).toMatchObject({
          ...{ status: 'delivered', attempts: 1, responseStatus: 204, failure: null },
          ...{ deliveredAt: now, attemptedAt: now, nextAttemptAt: null },
        });
        expect(delivery.durationMs).toBeGreaterThanOrEqual(0);
      }
    });

    it('a session that failed is told as that, too', async () => {
      await addHook('all', ['session.ended', 'session.failed']);
      await open('one00000');
      await open('two00000');
      await records.sessions.end('one00000', now, 'finished');
      await records.sessions.end('two00000', now, 'lost');
      await newSender().sendDue();
      expect(told().sort()).toEqual(['session.ended', 'session.ended', 'session.failed']);
    });

    it('a session that never came to be is not told', async () => {
      await addHook('all', ['session.created']);
      await records.sessions.admit(session('never000'), { most: 9, since: new Date(0) });
      expect(await newSender().sendDue()).toBe(0);
      await records.sessions.remove('never000');
      later(120_000);
      expect(await newSender().sendDue()).toBe(0);
      // Whose process died before it could say that the room was there.
      await records.sessions.admit(session('orphan00'), { most: 9, since: new Date(0) });
      expect(await newSender().sendDue()).toBe(1);
    });

    it('what fails is tried as the schedule says, then given up; the same id each time', async () => {
      await addHook('all', ['session.created']);
      await open('one00000');
      receiver.answer = (answer) => {
        answer.writeHead(500).end('out of order');
      };
      const sender = newSender();
      for (const wait of RETRY_AFTER_MS) {
        expect(await sender.sendDue()).toBe(1);
        later(wait - 1);
        expect(await sender.sendDue()).toBe(0);
        later(1);
      }
      expect((await log('all'))[0]).toMatchObject({
        ...{ status: 'waiting', responseStatus: 500, failure: 'STATUS' },
        responseText: 'out of order',
      });
      expect(await sender.sendDue()).toBe(1);
      later(STOP_AFTER_MS);
      expect(await sender.sendDue()).toBe(0);
      expect(receiver.received).toHaveLength(MOST_ATTEMPTS);
      const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(1);
      const times = receiver.received.map(({ headers }) => headers['webhook-timestamp']);
      expect(new Set(times).size).toBe(MOST_ATTEMPTS);
      expect(await log('all')).toMatchObject([{ status: 'failed', attempts: MOST_ATTEMPTS }]);
      expect(events.map(({ what }) => what)).toEqual(['given-up']);
      expect(await records.webhooks.find('all')).toMatchObject({ active: true });
    });

    it('a receiver that comes back gets what it missed', async () => {
      await addHook('all', ['session.created']);
      await open('one00000');
      receiver.answer = (answer) => {
        answer.writeHead(503).end();
      };
      const sender = newSender();
      await sender.sendDue();
      expect((await records.webhooks.find('all'))?.failingSince).toEqual(NOON);
      receiver.answer = (answer) => {
        answer.writeHead(200).end();
      };
      later(RETRY_AFTER_MS[0]!);
      await sender.sendDue();
      expect(await log('all')).toMatchObject([{ status: 'delivered', attempts: 2 }]);
      expect((await records.webhooks.find('all'))?.failingSince).toBeNull();
    });

    it('410 stops the webhook, and what waits for it', async () => {
      await addHook('all', ['session.created']);
      await open('one00000');
      await records.sessions.admit(session('two00000'), { most: 9, since: new Date(0) });
      receiver.answer = (answer) => {
        answer.writeHead(410).end();
      };
      await newSender().sendDue();
      expect(await records.webhooks.find('all')).toMatchObject({
        ...{ active: false, stoppedBecause: 'gone' },
      });
      expect((await log('all')).map(({ status }) => status)).toEqual(['failed', 'failed']);
      await open('three000');
      expect(await log('all')).toHaveLength(2);
    });

    it('a webhook that took nothing for days is stopped', async () => {
      await addHook('all', ['session.created']);
      receiver.answer = (answer) => {
        answer.writeHead(302, { location: receiver.url('/elsewhere') }).end();
      };
      const sender = newSender();
      const fail = async (id: string): Promise<void> => {
        await open(id);
        await sender.sendDue();
        for (const wait of RETRY_AFTER_MS) {
          later(wait);
          await sender.sendDue();
        }
      };
      await fail('one00000');
      expect((await records.webhooks.find('all'))?.active).toBe(true);
      later(STOP_AFTER_MS);
      await fail('two00000');
      expect(await records.webhooks.find('all')).toMatchObject({
        ...{ active: false, stoppedBecause: 'failing' },
      });
      expect(events.map(({ what }) => what)).toEqual(['given-up', 'given-up', 'stopped']);
      expect(receiver.received.every(({ path }) => path === '/')).toBe(true);
    });

    it('one that hangs holds up nobody else', async () => {
      await addHook('slow', ['session.created'], '/slow');
      await addHook('quick', ['session.created'], '/quick');
      for (const at of Array.from({ length: 20 }).keys()) {
        await open(`session${String(at)}`);
      }
      receiver.answer = (answer, { path }) => {
        if (path === '/quick') {
          answer.writeHead(200).end();
        }
      };
      // Long enough for a quick answer on a busy machine.
      const sender = newSender(1_000);
      await sender.sendDue();
      const statuses = async (hook: string) => (await log(hook)).map(({ status }) => status);
      expect(new Set(await statuses('quick'))).toEqual(new Set(['delivered']));
      expect((await log('slow')).every(({ failure }) => failure === 'TIMED_OUT')).toBe(true);
      expect(await log('slow')).toHaveLength(20);
    });

    it('two senders tell each thing once', async () => {
      await addHook('all', ['session.created', 'session.ended']);
      const ids = Array.from({ length: 40 }, (_, at) => `session${String(at)}`);
      for (const id of ids) {
        await open(id);
        await records.sessions.end(id, now, 'asked');
      }
      const [one, other] = await Promise.all([newSender().sendDue(), newSender().sendDue()]);
      expect(one + other).toBe(80);
      const told = receiver.received.map(({ headers }) => headers['webhook-id']);
      expect(told).toHaveLength(80);
      expect(new Set(told).size).toBe(80);
    });

    it('what a sender has claimed and not finished goes to another after its lease', async () => {
      await addHook('all', ['session.created']);
      await open('one00000');
      const wanted = { leaseMs: LEASE_MS, most: 9, mostEach: 9, busy: [] };
      const [dead] = await records.deliveries.claim({ ...wanted, now });
      expect(await newSender().sendDue()).toBe(0);
      later(LEASE_MS);
      expect(await newSender().sendDue()).toBe(1);
      // It was only slow, and comes too late to say anything.
      const outcome = { status: 500, failure: 'STATUS' as const, text: null, retryAfterS: null };
      const state = { status: 'failed' as const, nextAttemptAt: null };
      await records.deliveries.finish(dead!, { ...outcome, durationMs: 1 }, state, now);
      expect(await log('all')).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    });

    it('is started and closed: what is under way is finished', async () => {
      await addHook('all', ['session.created']);
      await open('one00000');
      const sender = newSender();
      const arrived = new Promise<void>((resolve) => {
        receiver.answer = (answer) => {
          answer.writeHead(200).end();
          resolve();
        };
      });
      sender.start();
      await arrived;
      await sender.close();
      expect(await log('all')).toMatchObject([{ status: 'delivered' }]);
    });
  });
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sql } from 'drizzle-orm';
import { testKeyRing } from '../privacy/testing-key-ring.ts';
import { emptyReport } from '../testing.ts';
import { openDatabase, type Database } from './database.ts';
import { asDatabaseError } from './database-error.ts';
import { importFolder } from './folder-import.ts';
import { parseCursor } from './paging.ts';
import { RecordingRecords } from './recording-records.ts';
import { ReportRecords } from './report-records.ts';
import * as schema from './schema.ts';
import { SessionRecords, type Session } from './session-records.ts';
import { DATABASE_KINDS } from './testing/databases.ts';
import { truncate } from './testing/empty-database.ts';
import { PgTable } from 'drizzle-orm/pg-core';

const NOON_MS = Date.parse('2026-01-01T12:00:00Z');
const ring = testKeyRing();
const LONG_AGO = new Date(0);

const session = (id: string, more: Partial<Session> = {}): Session => ({
  id,
  scenarioId: 'first-interview',
  scenarioVersion: 2,
  learnerId: null,
  learnerIdentity: 'learner-1',
  learnerName: 'Wren',
  avatar: 'ada',
  recording: true,
  createdBy: 'test',
  createdAt: new Date(NOON_MS),
  endedAt: null,
  endReason: null,
  region: null,
  ...more,
});

const spoken = (text: string) => ({
  ...{ index: 0, speaker: 'learner' as const, startMs: 12.5, endMs: 900, text },
  ...{ typed: false, interrupted: true, fillers: [{ start: 0, end: 2 }] },
});

describe.each(DATABASE_KINDS)('records in $name', ({ name, skipped, start }) => {
  describe.skipIf(skipped !== undefined)(skipped ?? name, () => {
    let database: Database;
    let stop: () => Promise<void>;
    let sessions: SessionRecords;
    let reports: ReportRecords;
    beforeAll(async () => {
      const started = await start();
      stop = started.stop;
      database = await openDatabase(started.options);
      sessions = new SessionRecords(database.queries, ring);
      reports = new ReportRecords(database.queries, ring);
    }, 120_000);
    beforeEach(() => truncate(database));
    afterAll(async () => {
      await database.close();
      await stop();
    });

    it('the tables are those of the SQL files', async () => {
      for (const table of Object.values(schema)) {
        if (table instanceof PgTable) {
          // Names every column that drizzle knows of.
          await database.queries.select().from(table).limit(1);
        }
      }
    });

    it('a session is kept as it is, and ends once', async () => {
      const kept = session('one00000');
      expect(await sessions.admit(kept, { most: 1, since: LONG_AGO })).toBe(true);
      expect(await sessions.find('one00000')).toEqual(kept);
      expect(await sessions.find('two00000')).toBeUndefined();
      const endedAt = new Date(NOON_MS + 1);
      expect(await sessions.end('one00000', endedAt, 'reported')).toBe(true);
      expect(await sessions.end('one00000', new Date(), 'lost')).toBe(false);
      expect(await sessions.find('one00000')).toEqual({ ...kept, endedAt, endReason: 'reported' });
    });

    it('no more sessions are admitted than there is room for; old and ended ones take none', async () => {
      const since = new Date(NOON_MS - 1_000);
      const admit = (id: string, more?: Partial<Session>): Promise<boolean> =>
        sessions.admit(session(id, more), { most: 2, since });
      await sessions.add(session('forgotten', { createdAt: new Date(NOON_MS - 2_000) }));
      expect(await admit('one00000')).toBe(true);
      expect(await admit('two00000')).toBe(true);
      expect(await admit('three000')).toBe(false);
      expect(await sessions.find('three000')).toBeUndefined();
      expect(await sessions.liveCount(since)).toBe(2);
      await sessions.end('one00000', new Date(NOON_MS), 'asked');
      expect(await admit('three000')).toBe(true);
    });

    it('lists go page by page, newest first, and new rows move nothing', async () => {
      // Pairs share a moment: their ids decide.
      const ids = Array.from({ length: 9 }, (_, index) => `session${String(index)}`);
      for (const [index, id] of ids.entries()) {
        await sessions.add(
          session(id, { createdAt: new Date(NOON_MS + Math.floor(index / 2) * 1_000) }),
        );
      }
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await sessions.list(
          {},
          { limit: 2, cursor: cursor === null ? undefined : parseCursor(cursor) },
        );
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next;
        await sessions.add(session(`late${String(seen.length)}`, { createdAt: new Date() }));
      } while (cursor !== null);
      expect(seen).toEqual([...ids].reverse());
    });

    it('lists hold what was asked for', async () => {
      await sessions.add(session('live0000'));
      await sessions.add(session('over0000', { endedAt: new Date(NOON_MS), endReason: 'asked' }));
      await sessions.add(session('else0000', { scenarioId: 'other' }));
      const ids = async (filter: Parameters<SessionRecords['list']>[0]): Promise<string[]> =>
        (await sessions.list(filter, { limit: 10 })).items.map(({ id }) => id).sort();
      expect(await ids({ live: true })).toEqual(['else0000', 'live0000']);
      expect(await ids({ live: false })).toEqual(['over0000']);
      expect(await ids({ scenarioId: 'other' })).toEqual(['else0000']);
      expect(await ids({ learnerId: 'nobody' })).toEqual([]);
    });

    it('a report comes back whole, and a second one takes its place', async () => {
      await sessions.add(session('one00000'));
      const first = { ...emptyReport('one00000'), transcript: [spoken('um, hej å ✓ 🙂')] };
      await reports.save(first, new Date(NOON_MS));
      expect(await reports.find('one00000')).toEqual(first);
      const second = { ...first, status: 'scored' as const, score: 71, transcript: [] };
      await reports.save(second, new Date(NOON_MS + 1));
      expect(await reports.find('one00000')).toEqual(second);
      expect(await reports.transcript('one00000')).toEqual([]);
      expect((await reports.list({}, { limit: 5 })).items).toEqual([
        {
          ...{ sessionId: 'one00000', scenarioId: 'first-interview', learnerId: null },
          ...{ status: 'scored', score: 71, createdAt: new Date(NOON_MS) },
        },
      ]);
    });

    it('a failed query tells no learner’s words', async () => {
      const error = await reports
        .save({ ...emptyReport('nosession'), transcript: [spoken('my secret')] }, new Date())
        .then(
          () => undefined,
          (cause: unknown) => asDatabaseError(cause),
        );
      expect(error?.code).toBe('QUERY_FAILED');
      expect(`${error?.message ?? ''} ${error?.stack ?? ''}`).not.toContain('secret');
    });

    it('erasing a learner erases their sessions, reports and words, and nobody else’s', async () => {
      await database.queries
        .insert(schema.learners)
        .values({ id: 'wren', displayName: 'Wren', createdBy: 'test' });
      await sessions.add(session('hers0000', { learnerId: 'wren' }));
      await sessions.add(session('theirs00'));
      for (const id of ['hers0000', 'theirs00']) {
        await reports.save({ ...emptyReport(id), transcript: [spoken('words')] }, new Date());
      }
      await database.queries.execute(sql`delete from learners where id = 'wren'`);
      expect(await sessions.find('hers0000')).toBeUndefined();
      expect(await reports.find('hers0000')).toBeUndefined();
      expect(await reports.transcript('hers0000')).toEqual([]);
      expect((await reports.find('theirs00'))?.transcript).toHaveLength(1);
    });

    it('what is known of recordings follows the folder', async () => {
      const records = new RecordingRecords(database.queries);
      await sessions.add(session('one00000'));
      const row = {
        ...{ sessionId: 'one00000', status: 'composing' as const, encrypted: true, bytes: 0 },
        ...{ startedAt: new Date(NOON_MS), lengthMs: null },
      };
      const now = new Date();
      await records.follow([row, { ...row, sessionId: 'unknown0' }], now);
      expect(await records.find('one00000')).toEqual(row);
      expect(await records.find('unknown0')).toBeUndefined();
      const ready = { ...row, status: 'ready' as const, lengthMs: 61_000.5, bytes: 5_000_000_000 };
      await records.follow([ready], now);
      expect(await records.find('one00000')).toEqual(ready);
      await records.follow([], now);
      expect(await records.find('one00000')).toBeUndefined();
    });

    it('the folder of an older release is taken in once', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'understudy-older-'));
      const put = async (kind: string, name: string, text: string): Promise<void> => {
        await mkdir(join(folder, kind), { recursive: true });
        await writeFile(join(folder, kind, `${name}.json`), text);
      };
      const stored = {
        ...{ id: 'older0000', scenarioId: 'first-interview', learnerIdentity: 'learner-2' },
        ...{ learnerName: 'Ada', createdAt: '2025-11-01T10:00:00.000Z', endedAt: null },
      };
      await put('sessions', 'older0000', JSON.stringify(stored));
      await put('sessions', 'broken', '{"id":');
      const report = { ...emptyReport('lonely000'), transcript: [spoken('words')] };
      await put('reports', 'lonely000', JSON.stringify(report));
      expect(await importFolder(database.queries, ring, folder)).toEqual({
        ...{ sessions: 1, reports: 1, skipped: ['broken.json'] },
      });
      expect(await sessions.find('older0000')).toMatchObject({ learnerName: 'Ada', endedAt: null });
      expect(await reports.find('lonely000')).toEqual(report);
      expect(await importFolder(database.queries, ring, folder)).toBeUndefined();
      await rm(folder, { recursive: true });
    });
  });
});

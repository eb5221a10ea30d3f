import { sql } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../data/database.ts';
import { recordsOf, type Records } from '../data/records.ts';
import * as schema from '../data/schema.ts';
import { SEALED_COLUMNS } from '../data/sealed-rows.ts';
import { DATABASE_KINDS } from '../data/testing/databases.ts';
import { truncate } from '../data/testing/empty-database.ts';
import { emptyReport } from '../testing.ts';
import { KeyRing } from './key-ring.ts';
import { Resealing, RETIRE_AFTER_MS } from './resealing.ts';
import { MemoryKeys } from './testing-key-ring.ts';
import { newSession, spoken } from './testing-rows.ts';

const NOON = new Date('2026-01-01T12:00:00Z');
const NAME = 'Wrenfield Marker';
const WORDS = 'xylophone deadline';

describe.each(DATABASE_KINDS)('kept data in $name', ({ name, skipped, start }) => {
  describe.skipIf(skipped !== undefined)(skipped ?? name, () => {
    let database: Database;
    let stop: () => Promise<void>;
    let keys: MemoryKeys;
    let ring: KeyRing;
    let records: Records;
    let nowMs: number;
    const resealing = (batchRows = 2): Resealing =>
      new Resealing({
        ...{ rows: records.sealedRows, keys: records.dataKeys, ring, batchRows },
        now: () => new Date(nowMs),
      });

    beforeAll(async () => {
      const started = await start();
      stop = started.stop;
      database = await openDatabase(started.options);
    }, 120_000);
    beforeEach(async () => {
      await truncate(database);
      keys = new MemoryKeys();
      ring = new KeyRing(keys);
      records = recordsOf(database.queries, ring);
      nowMs = NOON.getTime();
    });
    afterAll(async () => {
      await database.close();
      await stop();
    });

    /** Something in every sealed column. */
    async function fill(): Promise<void> {
      await records.learners.add({
        ...{ id: 'learner_1', displayName: NAME, externalId: null, language: 'en' },
        ...{ createdBy: 'test', createdAt: NOON, updatedAt: NOON },
      });
      for (const id of ['one00000', 'two00000']) {
        await records.sessions.add(newSession({ id, learnerId: 'learner_1', learnerName: NAME }));
        await records.reports.save(
          {
            ...emptyReport(id),
            strengths: [`You said ${WORDS}`],
            transcript: [spoken(WORDS), spoken(`${WORDS} again`), spoken(NAME)],
          },
          NOON,
        );
      }
      await records.webhooks.add({
        ...{ id: 'hook_1', url: 'https://example.org/x', events: [], secret: `whsec_${WORDS}` },
        ...{ active: true, description: null, createdBy: 'test', createdAt: NOON, updatedAt: NOON },
        ...{ failingSince: null, stoppedBecause: null },
      });
      await records.people.add({
        ...{ id: 'person_1', email: 'a@example.org', displayName: NAME, role: 'learner' },
        ...{ learnerId: 'learner_2', passwordHash: null, issuer: null, subject: null },
        ...{ createdAt: NOON, updatedAt: NOON, disabledAt: null },
      });
      await records.idempotency.claim('key_1', 'hash', NOON, NOON);
      await records.idempotency.finish('key_1', {
        ...{ status: 201, answer: { displayName: NAME }, learnerId: 'learner_1', expiresAt: NOON },
      });
    }

    /** Every row of every table as it is stored. */
    async function dump(): Promise<string> {
      const rows = [];
      for (const table of Object.values(schema)) {
        if (table instanceof PgTable) {
          rows.push(await database.queries.select().from(table));
        }
      }
      return JSON.stringify(rows);
    }

    async function expectReadable(): Promise<void> {
      expect((await records.learners.find('learner_1'))?.displayName).toBe(NAME);
      const { items } = await records.learners.list({}, { limit: 9 });
      expect(items.map(({ displayName }) => displayName)).toEqual([NAME, NAME]);
      expect((await records.people.find('person_1'))?.displayName).toBe(NAME);
      expect((await records.people.findByEmail('a@example.org'))?.displayName).toBe(NAME);
      expect((await records.sessions.find('two00000'))?.learnerName).toBe(NAME);
      const report = await records.reports.find('two00000');
      expect(report?.strengths).toEqual([`You said ${WORDS}`]);
      expect(report?.transcript.map(({ text }) => text)).toEqual([WORDS, `${WORDS} again`, NAME]);
      expect((await records.webhooks.find('hook_1'))?.secret).toBe(`whsec_${WORDS}`);
      expect(await records.idempotency.claim('key_1', 'hash', NOON, NOON)).toMatchObject({
        ...{ kind: 'answered', answer: { displayName: NAME } },
      });
    }

    /** What a database of the release before held: the same rows, in plain. */
    async function unseal(): Promise<void> {
      for (const column of Object.values(SEALED_COLUMNS)) {
        for (const row of await records.sealedRows.under(column, { notUnder: 'none', limit: 99 })) {
          const place = { table: column.table, column: column.column, id: row.key.join('/') };
          const plain = ring.open(row.stored, place);
          const value =
            column.kind === 'text' ? sql`${plain}::text` : sql.raw(`'${plain}'::${column.kind}`);
          const isRow = sql.join(
            column.key.map((part, at) => sql`${sql.identifier(part)} = ${row.key[at]}`),
            sql` and `,
          );
          await database.queries.execute(
            sql`update ${sql.identifier(column.table)} set ${sql.identifier(column.column)} = ${value} where ${isRow}`,
          );
        }
      }
    }

    it('the rows hold neither words nor names', async () => {
      await fill();
      const stored = await dump();
      for (const word of [...NAME.split(' '), ...WORDS.split(' ')]) {
        expect(stored).not.toContain(word);
      }
      // The test would find them: the release before kept them in plain.
      await unseal();
      expect(await dump()).toContain(WORDS);
    });

    it('rows from before there were keys are read, and sealed in the background', async () => {
      await fill();
      await unseal();
      await expectReadable();
      expect((await resealing().status()).plain).toBeGreaterThan(10);
      const end = await resealing().run();
      expect(end).toEqual({ total: end.done, done: end.done, damaged: 0 });
      expect((await resealing().status()).plain).toBe(0);
      expect(await dump()).not.toContain('xylophone');
      await expectReadable();
    });

    it('a rotation that is killed in the middle goes on, and then the old key is needed no more', async () => {
      await fill();
      await resealing().run();
      const old = ring.newestId;
      keys.add();
      nowMs += 1;
      const kill = new AbortController();
      const half = await resealing().run({
        signal: kill.signal,
        onProgress: ({ done }) => {
          if (done >= 4) kill.abort();
        },
      });
      expect(half.done).toBeGreaterThanOrEqual(4);
      expect(half.done).toBeLessThan(half.total);
      // Both keys are there, so that everything can be read in the middle of it.
      await expectReadable();
      await expect(resealing().retire(old)).rejects.toMatchObject({
        code: 'DATA_KEY_IN_USE',
        message: expect.stringContaining(`${String(half.total - half.done)} rows`) as string,
      });
      const rest = await resealing().run();
      expect(rest).toEqual({ total: half.total - half.done, done: rest.total, damaged: 0 });
      // A checkpoint in Redis may still be under it.
      await expect(resealing().retire(old)).rejects.toMatchObject({ code: 'DATA_KEY_IN_USE' });
      nowMs += RETIRE_AFTER_MS;
      await expect(resealing().retire(ring.newestId)).rejects.toMatchObject({
        code: 'DATA_KEY_IN_USE',
      });
      await resealing().retire(old);
      keys.list = keys.list.filter(({ id }) => id !== old);
      await expectReadable();
      expect((await resealing().status()).keys.map(({ id }) => id)).toEqual([ring.newestId]);
    });

    it('a row that was changed while it was rewrapped keeps the change', async () => {
      await fill();
      keys.add();
      const { sealedRows } = records;
      const found = await sealedRows.under(SEALED_COLUMNS.learnerName, {
        ...{ notUnder: ring.newestId, limit: 9 },
      });
      const sealed = ring.rewrap(found[0]!.stored, {
        ...{ table: 'learners', column: 'display_name', id: 'learner_1' },
      });
      await database.queries.execute(sql`update learners set display_name = 'changed'`);
      expect(
        await sealedRows.replace(SEALED_COLUMNS.learnerName, [{ row: found[0]!, sealed }]),
      ).toBe(0);
      expect((await records.learners.find('learner_1'))?.displayName).toBe('changed');
    });

    it('values that were swapped between rows are refused, and a rotation leaves them alone', async () => {
      await fill();
      await database.queries.execute(
        sql`update transcript_turns set spoken =
          (select spoken from transcript_turns where session_id = 'one00000' and turn_index = 1)
          where session_id = 'one00000' and turn_index = 0`,
      );
      await expect(records.reports.transcript('one00000')).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
      });
      const old = ring.newestId;
      await resealing().run();
      keys.add();
      nowMs += RETIRE_AFTER_MS;
      const end = await resealing().run();
      expect([end.damaged, end.total - end.done]).toEqual([1, 1]);
      nowMs += RETIRE_AFTER_MS;
      await expect(resealing().retire(old)).rejects.toMatchObject({ code: 'DATA_KEY_IN_USE' });
    });

    it('without its key nothing is read, and the error says which one', async () => {
      await fill();
      const gone = ring.newestId;
      keys.list = new MemoryKeys().list;
      await expect(records.reports.find('one00000')).rejects.toMatchObject({
        code: 'DATA_KEY_MISSING',
        message: expect.stringContaining(gone) as string,
      });
    });
  });
});

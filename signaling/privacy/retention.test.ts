import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { emptyReport, testSignaling } from '../testing.ts';
import { Retention } from './retention.ts';
import { newSession, spoken } from './testing-rows.ts';

const DAY_MS = 86_400_000;
let now: Date;
let signaling: Awaited<ReturnType<typeof testSignaling>>;

beforeEach(async () => {
  now = new Date('2026-01-01T00:00:00Z');
  signaling = await testSignaling({ now: () => now });
}, 120_000);

const later = (days: number): void => {
  now = new Date(now.getTime() + days * DAY_MS);
};
const retention = (sessionDays = 30, auditDays = 90): Retention =>
  new Retention({
    ...{ records: signaling.records, recordings: signaling.recordings },
    ...{ sessionDays, auditDays, now: () => now, batchRows: 2 },
  });

/** A session that is over, with everything that hangs on one. */
async function keep(id: string): Promise<void> {
  const { records, folder } = signaling;
  await records.sessions.add(newSession({ id, createdAt: now, endedAt: now, endReason: 'asked' }));
  await records.reports.save({ ...emptyReport(id), transcript: [spoken('words')] }, now);
  await mkdir(join(folder, 'recordings', id), { recursive: true });
  await writeFile(join(folder, 'recordings', id, 'call.mp4'), 'x');
}
const note = (action: string): Promise<void> =>
  signaling.records.audit.add({
    ...{ actor: 'test', action, target: null, requestId: null, createdAt: now },
  });

it('sessions go when their days are over, with transcript, report and recording; younger ones stay', async () => {
  for (const id of ['one00000', 'two00000', 'three000', 'four0000', 'five0000']) {
    await keep(id);
  }
  later(20);
  await keep('young000');
  later(9.9);
  expect(await retention().run()).toEqual({ sessions: 0, auditEntries: 0 });
  later(0.2);
  expect(await retention().run()).toEqual({ sessions: 5, auditEntries: 0 });
  const { records, folder } = signaling;
  expect((await records.sessions.list({}, { limit: 9 })).items.map(({ id }) => id)).toEqual([
    'young000',
  ]);
  expect(await records.reports.find('one00000')).toBeUndefined();
  expect(await records.reports.transcript('one00000')).toEqual([]);
  expect((await records.reports.find('young000'))?.transcript).toHaveLength(1);
  expect(await readdir(join(folder, 'recordings'))).toEqual(['young000']);
  const { items } = await records.audit.list({ actor: 'system' }, { limit: 9 });
  expect(items).toMatchObject([{ action: 'retention.run', details: { sessions: 5 } }]);
});

it('what was never ended goes too; a call of long ago that is still on is none', async () => {
  await signaling.records.sessions.add(newSession({ id: 'lost0000', createdAt: now }));
  later(31);
  expect(await retention().run()).toEqual({ sessions: 1, auditEntries: 0 });
});

it('entries of the audit log have their own days', async () => {
  await note('test.old');
  await note('test.old');
  await note('test.old');
  later(60);
  await note('test.young');
  later(31);
  expect(await retention().run()).toEqual({ sessions: 0, auditEntries: 3 });
  const { items } = await signaling.records.audit.list({ actor: 'test' }, { limit: 9 });
  expect(items.map(({ action }) => action)).toEqual(['test.young']);
});

it('nothing goes where no days are set, and a stop is heeded between batches', async () => {
  for (const id of ['one00000', 'two00000', 'three000', 'four0000', 'five0000']) {
    await keep(id);
  }
  await note('test.old');
  later(10_000);
  expect(await retention(0, 0).run()).toEqual({ sessions: 0, auditEntries: 0 });
  const stop = AbortSignal.abort();
  expect(await retention().run(stop)).toMatchObject({ sessions: 2 });
  expect(await retention().run()).toMatchObject({ sessions: 3 });
});

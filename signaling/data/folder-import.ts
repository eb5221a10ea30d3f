/** Takes in the sessions and reports that an older release kept as one JSON file each. The files stay where they are. */
import { reportSchema } from '#agents/dispatch/report.ts';
import { eq } from 'drizzle-orm';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Queries } from './database.ts';
import { ReportRecords } from './report-records.ts';
import { SessionRecords, type Session } from './session-records.ts';
import type { Seal } from '../privacy/key-ring.ts';
import { imports } from './schema.ts';

const NAME = 'folder-store';
const IMPORTER = 'import';

const storedSession = z.object({
  id: z.string().min(1),
  scenarioId: z.string(),
  learnerIdentity: z.string(),
  learnerName: z.string(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  recording: z.boolean().default(false),
});

export interface Imported {
  sessions: number;
  reports: number;
  /** Names of files that cannot be read. */
  skipped: string[];
}

/** `folder` holds `sessions` and `reports`. Undefined where it was taken in before. All or nothing. */
export async function importFolder(
  queries: Queries,
  seal: Seal,
  folder: string,
): Promise<Imported | undefined> {
  const [done] = await queries.select().from(imports).where(eq(imports.name, NAME));
  if (done !== undefined) {
    return undefined;
  }
  const skipped: string[] = [];
  const [sessions, reports] = await Promise.all([
    readAll(join(folder, 'sessions'), storedSession, skipped),
    readAll(join(folder, 'reports'), reportSchema, skipped),
  ]);
  await queries.transaction(async (transaction) => {
    const sessionRecords = new SessionRecords(transaction, seal);
    const reportRecords = new ReportRecords(transaction, seal);
    for (const session of sessions) {
      await sessionRecords.add(sessionOf(session));
    }
    for (const report of reports) {
      const { sessionId: id, scenarioId, startedAt: createdAt, durationMs } = report;
      const endedAt = new Date(new Date(createdAt).getTime() + durationMs);
      // A report outlives the file of its session.
      await sessionRecords.add(
        sessionOf({
          ...{ id, scenarioId, createdAt, endedAt: endedAt.toISOString(), recording: false },
          learnerIdentity: `learner-${id.slice(0, 8)}`,
          learnerName: 'Learner',
        }),
      );
      await sessionRecords.end(id, endedAt, 'reported');
      await reportRecords.save(report, endedAt);
    }
    await transaction.insert(imports).values({ name: NAME }).onConflictDoNothing();
  });
  return { sessions: sessions.length, reports: reports.length, skipped };
}

function sessionOf(stored: z.infer<typeof storedSession>): Session {
  return {
    ...stored,
    scenarioVersion: null,
    learnerId: null,
    avatar: null,
    createdBy: IMPORTER,
    createdAt: new Date(stored.createdAt),
    endedAt: stored.endedAt === null ? null : new Date(stored.endedAt),
    endReason: stored.endedAt === null ? null : 'asked',
    region: null,
  };
}

async function readAll<T>(folder: string, schema: z.ZodType<T>, skipped: string[]): Promise<T[]> {
  const found: T[] = [];
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    if (!name.endsWith('.json')) {
      continue;
    }
    try {
      found.push(schema.parse(JSON.parse(await readFile(join(folder, name), 'utf8'))));
    } catch {
      skipped.push(name);
    }
  }
  return found;
}

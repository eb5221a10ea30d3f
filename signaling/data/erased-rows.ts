/** Deletes people's rows and counts them, table by table. */
import { and, count, eq, inArray, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import {
  erasures,
  idempotencyKeys,
  learners,
  people,
  recordings,
  reports,
  sessions,
  transcriptTurns,
  webhookDeliveries,
} from './schema.ts';

/** Rows by what they are. */
export type ErasedRows = Readonly<Record<string, number>>;

/** What hangs on a session. */
const OF_SESSION = {
  reports: reports.sessionId,
  'transcript-turns': transcriptTurns.sessionId,
  'recording-rows': recordings.sessionId,
  'webhook-deliveries': webhookDeliveries.sessionId,
  'stored-answers': idempotencyKeys.sessionId,
};

/** The rows of sessions and of all that hangs on them, in the transaction `queries`. */
export async function eraseSessions(queries: Queries, ids: readonly string[]): Promise<ErasedRows> {
  const counts: Record<string, number> = {};
  for (const [name, column] of Object.entries(OF_SESSION)) {
    const [row] =
      ids.length === 0
        ? []
        : await queries
            .select({ rows: count() })
            .from(column.table)
            .where(inArray(column, [...ids]));
    counts[name] = row?.rows ?? 0;
  }
  const gone =
    ids.length === 0
      ? []
      : await queries
          .delete(sessions)
          .where(inArray(sessions.id, [...ids]))
          .returning({ id: sessions.id });
  return { sessions: gone.length, ...counts };
}

/** The learner, the account that is theirs, their sessions, in the transaction `queries`. */
export async function eraseLearner(queries: Queries, id: string): Promise<ErasedRows> {
  // Nobody begins a session of theirs from here on: that waits for this row, and then finds it gone.
  await queries.select({ id: learners.id }).from(learners).where(eq(learners.id, id)).for('update');
  const theirs = await queries
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.learnerId, id));
  const ids = JSON.stringify(theirs.map((session) => session.id));
  // Also those that began after the request: their rooms and files are still to go.
  await queries
    .update(erasures)
    .set({
      sessionIds: sql`(select coalesce(jsonb_agg(distinct one), '[]') from
        jsonb_array_elements(${erasures.sessionIds} || ${ids}::jsonb) as each (one))`,
    })
    .where(and(eq(erasures.subjectKind, 'learner'), eq(erasures.subject, id)));
  const rows = await eraseSessions(
    queries,
    theirs.map((session) => session.id),
  );
  const answers = await queries
    .delete(idempotencyKeys)
    .where(eq(idempotencyKeys.learnerId, id))
    .returning({ id: idempotencyKeys.id });
  // Staff keep their accounts, which are no learner's any more.
  const accounts = await queries
    .delete(people)
    .where(and(eq(people.learnerId, id), eq(people.role, 'learner')))
    .returning({ id: people.id });
  await queries.update(people).set({ learnerId: null }).where(eq(people.learnerId, id));
  const gone = await queries
    .delete(learners)
    .where(eq(learners.id, id))
    .returning({ id: learners.id });
  return {
    learners: gone.length,
    accounts: accounts.length,
    ...rows,
    'stored-answers': (rows['stored-answers'] ?? 0) + answers.length,
  };
}

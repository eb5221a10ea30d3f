/** Reports and, apart from them, what was said turn by turn. */
import { reportSchema, type Report, type TranscriptTurn } from '#agents/dispatch/report.ts';
import { and, asc, eq } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { reports, sessions, transcriptTurns } from './schema.ts';

export interface ReportHead {
  sessionId: string;
  scenarioId: string;
  learnerId: string | null;
  status: Report['status'];
  score: number | null;
  createdAt: Date;
}

const KEY = { createdAt: reports.createdAt, id: reports.sessionId };

export class ReportRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Its session must be there. A report that is delivered again takes the place of the first. */
  async save(report: Report, createdAt: Date): Promise<void> {
    const { transcript, ...document } = report;
    const { status, score, sessionId } = report;
    await this.#queries.transaction(async (queries) => {
      await queries
        .insert(reports)
        .values({ sessionId, status, score, document, createdAt })
        .onConflictDoUpdate({ target: reports.sessionId, set: { status, score, document } });
      await queries.delete(transcriptTurns).where(eq(transcriptTurns.sessionId, sessionId));
      if (transcript.length > 0) {
        // Each turn goes under its place: what a report says of its own numbers cannot clash.
        await queries
          .insert(transcriptTurns)
          .values(transcript.map((turn, index) => ({ ...turn, index, sessionId, createdAt })));
      }
    });
  }

  async find(sessionId: string): Promise<Report | undefined> {
    const [found] = await this.#queries
      .select({ document: reports.document })
      .from(reports)
      .where(eq(reports.sessionId, sessionId));
    if (found === undefined) {
      return undefined;
    }
    const transcript = await this.transcript(sessionId);
    return reportSchema.parse({ ...(found.document as object), transcript });
  }

  /** In the order in which it was said; empty where nothing is known. */
  transcript(sessionId: string): Promise<TranscriptTurn[]> {
    const { index, speaker, startMs, endMs, text, typed, interrupted, fillers } = transcriptTurns;
    return this.#queries
      .select({ index, speaker, startMs, endMs, text, typed, interrupted, fillers })
      .from(transcriptTurns)
      .where(eq(transcriptTurns.sessionId, sessionId))
      .orderBy(asc(index));
  }

  async list(
    filter: { learnerId?: string | undefined; scenarioId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<ReportHead>> {
    const { sessionId, status, score, createdAt } = reports;
    const { scenarioId, learnerId } = sessions;
    const rows = await this.#queries
      .select({ sessionId, status, score, createdAt, scenarioId, learnerId })
      .from(reports)
      .innerJoin(sessions, eq(sessions.id, reports.sessionId))
      .where(
        and(
          filter.learnerId === undefined ? undefined : eq(learnerId, filter.learnerId),
          filter.scenarioId === undefined ? undefined : eq(scenarioId, filter.scenarioId),
          after(KEY, page),
        ),
      )
      .orderBy(...newestFirst(KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => ({ createdAt: row.createdAt, id: row.sessionId }),
      (row) => row,
    );
  }
}

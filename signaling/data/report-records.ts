/** Reports and, apart from them, what was said turn by turn. */
import { reportSchema, type Report, type TranscriptTurn } from '#agents/dispatch/report.ts';
import { and, asc, eq } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { ownedBy, type SessionFilter } from './session-records.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { reports, sessions, transcriptTurns } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

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
  readonly #seal: Seal;

  /** Documents and what was said are sealed; status and score, which lists show, are not. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /** Its session must be there. A report that is delivered again takes the place of the first. */
  async save(report: Report, createdAt: Date): Promise<void> {
    const { transcript, ...whole } = report;
    const { status, score, sessionId } = report;
    const { seal } = this.#seal;
    const document = seal(JSON.stringify(whole), placeOf(SEALED_COLUMNS.report, sessionId));
    await this.#queries.transaction(async (queries) => {
      await queries
        .insert(reports)
        .values({ sessionId, status, score, document, createdAt })
        .onConflictDoUpdate({ target: reports.sessionId, set: { status, score, document } });
      await queries.delete(transcriptTurns).where(eq(transcriptTurns.sessionId, sessionId));
      if (transcript.length > 0) {
        // Each turn goes under its place: what a report says of its own numbers cannot clash.
        await queries.insert(transcriptTurns).values(
          transcript.map((turn, index) => {
            const text = seal(turn.text, placeOf(SEALED_COLUMNS.spoken, sessionId, index));
            return { ...turn, text, index, sessionId, createdAt };
          }),
        );
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
    const { document } = found;
    const whole: unknown =
      typeof document === 'string'
        ? JSON.parse(this.#seal.open(document, placeOf(SEALED_COLUMNS.report, sessionId)))
        : document;
    const transcript = await this.transcript(sessionId);
    return reportSchema.parse({ ...(whole as object), transcript });
  }

  /** In the order in which it was said; empty where nothing is known. */
  async transcript(sessionId: string): Promise<TranscriptTurn[]> {
    const { index, speaker, startMs, endMs, text, typed, interrupted, fillers } = transcriptTurns;
    const turns = await this.#queries
      .select({ index, speaker, startMs, endMs, text, typed, interrupted, fillers })
      .from(transcriptTurns)
      .where(eq(transcriptTurns.sessionId, sessionId))
      .orderBy(asc(index));
    return turns.map((turn) => {
      const place = placeOf(SEALED_COLUMNS.spoken, sessionId, turn.index);
      return { ...turn, text: this.#seal.open(turn.text, place) };
    });
  }

  async list(filter: Omit<SessionFilter, 'live'>, page: PageRequest): Promise<Page<ReportHead>> {
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
          ownedBy(filter.only),
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

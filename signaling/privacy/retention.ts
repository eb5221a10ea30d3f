/** Deletes what is old: sessions with their transcripts and reports, and entries of the audit log. In batches. */
import type { AuditLog } from '../data/audit-log.ts';
import type { ErasureRecords } from '../data/erasure-records.ts';
import type { SessionRecords } from '../data/session-records.ts';
import type { Recordings } from '../recordings.ts';

export interface RetentionOptions {
  records: {
    sessions: Pick<SessionRecords, 'overBefore' | 'erase'>;
    audit: AuditLog;
    erasures: Pick<ErasureRecords, 'forget'>;
  };
  recordings: Pick<Recordings, 'delete'>;
  /** Days that a session, its transcript and its report are kept after it has ended; 0: for ever. */
  sessionDays: number;
  /** Days that entries of the audit log are kept; 0: for ever. */
  auditDays: number;
  now: () => Date;
  batchRows?: number;
}

export interface Retained {
  sessions: number;
  auditEntries: number;
}

const DAY_MS = 86_400_000;
const BATCH_ROWS = 100;

export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Until nothing old is left, or `signal` stops it between two batches. Resolves with what was deleted. */
  async run(signal?: AbortSignal): Promise<Retained> {
    const { records, sessionDays, auditDays, now } = this.#options;
    const sessions =
      sessionDays === 0 ? 0 : await this.#sessions(this.#before(sessionDays), signal);
    const auditEntries = auditDays === 0 ? 0 : await this.#audit(this.#before(auditDays), signal);
    if (sessions + auditEntries > 0) {
      await records.audit.add({
        ...{ actor: 'system', action: 'retention.run', target: null, requestId: null },
        ...{ details: { sessions, auditEntries }, createdAt: now() },
      });
    }
    return { sessions, auditEntries };
  }

  async #sessions(before: Date, signal: AbortSignal | undefined): Promise<number> {
    const { records, recordings, batchRows: limit = BATCH_ROWS } = this.#options;
    let deleted = 0;
    for (;;) {
      const ids = await records.sessions.overBefore(before, limit);
      // Nothing outlives its session. Files first: without their row nobody would find them.
      for (const id of ids) {
        await recordings.delete(id);
      }
      deleted += (await records.sessions.erase(ids))['sessions'] ?? 0;
      if (ids.length < limit || signal?.aborted === true) {
        return deleted;
      }
    }
  }

  async #audit(before: Date, signal: AbortSignal | undefined): Promise<number> {
    const { records, batchRows: limit = BATCH_ROWS } = this.#options;
    let deleted = 0;
    for (;;) {
      const gone = await records.audit.forget(before, limit);
      deleted += gone;
      if (gone < limit || signal?.aborted === true) {
        await records.erasures.forget(before);
        return deleted;
      }
    }
  }

  #before(days: number): Date {
    return new Date(this.#options.now().getTime() - days * DAY_MS);
  }
}

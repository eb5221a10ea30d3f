/**
 * Erases a learner, or one session, everywhere: rooms, rows, recordings, checkpoints, speech. A request is kept until all of
 * it is gone; what failed is tried again by housekeeping. Every step may be done again.
 */
import { randomBytes } from 'node:crypto';
import type { AuditLog } from '../data/audit-log.ts';
import { asDatabaseError } from '../data/database-error.ts';
import type {
  ErasureRecords,
  Erasure,
  ErasureStep,
  ErasureSubject,
} from '../data/erasure-records.ts';
import type { LearnerRecords } from '../data/learner-records.ts';
import type { SessionRecords } from '../data/session-records.ts';
import { ProblemError } from '../problems.ts';
import type { Recordings } from '../recordings.ts';
import type { Rooms } from '../rooms.ts';
import type { SpeechCaches } from './speech-caches.ts';

export interface ErasuresOptions {
  records: {
    erasures: ErasureRecords;
    learners: Pick<LearnerRecords, 'find' | 'erase'>;
    sessions: Pick<SessionRecords, 'find' | 'idsOf' | 'erase'>;
    audit: AuditLog;
  };
  rooms: Pick<Rooms, 'close'>;
  recordings: Pick<Recordings, 'find' | 'delete'>;
  /** Checkpoints and who serves a session; resolves with how many things were there. */
  affinity: { forget: (sessionId: string) => Promise<number> } | undefined;
  speech: Pick<SpeechCaches, 'erase'>;
  now: () => Date;
}

export interface EraseRequest {
  requestedBy: string;
  requestId: string | null;
}

const RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;
/** A job whose room was closed may write for some seconds more: what it left goes in a second pass. */
const SECOND_PASS_MS = 120_000;
const SYSTEM = 'system';
/** What is due in one go of housekeeping. */
const BATCH = 20;

export class Erasures {
  readonly #options: ErasuresOptions;

  constructor(options: ErasuresOptions) {
    this.#options = options;
  }

  /** Throws ProblemError LEARNER_UNKNOWN where there never was one. Again is fine. */
  async learner(id: string, request: EraseRequest): Promise<Erasure> {
    const { learners, sessions, erasures } = this.#options.records;
    const [known, found] = await Promise.all([erasures.of('learner', id), learners.find(id)]);
    if (found === undefined && known?.status === 'done') {
      return known;
    }
    if (found === undefined && known === undefined) {
      throw new ProblemError('LEARNER_UNKNOWN', 'GET /api/v1/learners lists them.');
    }
    const theirs = await sessions.idsOf(id);
    return this.#begin('learner', id, theirs, request);
  }

  /** Throws ProblemError SESSION_UNKNOWN where there never was one. Again is fine. */
  async session(id: string, request: EraseRequest): Promise<Erasure> {
    const { sessions, erasures } = this.#options.records;
    const [known, found] = await Promise.all([erasures.of('session', id), sessions.find(id)]);
    if (found === undefined && known?.status === 'done') {
      return known;
    }
    if (found === undefined && known === undefined) {
      throw new ProblemError('SESSION_UNKNOWN', 'It may have been erased with its learner.');
    }
    return this.#begin('session', id, found === undefined ? [] : [found], request);
  }

  /** Goes on with what failed, and looks once more after what late writers left. For housekeeping. */
  async goOn(): Promise<number> {
    const due = await this.#options.records.erasures.due(this.#options.now(), BATCH);
    for (const erasure of due) {
      await this.#attempt(erasure);
    }
    return due.length;
  }

  async #begin(
    subjectKind: ErasureSubject,
    subject: string,
    sessions: readonly { id: string; createdAt: Date }[],
    { requestedBy, requestId }: EraseRequest,
  ): Promise<Erasure> {
    const now = this.#options.now();
    // Before anything is erased: a process that dies in the middle is followed by another one that knows.
    const kept = await this.#options.records.erasures.begin({
      id: `erasure_${randomBytes(10).toString('hex')}`,
      ...{ subjectKind, subject, sessionIds: sessions.map(({ id }) => id) },
      since: new Date(Math.min(now.getTime(), ...sessions.map(({ createdAt }) => +createdAt))),
      ...{ status: 'waiting', steps: [], attempts: 0, requestedBy, requestId },
      ...{ createdAt: now, nextAttemptAt: now, doneAt: null },
    });
    return this.#attempt(kept);
  }

  async #attempt(erasure: Erasure): Promise<Erasure> {
    const { records, now } = this.#options;
    const found = await this.#steps(erasure);
    const steps = found.map((step) => ({
      ...step,
      count: step.count + (erasure.steps.find(({ where }) => where === step.where)?.count ?? 0),
    }));
    const at = now();
    const isDone = steps.every(({ code }) => code === null);
    const attempts = erasure.attempts + 1;
    const isFirstDone = isDone && erasure.status === 'waiting';
    const nextAttemptAt = isFirstDone
      ? new Date(at.getTime() + SECOND_PASS_MS)
      : isDone
        ? null
        : new Date(at.getTime() + Math.min(RETRY_MS * 2 ** (attempts - 1), LONGEST_RETRY_MS));
    const values = {
      ...{ steps, attempts, nextAttemptAt },
      status: isDone ? ('done' as const) : ('waiting' as const),
      doneAt: isDone ? (erasure.doneAt ?? at) : null,
    };
    await records.erasures.save(erasure.id, values);
    if (isFirstDone) {
      await records.audit.add({
        ...{ actor: SYSTEM, action: `${erasure.subjectKind}.erased`, target: erasure.subject },
        ...{ requestId: erasure.requestId, createdAt: at, details: { erasure: erasure.id } },
      });
    }
    return { ...erasure, ...values };
  }

  /** Rows go first: from then on nothing can be read, nothing begins, and jobs deliver nothing more. */
  async #steps({
    subjectKind,
    subject,
    since,
    sessionIds: asked,
  }: Erasure): Promise<ErasureStep[]> {
    const { records, rooms, recordings, affinity, speech } = this.#options;
    const rows = await this.#rows(subjectKind, subject);
    const ids = (await records.erasures.of(subjectKind, subject))?.sessionIds ?? asked;
    const each = async (act: (id: string) => Promise<number>): Promise<number> => {
      let count = 0;
      for (const id of ids) {
        count += await act(id);
      }
      return count;
    };
    return [
      ...rows,
      await step('rooms', () => each((id) => rooms.close(id).then(() => 0))),
      await step('recordings', () =>
        each(async (id) => {
          const found = (await recordings.find(id)) === undefined ? 0 : 1;
          await recordings.delete(id);
          return found;
        }),
      ),
      await step('checkpoints', () => each((id) => affinity?.forget(id) ?? Promise.resolve(0))),
      await step('speech-cache', () =>
        ids.length === 0 ? Promise.resolve(0) : speech.erase(since),
      ),
    ];
  }

  async #rows(kind: ErasureSubject, subject: string): Promise<ErasureStep[]> {
    const { learners, sessions } = this.#options.records;
    try {
      const counts =
        kind === 'learner' ? await learners.erase(subject) : await sessions.erase([subject]);
      return Object.entries(counts).map(([where, count]) => ({ where, count, code: null }));
    } catch (error) {
      return [{ where: 'database', count: 0, code: codeOf(error) }];
    }
  }
}

async function step(where: string, act: () => Promise<number>): Promise<ErasureStep> {
  try {
    return { where, count: await act(), code: null };
  } catch (error) {
    return { where, count: 0, code: codeOf(error) };
  }
}

/** Codes alone: messages may quote what was asked for. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return asDatabaseError(error)?.code ?? (typeof code === 'string' ? code : 'FAILED');
}

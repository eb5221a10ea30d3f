/**
 * `Idempotency-Key`: a creation that is sent again, because its answer was lost on the way, gets the first answer instead
 * of a second thing.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { IdempotencyRecords } from './data/idempotency-records.ts';
import { ProblemError } from './problems.ts';

/** Long enough that nobody meets another's key by chance. */
const KEY = /^[\w-]{16,128}$/u;
const KEPT_MS = 24 * 3_600_000;
/** Creations take seconds at most; a first request that never finished has died with its process. */
const RUNS_MS = 60_000;
const BUSY_RETRY_S = 1;

/** How an answer is kept. */
export interface Keeping<Answer> {
  /** Status of the answer. */
  status: number;
  /** The answer without its secrets, which are kept nowhere. */
  strip: (answer: Answer) => unknown;
  /** An answer from what `strip` has left. */
  restore: (stripped: unknown) => Promise<Answer> | Answer;
  /** Whom it tells of: it goes when they go. */
  about?: (answer: Answer) => { learnerId?: string; sessionId?: string };
}

export class Idempotency {
  readonly #records: IdempotencyRecords;
  readonly #now: () => Date;

  constructor(records: IdempotencyRecords, now: () => Date = () => new Date()) {
    this.#records = records;
    this.#now = now;
  }

  /**
   * Runs `act` unless this key's answer is known, and sends its answer either way. Throws ProblemError
   * IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_REUSED or IDEMPOTENCY_KEY_BUSY.
   */
  async answer<Answer>(
    request: FastifyRequest,
    reply: FastifyReply,
    keeping: Keeping<Answer>,
    act: () => Promise<Answer>,
  ): Promise<Answer> {
    const key = request.headers['idempotency-key'];
    reply.code(keeping.status);
    if (key === undefined) {
      return act();
    }
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new ProblemError(
        'IDEMPOTENCY_KEY_INVALID',
        '16 to 128 letters, digits, "-" or "_": a UUID, for example.',
      );
    }
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    const id = hash(`${request.principal.id}\n${route}\n${key}`);
    const now = this.#now();
    const claim = await this.#records.claim(
      id,
      hash(JSON.stringify([request.params, request.query, request.body])),
      now,
      new Date(now.getTime() + RUNS_MS),
    );
    switch (claim.kind) {
      case 'different':
        throw new ProblemError('IDEMPOTENCY_KEY_REUSED', 'Use a new key for a new request.');
      case 'running':
        throw new ProblemError('IDEMPOTENCY_KEY_BUSY', 'Ask again in a second.', {
          retryAfterS: BUSY_RETRY_S,
        });
      case 'answered':
        reply.header('idempotency-replayed', 'true').code(claim.status);
        return keeping.restore(claim.answer);
      case 'first':
    }
    let answer: Answer;
    try {
      answer = await act();
    } catch (error) {
      await this.#records.release(id);
      throw error;
    }
    await this.#records.finish(id, {
      status: keeping.status,
      answer: keeping.strip(answer),
      ...keeping.about?.(answer),
      expiresAt: new Date(now.getTime() + KEPT_MS),
    });
    return answer;
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

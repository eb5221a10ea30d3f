/** Whether an API key is good. */
import type { ApiKey, ApiKeyRecords } from '../data/api-key-records.ts';
import { ProblemError } from '../problems.ts';
import { hashOfKey } from './api-key.ts';

/** `lastUsedAt` is for people who clean up: to the minute is enough, and a busy key writes no more often. */
const USED_EVERY_MS = 60_000;

export class ApiKeyCheck {
  readonly #records: ApiKeyRecords;
  readonly #now: () => Date;

  constructor(records: ApiKeyRecords, now: () => Date) {
    this.#records = records;
    this.#now = now;
  }

  /**
   * What is kept of a key, good or not. It is looked up by its hash: how long that takes says nothing of the keys that
   * there are, because nobody can choose what their guess hashes to.
   */
  find(key: string): Promise<ApiKey | undefined> {
    return this.#records.findByHash(hashOfKey(key));
  }

  /** Throws ProblemError KEY_INVALID, KEY_REVOKED, KEY_REPLACED or KEY_EXPIRED; else notes that it was used. */
  async use(key: ApiKey | undefined): Promise<ApiKey> {
    if (key === undefined) {
      throw new ProblemError('KEY_INVALID', 'It is mistyped, or of another server.');
    }
    const now = this.#now();
    const { id, revokedAt, expiresAt, replacedBy, lastUsedAt } = key;
    if (revokedAt !== null) {
      throw new ProblemError('KEY_REVOKED', 'Ask for a new one.');
    }
    if (expiresAt !== null && expiresAt <= now) {
      throw replacedBy === null
        ? new ProblemError('KEY_EXPIRED', 'Ask for a new one.')
        : new ProblemError('KEY_REPLACED', 'Its grace is over: use the new one.');
    }
    if (lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= USED_EVERY_MS) {
      await this.#records.used(id, now);
    }
    return key;
  }
}

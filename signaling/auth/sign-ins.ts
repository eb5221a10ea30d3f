/** Who is signed in: a random secret in a cookie, of which the database keeps the hash. */
import { createHash, randomBytes } from 'node:crypto';
import type { Person } from '../data/people-records.ts';
import type { SignInRecords } from '../data/sign-in-records.ts';

const SECRET_BYTES = 32;
/** Whoever does nothing for a working day is signed out. */
export const IDLE_MS = 8 * 3_600_000;
/** And everybody after a week. */
export const ABSOLUTE_MS = 7 * 24 * 3_600_000;
/** To the minute is enough, and a busy page writes no more often. */
const SEEN_EVERY_MS = 60_000;

export const hashOfSecret = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex');

export class SignIns {
  readonly #records: SignInRecords;
  readonly #now: () => Date;

  constructor(records: SignInRecords, now: () => Date) {
    this.#records = records;
    this.#now = now;
  }

  /** Returns the secret, always a new one: nobody can have planted it before. `before` is over. */
  async begin(personId: string, before: string | undefined): Promise<string> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const now = this.#now();
    if (before !== undefined) {
      await this.end(before);
    }
    await this.#records.add({
      idHash: hashOfSecret(secret),
      personId,
      createdAt: now,
      seenAt: now,
      expiresAt: new Date(now.getTime() + ABSOLUTE_MS),
    });
    return secret;
  }

  /** Undefined where it is over, or the person's account is disabled. */
  async person(secret: string): Promise<Person | undefined> {
    const idHash = hashOfSecret(secret);
    const found = await this.#records.find(idHash);
    const now = this.#now();
    if (found === undefined || found.person.disabledAt !== null) {
      return undefined;
    }
    const { seenAt, expiresAt } = found;
    const idleMs = now.getTime() - seenAt.getTime();
    if (expiresAt <= now || idleMs >= IDLE_MS) {
      await this.#records.remove(idHash);
      return undefined;
    }
    if (idleMs >= SEEN_EVERY_MS) {
      await this.#records.seen(idHash, now);
    }
    return found.person;
  }

  async end(secret: string): Promise<void> {
    await this.#records.remove(hashOfSecret(secret));
  }

  /** Everywhere, for this person. */
  async endAll(personId: string): Promise<void> {
    await this.#records.removeOf(personId);
  }
}

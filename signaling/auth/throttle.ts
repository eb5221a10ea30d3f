/**
 * Attempts to sign in, counted for each account from each address, for each account and for each address, in the database:
 * for all processes together. An attempt counts before its password is looked at, so that many at the same moment are
 * no way round; one that succeeds is taken back, so that a school behind one address is not shut out.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { SignInRecords } from '../data/sign-in-records.ts';
import { ProblemError } from '../problems.ts';

const COUNTED_MS = 15 * 60_000;
/**
 * A person mistypes a few times; one address stands for a class; an account is tried from many addresses only by somebody
 * who has many. 50 attempts in a quarter of an hour are 4,800 a day: nothing against twelve letters, and to keep the
 * holder of an account out with it, somebody has to go on all day.
 */
export const MOST_ATTEMPTS = { pair: 5, address: 30, account: 50 } as const;

export class SignInThrottle {
  readonly #records: SignInRecords;
  readonly #now: () => Date;

  constructor(records: SignInRecords, now: () => Date) {
    this.#records = records;
    this.#now = now;
  }

  /** Counts an attempt. Throws ProblemError SIGN_IN_THROTTLED, which says when to come again. */
  async attempt(email: string, address: string): Promise<void> {
    const now = this.#now();
    const until = new Date(now.getTime() + COUNTED_MS);
    let waitMs = 0;
    for (const [kind, idHash] of countersOf(email, address)) {
      const counted = await this.#records.attempt(idHash, now, until);
      if (counted.attempts > MOST_ATTEMPTS[kind]) {
        waitMs = Math.max(waitMs, counted.until.getTime() - now.getTime());
      }
    }
    if (waitMs > 0) {
      throw new ProblemError('SIGN_IN_THROTTLED', 'Wait a quarter of an hour, then try again.', {
        retryAfterS: Math.ceil(waitMs / 1_000),
      });
    }
  }

  /** The attempt has succeeded. */
  async takeBack(email: string, address: string): Promise<void> {
    for (const [, idHash] of countersOf(email, address)) {
      await this.#records.takeBack(idHash);
    }
  }
}

function countersOf(email: string, address: string): [keyof typeof MOST_ATTEMPTS, string][] {
  const from = networkOf(address);
  return [
    ['pair', hash(`pair ${from} ${email}`)],
    ['address', hash(`address ${from}`)],
    ['account', hash(`account ${email}`)],
  ];
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whoever has an IPv6 address has 2^64 of them: the network of 64 bits stands for all. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) {
    return address;
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  if (mapped !== undefined) {
    return mapped;
  }
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const before = head.split(':').filter((group) => group !== '');
  const behind = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - before.length - behind.length }, () => '0');
  return [...before, ...zeros, ...behind].slice(0, 4).join(':');
}

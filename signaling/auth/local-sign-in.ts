/** Sign-in with an email and a password that are kept here. */
import type { PeopleRecords, Person } from '../data/people-records.ts';
import { ProblemError } from '../problems.ts';
import { isPassword } from './passwords.ts';
import { emailOf } from './people.ts';
import type { SignInThrottle } from './throttle.ts';

export type SignInFailure = 'throttled' | 'unknown' | 'disabled' | 'password';

export interface SignInAttempt {
  email: string;
  password: string;
  /** Of the network, for the throttle. */
  address: string;
}

export class LocalSignIn {
  readonly #people: PeopleRecords;
  readonly #throttle: SignInThrottle;

  constructor(people: PeopleRecords, throttle: SignInThrottle) {
    this.#people = people;
    this.#throttle = throttle;
  }

  /**
   * Whoever asks hears the same, after the same work, whether the account is not there, is disabled, or has another
   * password; `onFailure` hears which. Throws ProblemError SIGN_IN_REFUSED or SIGN_IN_THROTTLED.
   */
  async signIn(
    { email: written, password, address }: SignInAttempt,
    onFailure: (
      why: SignInFailure,
      personId: string | null,
      refusal: ProblemError,
    ) => Promise<void>,
  ): Promise<Person> {
    const email = emailOf(written);
    const person = await this.#people.findByEmail(email);
    try {
      await this.#throttle.attempt(email, address);
    } catch (error) {
      if (error instanceof ProblemError) {
        await onFailure('throttled', person?.id ?? null, error);
      }
      throw error;
    }
    const isRight = await isPassword(password, person?.passwordHash ?? null);
    if (person === undefined || !isRight || person.disabledAt !== null) {
      const refusal = new ProblemError(
        'SIGN_IN_REFUSED',
        'Check both. An admin can set a new password for you.',
      );
      const why = person === undefined ? 'unknown' : isRight ? 'disabled' : 'password';
      await onFailure(why, person?.id ?? null, refusal);
      throw refusal;
    }
    await this.#throttle.takeBack(email, address);
    return person;
  }
}

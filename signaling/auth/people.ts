/** People with an account: made, changed, disabled, given passwords. */
import { randomBytes } from 'node:crypto';
import type { PeopleRecords, Person, PersonChange } from '../data/people-records.ts';
import { ProblemError } from '../problems.ts';
import { hashOfPassword, randomPassword } from './passwords.ts';
import type { Role } from './roles.ts';
import type { SignIns } from './sign-ins.ts';

export interface NewPerson {
  email: string;
  displayName: string;
  role: Role;
  /** One is made up where it is absent; null: they sign in with the provider alone. */
  password?: string | null | undefined;
  issuer?: string;
  subject?: string;
}

export interface PersonWish {
  displayName?: string | undefined;
  role?: Role | undefined;
  disabled?: boolean | undefined;
}

/** What a provider says of somebody. */
export interface ProviderIdentity {
  issuer: string;
  subject: string;
  /** Undefined where it is not there, or not verified. */
  verifiedEmail: string | undefined;
  displayName: string | undefined;
  /** Undefined where roles are not the provider's to give. */
  role: Role | undefined;
  defaultRole: Role;
}

const NAME_LENGTH = 60;

/** One account for an email, however it is written. */
export const emailOf = (text: string): string => text.trim().toLowerCase();

export class People {
  readonly #records: PeopleRecords;
  readonly #signIns: SignIns;
  readonly #now: () => Date;

  constructor(records: PeopleRecords, signIns: SignIns, now: () => Date) {
    this.#records = records;
    this.#signIns = signIns;
    this.#now = now;
  }

  /** `password` is told where it was made up. Throws ProblemError PERSON_EXISTS. */
  async create(wanted: NewPerson): Promise<{ person: Person; password: string | null }> {
    const made = wanted.password === undefined ? randomPassword() : null;
    const password = made ?? wanted.password ?? null;
    const at = this.#now();
    const person: Person = {
      id: newId('person'),
      email: emailOf(wanted.email),
      displayName: wanted.displayName.slice(0, NAME_LENGTH),
      role: wanted.role,
      learnerId: wanted.role === 'learner' ? newId('learner') : null,
      passwordHash: password === null ? null : await hashOfPassword(password),
      issuer: wanted.issuer ?? null,
      subject: wanted.subject ?? null,
      createdAt: at,
      updatedAt: at,
      disabledAt: null,
    };
    if (!(await this.#records.add(person))) {
      throw new ProblemError('PERSON_EXISTS', 'GET /api/v1/people lists them.');
    }
    return { person, password: made };
  }

  /** Throws ProblemError PERSON_UNKNOWN. */
  async find(id: string): Promise<Person> {
    const found = await this.#records.find(id);
    if (found === undefined) {
      throw new ProblemError('PERSON_UNKNOWN', 'GET /api/v1/people lists them.');
    }
    return found;
  }

  /** Who is disabled, or has another role, has to sign in again. Throws ProblemError PERSON_UNKNOWN or LAST_ADMIN. */
  async change(id: string, { displayName, role, disabled }: PersonWish): Promise<Person> {
    const before = await this.find(id);
    const at = this.#now();
    const isNoLongerAdmin = (role ?? before.role) !== 'admin' || disabled === true;
    const change: PersonChange = {
      ...(displayName === undefined ? {} : { displayName }),
      ...(role === undefined ? {} : { role }),
      ...(disabled === undefined
        ? {}
        : { disabledAt: disabled ? (before.disabledAt ?? at) : null }),
    };
    const changed = isNoLongerAdmin
      ? await this.#records.changeUnlessLastAdmin(id, change, at)
      : await this.#records.change(id, change, at);
    if (changed === undefined) {
      throw new ProblemError('LAST_ADMIN', 'Make somebody else admin before.');
    }
    if (disabled === true || changed.role !== before.role) {
      await this.#signIns.endAll(id);
    }
    return changed.role === 'learner' && changed.learnerId === null
      ? ((await this.#records.addLearner(changed, newId('learner'), at)) ?? changed)
      : changed;
  }

  /** Returns the new password, which is told once; the person is signed out everywhere. Throws PERSON_UNKNOWN. */
  async resetPassword(id: string): Promise<string> {
    await this.find(id);
    const password = randomPassword();
    await this.setPassword(id, password);
    return password;
  }

  /** Signs the person out everywhere. */
  async setPassword(id: string, password: string): Promise<void> {
    const passwordHash = await hashOfPassword(password);
    await this.#records.change(id, { passwordHash }, this.#now());
    await this.#signIns.endAll(id);
  }

  /** Somebody whom the provider vouches for. Throws PERSON_DISABLED, PROVIDER_EMAIL_UNVERIFIED or PROVIDER_REFUSED. */
  async fromProvider(
    identity: ProviderIdentity,
  ): Promise<{ person: Person; what: 'known' | 'linked' | 'created' }> {
    const { issuer, subject, verifiedEmail, role, defaultRole } = identity;
    const known = await this.#records.findBySubject(issuer, subject);
    if (known !== undefined) {
      return { person: await this.#known(known, role), what: 'known' };
    }
    if (verifiedEmail === undefined) {
      throw new ProblemError(
        'PROVIDER_EMAIL_UNVERIFIED',
        'Verify your email address with the provider, then sign in again.',
      );
    }
    const email = emailOf(verifiedEmail);
    const local = await this.#records.findByEmail(email);
    if (local === undefined) {
      const { person } = await this.create({
        ...{ email, issuer, subject, role: role ?? defaultRole, password: null },
        displayName: identity.displayName?.trim() || email.split('@')[0]!,
      });
      return { person, what: 'created' };
    }
    requireEnabled(local);
    if (local.issuer !== null) {
      throw new ProblemError('PROVIDER_REFUSED', 'This email belongs to another account.');
    }
    const linked = await this.#records.change(local.id, { issuer, subject }, this.#now());
    return { person: linked ?? local, what: 'linked' };
  }

  /** Makes an admin where nobody is one: then returns the password if it was made up. */
  async ensureAdmin(wanted: {
    email: string;
    password?: string | undefined;
  }): Promise<{ isMade: boolean; password: string | null }> {
    if (await this.#records.hasAdmin()) {
      return { isMade: false, password: null };
    }
    try {
      const made = await this.create({ ...wanted, displayName: 'Administrator', role: 'admin' });
      return { isMade: true, password: made.password };
    } catch (error) {
      // Another process was first, or the account is there and is no admin any more: that is for people to settle.
      if (error instanceof ProblemError && error.code === 'PERSON_EXISTS') {
        return { isMade: false, password: null };
      }
      throw error;
    }
  }

  /** The provider's word on roles holds for those who have no password here. */
  async #known(person: Person, role: Role | undefined): Promise<Person> {
    requireEnabled(person);
    if (role === undefined || role === person.role || person.passwordHash !== null) {
      return person;
    }
    try {
      return await this.change(person.id, { role });
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'LAST_ADMIN') {
        return person;
      }
      throw error;
    }
  }
}

function requireEnabled({ disabledAt }: Person): void {
  if (disabledAt !== null) {
    throw new ProblemError('PERSON_DISABLED', 'Ask an admin to enable it again.');
  }
}

const newId = (kind: 'person' | 'learner'): string => `${kind}_${randomBytes(10).toString('hex')}`;

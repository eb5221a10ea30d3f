/**
 * Who may enter, all kinds together: API keys, people who are signed in, and tokens signed with the LiveKit secret. A
 * header goes before the cookie: the page sends the token of its session also while somebody is signed in.
 */
import type { FastifyRequest } from 'fastify';
import {
  PERMISSIONS,
  type Authority,
  type Ownership,
  type Permission,
  type Principal,
  type TokenKind,
} from '../authority.ts';
import type { Person } from '../data/people-records.ts';
import type { SessionRecords } from '../data/session-records.ts';
import { ProblemError } from '../problems.ts';
import type { ApiKeyCheck } from './api-key-check.ts';
import { keyOf } from './api-key.ts';
import { SIGN_IN_COOKIE } from './cookies.ts';
import type { DeniedLog } from './denied-log.ts';
import { ROLES, rolesThatOpen, type Reach } from './roles.ts';
import { requireSameOrigin } from './same-origin.ts';
import { reachOfScopes, scopesThatOpen } from './scopes.ts';
import type { SignIns } from './sign-ins.ts';

/** `none`: nobody is asked to sign in. `optional`: the page offers it. `required`: starting a session needs it, or a key. */
export type SignInMode = 'none' | 'optional' | 'required';

export interface DoorkeeperOptions {
  tokens: Authority;
  keys: ApiKeyCheck;
  signIns: SignIns;
  sessions: Pick<SessionRecords, 'find'>;
  denied: DeniedLog;
  mode: SignInMode;
}

/** Permissions for the session in the address. */
const OF_ONE_SESSION: readonly TokenKind[] = ['own', 'current', 'ticket'];

export class Doorkeeper implements Authority {
  readonly #options: DoorkeeperOptions;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
  }

  async authorize(request: FastifyRequest, permission: Permission): Promise<Principal> {
    const key = keyOf(request.headers.authorization);
    const principal =
      key === undefined
        ? await this.#withoutKey(request, permission)
        : await this.#byKey(request, permission, key);
    const { mode } = this.#options;
    if (permission === 'sessions:create' && principal.kind === 'anyone' && mode === 'required') {
      throw new ProblemError('SIGN_IN_NEEDED', 'Sign in to start a scene, or send an API key.');
    }
    return principal;
  }

  async #byKey(request: FastifyRequest, permission: Permission, given: string): Promise<Principal> {
    const { keys, denied } = this.#options;
    const kept = await keys.find(given);
    const id = kept === undefined ? 'anyone' : `key:${kept.family}`;
    try {
      const { scopes } = await keys.use(kept);
      const { token } = PERMISSIONS[permission];
      const reach =
        token === 'anyone' && permission !== 'sessions:create'
          ? 'all'
          : reachOfScopes(scopes, permission);
      if (reach === undefined) {
        const needed = scopesThatOpen(permission).map(({ scope }) => scope);
        throw new ProblemError(
          'SCOPE_MISSING',
          needed.length === 0
            ? 'No key opens this.'
            : `This needs the scope ${needed.join(' or ')}.`,
        );
      }
      const only = reach === 'own' ? { createdBy: id, learnerId: null } : undefined;
      await this.#requireOwn(request, permission, only);
      return { kind: 'key', id, ...(only === undefined ? {} : { only }) };
    } catch (error) {
      await denied.note(request, error, { actor: id, target: kept?.id ?? null, permission });
      throw error;
    }
  }

  async #withoutKey(request: FastifyRequest, permission: Permission): Promise<Principal> {
    const { tokens, signIns } = this.#options;
    const { token } = PERMISSIONS[permission];
    const cookie = SIGN_IN_COOKIE.read(request);
    const isForTokens =
      request.headers.authorization !== undefined ||
      (token === 'ticket' && 'ticket' in (request.query as object)) ||
      (token === 'anyone' && permission !== 'sessions:create');
    if (isForTokens || cookie === undefined) {
      return tokens.authorize(request, permission);
    }
    const person = await signIns.person(cookie);
    if (person !== undefined) {
      return this.#byRole(request, permission, person);
    }
    if (token === 'anyone') {
      return tokens.authorize(request, permission);
    }
    throw new ProblemError('SIGN_IN_NEEDED', 'The sign-in is over: sign in again.');
  }

  async #byRole(
    request: FastifyRequest,
    permission: Permission,
    { id, role, learnerId }: Person,
  ): Promise<Principal> {
    requireSameOrigin(request);
    const reach: Reach | undefined = ROLES[role][permission];
    if (reach === undefined) {
      const roles = rolesThatOpen(permission).map((one) => one.role);
      throw new ProblemError(
        'ROLE_INSUFFICIENT',
        roles.length === 0 ? 'No role opens this.' : `This is for: ${roles.join(', ')}.`,
      );
    }
    const only = reach === 'own' ? { createdBy: id, learnerId } : undefined;
    await this.#requireOwn(request, permission, only);
    return { kind: 'person', id, role, learnerId, ...(only === undefined ? {} : { only }) };
  }

  /** A session that is not there is answered as one of others: nobody finds out which there are. */
  async #requireOwn(
    request: FastifyRequest,
    permission: Permission,
    only: Ownership | undefined,
  ): Promise<void> {
    if (only === undefined || !OF_ONE_SESSION.includes(PERMISSIONS[permission].token)) {
      return;
    }
    const { id = '' } = request.params as { id?: string };
    // What cannot be asked of the database is no session.
    const session = /^[\w-]{1,64}$/u.test(id) ? await this.#options.sessions.find(id) : undefined;
    const isOwn =
      session !== undefined &&
      (session.createdBy === only.createdBy ||
        (only.learnerId !== null && session.learnerId === only.learnerId));
    if (!isOwn) {
      throw new ProblemError('SESSION_OF_OTHERS', 'It can be read by whoever began it.');
    }
  }
}

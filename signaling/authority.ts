/**
 * Who may do what. Each route of the API names one permission, and this port is asked before anything else of the request
 * is looked at.
 */
import type { FastifyRequest } from 'fastify';
import { rolesThatOpen, type Role } from './auth/roles.ts';
import { scopesThatOpen } from './auth/scopes.ts';
import { ProblemError } from './problems.ts';
import type { RecordingTickets } from './recording-tickets.ts';
import type { RoomTokens } from './room-tokens.ts';

/**
 * Which tokens open what. `anyone`: no token is needed. `own`: the room token of the session in the address, also one
 * that has expired. `current`: the same, and it must not have expired. `ticket`: as `own`, or a ticket. `owner`,
 * `service`, `worker`: signed with the LiveKit secret. The owner's opens `own` as well.
 */
const TOKENS = {
  'catalogue:read': 'anyone',
  'sign-in:use': 'anyone',
  'sessions:create': 'anyone',
  'sessions:list': 'owner',
  'session:read': 'own',
  'session:end': 'own',
  'session:token': 'current',
  'report:read': 'own',
  'reports:list': 'owner',
  'transcript:read': 'own',
  'recording:read': 'own',
  'recording:open': 'ticket',
  'recording:delete': 'own',
  'recordings:list': 'owner',
  'scenarios:read': 'owner',
  'scenarios:write': 'owner',
  'session:erase': 'own',
  'learners:read': 'owner',
  'learners:write': 'owner',
  'learners:export': 'owner',
  'learners:erase': 'owner',
  'audit:read': 'owner',
  'people:manage': 'owner',
  'api-keys:manage': 'owner',
  'webhooks:manage': 'owner',
  'avatars:place': 'service',
  'avatar-workers:read': 'service',
  'avatar-workers:report': 'service',
  'report:deliver': 'worker',
} as const;
export type Permission = keyof typeof TOKENS;
export type TokenKind = (typeof TOKENS)[Permission];

/** For each permission, the tokens, roles and scopes that open it: the tables of `auth/`, seen from here. */
export const PERMISSIONS = Object.fromEntries(
  (Object.keys(TOKENS) as Permission[]).map((permission) => [
    permission,
    {
      token: TOKENS[permission],
      get roles() {
        return rolesThatOpen(permission);
      },
      get scopes() {
        return scopesThatOpen(permission);
      },
    },
  ]),
) as Record<
  Permission,
  {
    token: TokenKind;
    roles: ReturnType<typeof rolesThatOpen>;
    scopes: ReturnType<typeof scopesThatOpen>;
  }
>;

/** Whose sessions are somebody's own: those that they created, and those of their learner. */
export interface Ownership {
  createdBy: string;
  learnerId: string | null;
}

/** Who asks. `id` stands in the audit log and in `createdBy`. */
export interface Principal {
  kind: 'anyone' | 'learner' | 'owner' | 'service' | 'worker' | 'key' | 'person';
  id: string;
  /** Of a person. */
  role?: Role;
  /** Of a person: the learner that they are, if any. */
  learnerId?: string | null;
  /** They may see these sessions alone; absent where the permission reaches all. Lists keep to it. */
  only?: Ownership;
}

export interface Authority {
  /** Throws ProblemError: one of the codes that come with a token (`WITH.token` in routes/documentation.ts). */
  authorize(request: FastifyRequest, permission: Permission): Promise<Principal>;
}

export const ANYONE: Principal = { kind: 'anyone', id: 'anyone' };
const OWNER: Principal = { kind: 'owner', id: 'owner' };
const SERVICE: Principal = { kind: 'service', id: 'service' };

/** Tokens signed with the LiveKit secret: a learner's for their room, and those of whoever holds the secret. */
export class TokenAuthority implements Authority {
  readonly #tokens: RoomTokens;
  readonly #tickets: RecordingTickets;

  constructor(tokens: RoomTokens, tickets: RecordingTickets) {
    this.#tokens = tokens;
    this.#tickets = tickets;
  }

  async authorize(request: FastifyRequest, permission: Permission): Promise<Principal> {
    const { authorization } = request.headers;
    const sessionId = (request.params as { id?: string }).id ?? '';
    switch (TOKENS[permission]) {
      case 'anyone':
        return authorization === undefined ? ANYONE : this.#ownerOrAnyone(authorization);
      case 'current':
        return this.#learner(authorization, sessionId, false);
      case 'own':
        return this.#learner(authorization, sessionId, true);
      case 'ticket': {
        const { ticket } = request.query as { ticket?: unknown };
        if (typeof ticket !== 'string') {
          return this.#learner(authorization, sessionId, true);
        }
        this.#tickets.verify(ticket, sessionId);
        return { kind: 'learner', id: 'ticket' };
      }
      case 'owner':
        await this.#tokens.verifyOwner(authorization);
        return OWNER;
      case 'service':
        await this.#tokens.verifyService(authorization);
        return SERVICE;
      case 'worker':
        await this.#tokens.verifyWorker(authorization, sessionId);
        return { kind: 'worker', id: 'worker' };
    }
  }

  /** Where no token is needed, one that is good for nothing else does not stand in the way. */
  #ownerOrAnyone(authorization: string): Promise<Principal> {
    return this.#tokens.verifyOwner(authorization).then(
      () => OWNER,
      () => ANYONE,
    );
  }

  async #learner(
    authorization: string | undefined,
    sessionId: string,
    allowExpired: boolean,
  ): Promise<Principal> {
    try {
      const id = await this.#tokens.verifyLearner(authorization, sessionId, { allowExpired });
      return { kind: 'learner', id };
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'TOKEN_FOR_OTHER_SESSION') {
        return this.#tokens.verifyOwner(authorization).then(
          () => OWNER,
          () => {
            throw error;
          },
        );
      }
      throw error;
    }
  }
}

/**
 * Who may do what. Each route of the API names one permission, and this port is asked before anything else of the request
 * is looked at.
 */
import type { FastifyRequest } from 'fastify';
import { ProblemError } from './problems.ts';
import type { RecordingTickets } from './recording-tickets.ts';
import type { RoomTokens } from './room-tokens.ts';

/** What a route is for. `own`: of the session in its address, for its learner and for whoever may see every session. */
export const PERMISSIONS = {
  'catalogue:read': 'anyone',
  'sessions:create': 'anyone',
  'sessions:list': 'operator',
  'session:read': 'own',
  'session:end': 'own',
  'session:token': 'current',
  'report:read': 'own',
  'reports:list': 'operator',
  'transcript:read': 'own',
  'recording:read': 'own',
  'recording:open': 'ticket',
  'recording:delete': 'own',
  'recordings:list': 'operator',
  'scenarios:read': 'operator',
  'scenarios:write': 'operator',
  'learners:read': 'operator',
  'learners:write': 'operator',
  'api-keys:manage': 'operator',
  'webhooks:manage': 'operator',
  'avatars:place': 'service',
  'avatar-workers:read': 'service',
  'avatar-workers:report': 'service',
  'report:deliver': 'worker',
} as const;
export type Permission = keyof typeof PERMISSIONS;

/** Who asks. `id` stands in the audit log and in `createdBy`. */
export interface Principal {
  kind: 'anyone' | 'learner' | 'operator' | 'service' | 'worker';
  id: string;
}

export interface Authority {
  /** Throws ProblemError TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_FOR_OTHER_SESSION. */
  authorize(request: FastifyRequest, permission: Permission): Promise<Principal>;
}

const ANYONE: Principal = { kind: 'anyone', id: 'anyone' };
const OPERATOR: Principal = { kind: 'operator', id: 'operator' };
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
    switch (PERMISSIONS[permission]) {
      case 'anyone':
        return ANYONE;
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
      case 'operator':
        await this.#tokens.verifyOperator(authorization);
        return OPERATOR;
      case 'service':
        await this.#tokens.verifyService(authorization);
        return SERVICE;
      case 'worker':
        await this.#tokens.verifyWorker(authorization, sessionId);
        return { kind: 'worker', id: 'worker' };
    }
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
        return this.#tokens.verifyOperator(authorization).then(
          () => OPERATOR,
          () => {
            throw error;
          },
        );
      }
      throw error;
    }
  }
}

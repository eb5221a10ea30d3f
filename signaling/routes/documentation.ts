/** How routes describe themselves: one set of schemas checks requests and answers and makes the OpenAPI file. */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Permission, Principal } from '../authority.ts';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { problem } from '../schemas/common.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is for; absent where anybody may come and nothing is asked. */
    permission?: Permission;
  }
  interface FastifyRequest {
    /** Who asks: set before anything else is looked at. */
    principal: Principal;
  }
}

/** The server as route files see it: requests and answers have the types of their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Every route may answer with these. */
const ANYWHERE = [
  'REQUEST_INVALID',
  'RATE_LIMITED',
  'DATA_UNREADABLE',
  'INTERNAL',
  'DATABASE_UNREACHABLE',
] as const;
const WITH_TOKEN = [
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_FOR_OTHER_SESSION',
  'KEY_INVALID',
  'KEY_EXPIRED',
  'KEY_REVOKED',
  'KEY_REPLACED',
  'SCOPE_MISSING',
  'SIGN_IN_NEEDED',
  'ORIGIN_REFUSED',
  'ROLE_INSUFFICIENT',
  'SESSION_OF_OTHERS',
] as const;
const WITH_BODY = ['BODY_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNKNOWN'] as const;
const WITH_KEY = [
  'IDEMPOTENCY_KEY_INVALID',
  'IDEMPOTENCY_KEY_REUSED',
  'IDEMPOTENCY_KEY_BUSY',
] as const;

/** Codes that come with a token, a body, an idempotency key. */
export const WITH = { token: WITH_TOKEN, body: WITH_BODY, key: WITH_KEY } as const;

/** The answers of a route that are problems, by their status. */
export function problems(...codes: readonly (ProblemCode | readonly ProblemCode[])[]): object {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set([...codes.flat(), ...ANYWHERE])) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, listed]) => [
      status,
      {
        description: listed.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

/** The answers of a route: what it answers when all is well, and its problems. */
export const answers = <Good extends Record<number, z.ZodType>>(
  good: Good,
  ...codes: readonly (ProblemCode | readonly ProblemCode[])[]
): Good => ({ ...problems(...codes), ...good });

/**
 * Against requests that another site has a signed-in person's browser send (CSRF). The cookie is SameSite=Lax, which keeps
 * it from other sites' forms already; but "site" takes in every subdomain, and old browsers know nothing of it. So a
 * request that changes something and comes with the cookie must also say that our own page has sent it: browsers set
 * `Sec-Fetch-Site` and `Origin` themselves, and no script of a page can. What carries neither is no browser of today, and
 * is refused: programs use API keys.
 */
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '../problems.ts';

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Throws ProblemError ORIGIN_REFUSED. */
export function requireSameOrigin(request: FastifyRequest): void {
  if (!SAFE_METHODS.includes(request.method) && !isSameOrigin(request)) {
    throw new ProblemError(
      'ORIGIN_REFUSED',
      'Requests with the cookie of a sign-in come from our own page. Programs use API keys.',
    );
  }
}

function isSameOrigin({ headers, protocol, host }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return false;
  }
  const { origin } = headers;
  if (origin !== undefined) {
    return origin.toLowerCase() === `${protocol}://${host}`.toLowerCase();
  }
  return site !== undefined;
}

/** Whether an answer is one that a hostile request may get. */
import type { HostileRequest } from './request.ts';
import type { WireAnswer } from './wire.ts';

export type Verdict = 'good' | 'fault' | 'admitted' | 'reflected' | 'unanswered';

/** What an answer above 499 may be on purpose: the caller's fault, or a thing that is not there. Told apart in the report. */
const ON_PURPOSE: readonly ((status: number, body: string) => boolean)[] = [
  // NGINX has no words for such a request: an unknown transfer coding, a version of HTTP that is not spoken.
  (status) => status === 501 || status === 505,
  // No avatar worker has entered itself.
  (status, body) => status === 503 && body.includes('"AVATARS_FULL"'),
];
export const isOnPurpose = ({ status, body }: WireAnswer): boolean =>
  status >= 500 && ON_PURPOSE.some((one) => one(status, body));

/** Answers that say that nobody got past the guard: no good token, no such address, no such shape of a request. */
const STOPPED = new Set([0, 400, 401, 403, 404, 405, 408, 413, 414, 415, 421, 429, 431]);
/** Of those, the ones that a guard says. 404 is `DOOR_ROUTE_UNKNOWN` or `ROUTE_UNKNOWN`, never a thing that is not there. */
const NO_ROUTE = /"code":"(?:DOOR_)?ROUTE_UNKNOWN"/u;
const SAFE_ID = /^[\w.-]{8,80}$/u;

export function judge(request: HostileRequest, answer: WireAnswer): Verdict {
  const { status, headers, body } = answer;
  if (status >= 500 && !isOnPurpose(answer)) {
    return 'fault';
  }
  const id = headers['x-request-id'];
  if (headers['x-injected'] !== undefined || (id !== undefined && !SAFE_ID.test(id))) {
    return 'reflected';
  }
  const isPage = (headers['content-type'] ?? '').startsWith('text/html');
  if (request.mustNot.includes('success') && status >= 200 && status < 400 && !isPage) {
    return 'admitted';
  }
  if (request.mustNot.includes('pass-guard')) {
    const isStopped = STOPPED.has(status) && (status !== 404 || NO_ROUTE.test(body) || isPage);
    if (!isStopped || (status === 400 && !isUnread(body))) {
      return 'admitted';
    }
  }
  // Requests that are whole get an answer.
  return status === 0 && request.attack !== 'smuggling' && request.attack !== 'headers'
    ? 'unanswered'
    : 'good';
}

/** A 400 of NGINX or of the HTTP parser: signaling says BODY_INVALID and the like only after its guard. */
const isUnread = (body: string): boolean => !/"code":"(?!DOOR_)/u.test(body);

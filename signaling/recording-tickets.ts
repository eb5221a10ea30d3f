/**
 * Addresses of recorded files carry a ticket, because a video element and a download link can send no header. A ticket
 * opens one session's recording for an hour and nothing else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { ProblemError } from './problems.ts';

/** Long enough to watch a call from the report page; the page asks for fresh addresses when it is opened again. */
const TICKET_TTL_S = 3_600;

export class RecordingTickets {
  readonly #secret: string;
  readonly #now: () => Date;

  constructor(secret: string, now: () => Date = () => new Date()) {
    this.#secret = secret;
    this.#now = now;
  }

  issue(sessionId: string): string {
    const expiresAtS = Math.floor(this.#now().getTime() / 1_000) + TICKET_TTL_S;
    return `${String(expiresAtS)}.${this.#sign(sessionId, expiresAtS)}`;
  }

  /** Throws ProblemError TOKEN_INVALID or TOKEN_EXPIRED. */
  verify(ticket: string, sessionId: string): void {
    const [, expires = '', signature = ''] = /^(\d{1,12})\.([\w-]{43})$/u.exec(ticket) ?? [];
    const expected = Buffer.from(this.#sign(sessionId, Number(expires)));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new ProblemError('TOKEN_INVALID', 'Take the address that the recording gives.');
    }
    if (Number(expires) * 1_000 <= this.#now().getTime()) {
      throw new ProblemError('TOKEN_EXPIRED', 'Ask the recording for fresh addresses.');
    }
  }

  #sign(sessionId: string, expiresAtS: number): string {
    return createHmac('sha256', this.#secret)
      .update(`understudy recording ticket ${sessionId} ${String(expiresAtS)}`)
      .digest('base64url');
  }
}

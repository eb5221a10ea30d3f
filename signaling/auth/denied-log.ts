/** Notes in the audit log what was refused, once a minute for each who and why: whoever knocks often fills no database. */
import type { FastifyRequest } from 'fastify';
import type { Permission } from '../authority.ts';
import type { AuditLog } from '../data/audit-log.ts';
import { ProblemError } from '../problems.ts';

const ONCE_PER_MS = 60_000;
/** Who is forgotten first is told again. */
const MOST_REMEMBERED = 1_000;

export class DeniedLog {
  readonly #audit: AuditLog;
  readonly #now: () => Date;
  readonly #toldMs = new Map<string, number>();

  constructor(audit: AuditLog, now: () => Date) {
    this.#audit = audit;
    this.#now = now;
  }

  /** Errors that are no refusal, such as a database that is gone, are none of its business. */
  async note(
    request: FastifyRequest,
    error: unknown,
    denied: { actor: string; target: string | null; permission: Permission; action?: string },
  ): Promise<void> {
    if (!(error instanceof ProblemError)) {
      return;
    }
    const { actor, target, permission, action = 'api-key.denied' } = denied;
    const createdAt = this.#now();
    const subject = `${action} ${target ?? request.ip} ${error.code}`;
    const lastMs = this.#toldMs.get(subject);
    if (lastMs !== undefined && createdAt.getTime() - lastMs < ONCE_PER_MS) {
      return;
    }
    this.#toldMs.delete(subject);
    this.#toldMs.set(subject, createdAt.getTime());
    if (this.#toldMs.size > MOST_REMEMBERED) {
      this.#toldMs.delete(this.#toldMs.keys().next().value!);
    }
    const details = { code: error.code, permission };
    await this.#audit.add({ actor, action, target, requestId: request.id, details, createdAt });
  }
}

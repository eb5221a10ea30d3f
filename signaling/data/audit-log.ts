/** Who did what: rows are added and never changed. Ids only; nobody's words or names. */
import type { Queries } from './database.ts';
import { auditLog } from './schema.ts';

export interface AuditEntry {
  actor: string;
  /** `scenario.publish`, `api-key.revoke`. */
  action: string;
  target: string | null;
  requestId: string | null;
  details?: Record<string, string | number | boolean>;
  createdAt: Date;
}

export class AuditLog {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async add(entry: AuditEntry): Promise<void> {
    await this.#queries.insert(auditLog).values(entry);
  }
}

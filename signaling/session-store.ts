/** Sessions and reports, kept as one JSON file each, so that a restart of signaling loses neither. */
import { reportSchema, type Report } from '#agents/dispatch/report.ts';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const sessionSchema = z.object({
  id: z.string(),
  scenarioId: z.string(),
  learnerIdentity: z.string(),
  learnerName: z.string(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** The learner has agreed to a recording. */
  recording: z.boolean().default(false),
});
export type Session = z.infer<typeof sessionSchema>;

export interface SessionStore {
  save(session: Session): Promise<void>;
  find(sessionId: string): Promise<Session | undefined>;
  saveReport(report: Report): Promise<void>;
  findReport(sessionId: string): Promise<Report | undefined>;
}

/** Ids are made by us, and still checked before they become part of a path. */
const SAFE_ID = /^[a-z0-9]{8,40}$/;

export class FolderSessionStore implements SessionStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  save(session: Session): Promise<void> {
    return this.#write('sessions', session.id, session);
  }

  async find(sessionId: string): Promise<Session | undefined> {
    return sessionSchema.optional().parse(await this.#read('sessions', sessionId));
  }

  saveReport(report: Report): Promise<void> {
    return this.#write('reports', report.sessionId, report);
  }

  async findReport(sessionId: string): Promise<Report | undefined> {
    return reportSchema.optional().parse(await this.#read('reports', sessionId));
  }

  /** Writes beside the target and renames, so that a reader never sees half a file. */
  async #write(kind: string, id: string, value: unknown): Promise<void> {
    if (!SAFE_ID.test(id)) {
      throw new RangeError('A session id has letters and digits only.');
    }
    const folder = join(this.#folder, kind);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${id}.json`);
    const draft = `${path}.${String(process.pid)}.${crypto.randomUUID().slice(0, 8)}`;
    await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
    await rename(draft, path);
  }

  async #read(kind: string, id: string): Promise<unknown> {
    if (!SAFE_ID.test(id)) {
      return undefined;
    }
    try {
      return JSON.parse(await readFile(join(this.#folder, kind, `${id}.json`), 'utf8')) as unknown;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw error;
    }
  }
}

/**
 * Where the sessions of one machine read of each other: a folder with a small file for each process. A session that
 * no longer writes is forgotten. It carries no more than a rung; where it cannot be written, each session goes by the
 * machine's load alone.
 */
import type { Clock } from '#media/clock.ts';
import type { Neighbour } from '#media/quality/observation.ts';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const noteSchema = z.object({
  machineRung: z.number().int().min(0).max(99),
  strained: z.boolean(),
  /** Counts up with each writing. */
  turn: z.number().int(),
});

/** A file that has not changed for so long is of a session that is over. */
const STALE_MS = 4_000;

interface Seen {
  turn: number;
  changedAtMs: number;
}

export interface NeighbourBoardOptions {
  /** One file name per session. */
  session: string;
  clock: Clock;
  folder?: string;
}

export class NeighbourBoard {
  readonly #folder: string;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  #turn = 0;

  constructor({ session, clock, folder = defaultFolder() }: NeighbourBoardOptions) {
    this.#folder = folder;
    this.#file = `${session.replaceAll(/[^\w-]/g, '_')}.json`;
    this.#clock = clock;
  }

  /** The other sessions that have written lately. Never rejects: an unreadable neighbour is none. */
  async others(): Promise<Neighbour[]> {
    const files = await readdir(this.#folder).catch((): string[] => []);
    for (const gone of [...this.#seen.keys()].filter((file) => !files.includes(file))) {
      this.#seen.delete(gone);
    }
    const notes = await Promise.all(
      files
        .filter((file) => file.endsWith('.json') && file !== this.#file)
        .map((file) => this.#read(file)),
    );
    return notes.filter((note) => note !== undefined);
  }

  /** Never rejects. */
  async tell(note: Neighbour): Promise<void> {
    this.#turn += 1;
    const text = JSON.stringify({ ...note, turn: this.#turn });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      .then(() => writeFile(join(this.#folder, this.#file), text, { mode: 0o600 }))
      .catch(() => undefined);
  }

  /** Takes the own file away. Never rejects. */
  async leave(): Promise<void> {
    await rm(join(this.#folder, this.#file), { force: true }).catch(() => undefined);
  }

  /** Age is measured from when a change was first seen here, so that no two clocks are compared. */
  async #read(file: string): Promise<Neighbour | undefined> {
    const text = await readFile(join(this.#folder, file), 'utf8').catch(() => '');
    const note = parsed(text);
    if (note === undefined) {
      return undefined;
    }
    const nowMs = this.#clock.nowMs();
    const seen = this.#seen.get(file);
    if (seen === undefined) {
      // Perhaps it was left here by a process that died: it counts once it has been seen to change.
      this.#seen.set(file, { turn: note.turn, changedAtMs: -Infinity });
      return undefined;
    }
    if (seen.turn !== note.turn) {
      this.#seen.set(file, { turn: note.turn, changedAtMs: nowMs });
    } else if (nowMs - seen.changedAtMs > STALE_MS) {
      return undefined;
    }
    return { machineRung: note.machineRung, strained: note.strained };
  }
}

function parsed(text: string): z.infer<typeof noteSchema> | undefined {
  try {
    return noteSchema.safeParse(JSON.parse(text)).data;
  } catch {
    // A file in the middle of being written.
    return undefined;
  }
}

function defaultFolder(): string {
  return join(tmpdir(), `understudy-${String(userInfo().uid)}`, 'quality');
}

/**
 * Who serves a session: the port. A session has one owner at a time, known by a fencing number that only grows; whatever
 * an owner writes names its number, so that an old owner that wakes up writes nothing.
 */
import { z } from 'zod';

/** What the owner says of itself. */
export const placementSchema = z.object({
  /** The worker process; empty until one has answered. */
  workerId: z.string().max(200),
  /** LiveKit's id of the job; empty until one has answered. */
  jobId: z.string().max(200),
  region: z.string().max(200),
  /** The inference runtime that draws and hears for it; empty where it needs none. */
  gpuRuntime: z.string().max(500),
  /** Which line of a job to which signaling process keeps the entry alive; empty between lines. */
  line: z.string().max(200),
});
export type Placement = z.infer<typeof placementSchema>;

/** What stands for a session. */
export interface Ownership extends Placement {
  sessionId: string;
  /** From 1; each claim takes the next. */
  fence: number;
  /** Milliseconds since the epoch of the last claim or renewal. */
  seenAtMs: number;
}

export const NOBODY: Placement = {
  workerId: '',
  jobId: '',
  region: '',
  gpuRuntime: '',
  line: '',
};

/** An entry that is not renewed is forgotten after this. */
export const SESSION_TTL_S = 3_600;
/** Fencing numbers outlive their entries, so that a number is never given twice: a day and a night. */
export const FENCE_TTL_S = 36 * 3_600;

/** The last fencing number of a session that nobody may own any more. */
export const FORGOTTEN_FENCE = 2_147_483_647;

/** Every method rejects with AffinityError where the store cannot be reached. */
export interface SessionAffinity {
  /**
   * Takes the session for a new owner, if no fencing number above `after` was given (0: nobody ever had it). Undefined
   * where somebody else was faster. A store that was emptied believes `after`.
   */
  claim(sessionId: string, after: number, placement: Placement): Promise<Ownership | undefined>;
  /**
   * Keeps the entry alive and says anew where the owner is. An entry that was lost is entered again, and an older owner
   * that did so first gives way. False: a higher number than `fence` was given.
   */
  renew(sessionId: string, fence: number, placement: Placement): Promise<boolean>;
  read(sessionId: string): Promise<Ownership | undefined>;
  /** Forgets the entry and what was kept with it. False: `fence` is no longer the owner. */
  release(sessionId: string, fence: number): Promise<boolean>;
  /**
   * Forgets the entry and what was kept with it, whoever the owner is; nobody owns the session again. Resolves with how
   * many things were there.
   */
  forget(sessionId: string): Promise<number>;
  list(): Promise<Ownership[]>;
  /**
   * Keeps `text` beside the entry, in place of what was kept. False: `fence` is no longer the owner. A store that was
   * emptied and has not heard of the owner again takes it.
   */
  keep(sessionId: string, fence: number, text: string): Promise<boolean>;
  /** What was kept last, by whichever owner. */
  kept(sessionId: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The store did not answer. */
export class AffinityError extends Error {
  readonly code = 'AFFINITY_UNREACHABLE';

  constructor(cause: unknown) {
    super('The store of session affinity does not answer.', { cause });
    this.name = 'AffinityError';
  }
}

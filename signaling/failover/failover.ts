/**
 * Keeps an agent in every live session. Each job holds a line to signaling: an HTTP request that lasts as long as it
 * does. The kernel closes the line of a killed process at once, and then another agent is sent into the room, under the
 * next fencing number; one that was taken for dead by mistake finds its number refused, and goes.
 */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { NOBODY, type Placement, type SessionAffinity } from '../affinity/session-affinity.ts';
import type { AgentAbsence, AgentRooms } from './agent-rooms.ts';

export interface FailoverOptions {
  affinity: SessionAffinity;
  rooms: AgentRooms;
  /** What a new agent of the session is told; undefined where the session has ended. */
  metadata: (sessionId: string, ownership: NewOwner) => Promise<DispatchMetadata | undefined>;
  onEvent?: (event: FailoverEvent) => void;
  /** Milliseconds since the epoch. */
  nowMs?: () => number;
}

export interface NewOwner {
  fence: number;
  /** When the last agent was seen, in milliseconds since the epoch. */
  lostAtMs: number;
}

export interface FailoverEvent {
  what: 'replaced' | 'unanswered' | 'given-up' | 'trouble';
  sessionId: string;
  error?: unknown;
}

/** A job whose line broke for another reason than its death is back sooner. */
export const GRACE_MS = 200;
/** A line without a beat: the machine is gone or the job hangs. Jobs beat twice a second; a busy one may be late. */
export const SILENT_AFTER_MS = 4_000;
/** A warm job answers within a second. */
export const ANSWER_WITHIN_MS = 10_000;
/** One that a worker has taken may have to wait for its process; on a busy machine that takes a while. */
export const TAKEN_PATIENCE = 5;
/** Dispatches that no worker answered, in a row, before the learner is told; later ones go on more slowly. */
export const TRIES = 3;
export const SLOW_RETRY_MS = 30_000;
/** Agents that one session may lose within a minute: one that kills each of its agents is left alone. */
export const LOSSES_A_MINUTE = 5;
const MINUTE_MS = 60_000;
/** The store or the media server is away. */
export const TROUBLE_RETRY_MS = 500;
export const RENEW_EVERY_MS = 5_000;
/** Entries that no line renews and no process watches: their signaling process died, and their job with it. */
export const ORPHAN_AFTER_MS = 20_000;
const SWEEP_EVERY_MS = 5_000;

interface Watched {
  fence: number;
  /** Empty while no job has answered. */
  line: string;
  placement: Placement;
  renewedAtMs: number;
  seenAtMs: number;
  unanswered: number;
  /** How often a dispatch that a worker has taken was waited for anew. */
  waited: number;
  lossesAtMs: number[];
  timer: NodeJS.Timeout | undefined;
}

export class Failover {
  readonly #options: FailoverOptions;
  readonly #nowMs: () => number;
  readonly #watched = new Map<string, Watched>();
  readonly #running = new Set<Promise<void>>();
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: FailoverOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Looks after sessions whose signaling process has died. */
  start(): void {
    this.#sweep = setInterval(() => {
      this.#do(() => this.#adoptOrphans());
    }, SWEEP_EVERY_MS);
  }

  /** A new session: its first fencing number. Undefined where the store is away: that session has no failover. */
  async begin(sessionId: string): Promise<number | undefined> {
    try {
      const claimed = await this.#options.affinity.claim(sessionId, 0, NOBODY);
      if (claimed !== undefined) {
        this.#await(sessionId, this.#watch(sessionId, claimed.fence), ANSWER_WITHIN_MS);
      }
      return claimed?.fence;
    } catch (error) {
      this.#tell({ what: 'trouble', sessionId, error });
      return undefined;
    }
  }

  /** A job opens its line. False: another one has the session. */
  async open(sessionId: string, fence: number, placement: Placement): Promise<boolean> {
    const known = this.#watched.get(sessionId);
    if (known !== undefined && known.fence > fence) {
      return false;
    }
    if (!(await this.#renew(sessionId, fence, placement))) {
      return false;
    }
    const watched = this.#watch(sessionId, fence);
    watched.line = placement.line;
    watched.placement = placement;
    watched.unanswered = 0;
    this.#listen(sessionId, watched);
    return true;
  }

  /** The job of this line lives. Resolves false when another one has the session. */
  async beat(sessionId: string, line: string): Promise<boolean> {
    const watched = this.#watched.get(sessionId);
    if (watched?.line !== line) {
      return watched === undefined;
    }
    const { fence, placement } = watched;
    this.#listen(sessionId, watched);
    const nowMs = this.#nowMs();
    if (nowMs - watched.renewedAtMs < RENEW_EVERY_MS) {
      return true;
    }
    watched.renewedAtMs = nowMs;
    return this.#renew(sessionId, fence, placement);
  }

  /** The line is closed: by the job, which is done, or by its death. */
  lineClosed(sessionId: string, line: string, isDone: boolean): void {
    const watched = this.#watched.get(sessionId);
    if (this.#closed || watched?.line !== line) {
      return;
    }
    if (isDone) {
      this.#forget(sessionId);
      this.#do(async () => {
        await this.#options.affinity.release(sessionId, watched.fence);
      });
      return;
    }
    watched.seenAtMs = this.#nowMs();
    this.#after(watched, GRACE_MS, () => this.#lost(sessionId, watched, line));
  }

  /** Whether what a job with this number delivers may be taken. */
  async isOwner(sessionId: string, fence: number): Promise<boolean> {
    try {
      const owner = await this.#options.affinity.read(sessionId);
      return owner === undefined || owner.fence === fence;
    } catch {
      return (this.#watched.get(sessionId)?.fence ?? fence) === fence;
    }
  }

  /** Waits for nothing but what is under way. Lines that close from now on are no deaths. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const id of [...this.#watched.keys()]) {
      this.#forget(id);
    }
    await Promise.all(this.#running);
  }

  #watch(sessionId: string, fence: number): Watched {
    const known = this.#watched.get(sessionId);
    clearTimeout(known?.timer);
    const watched: Watched = {
      fence,
      line: '',
      placement: NOBODY,
      renewedAtMs: this.#nowMs(),
      seenAtMs: known?.seenAtMs ?? this.#nowMs(),
      unanswered: known?.unanswered ?? 0,
      waited: 0,
      lossesAtMs: known?.lossesAtMs ?? [],
      timer: undefined,
    };
    this.#watched.set(sessionId, watched);
    return watched;
  }

  #forget(sessionId: string): void {
    clearTimeout(this.#watched.get(sessionId)?.timer);
    this.#watched.delete(sessionId);
  }

  #listen(sessionId: string, watched: Watched): void {
    watched.seenAtMs = this.#nowMs();
    this.#after(watched, SILENT_AFTER_MS, () => this.#lost(sessionId, watched, watched.line));
  }

  #await(sessionId: string, watched: Watched, withinMs: number): void {
    this.#after(watched, withinMs, async () => {
      const isTaken = await this.#options.rooms.isTaken(sessionId).catch(() => false);
      if (this.#watched.get(sessionId) !== watched || watched.line !== '') {
        return;
      }
      if (isTaken && watched.waited < TAKEN_PATIENCE) {
        watched.waited += 1;
        this.#await(sessionId, watched, withinMs);
        return;
      }
      watched.unanswered += 1;
      if (watched.unanswered === TRIES) {
        await this.#report(sessionId, 'unanswered');
      }
      await this.#replace(sessionId, watched);
    });
  }

  #after(watched: Watched, delayMs: number, act: () => Promise<void>): void {
    clearTimeout(watched.timer);
    if (!this.#closed) {
      watched.timer = setTimeout(() => {
        this.#do(act);
      }, delayMs);
    }
  }

  async #lost(sessionId: string, watched: Watched, line: string): Promise<void> {
    if (this.#watched.get(sessionId) !== watched || watched.line !== line) {
      return;
    }
    const nowMs = this.#nowMs();
    const owner = await this.#options.affinity.read(sessionId).catch(() => undefined);
    if (owner !== undefined && (owner.fence !== watched.fence || owner.line !== line)) {
      // Its line goes to another signaling process by now.
      this.#forget(sessionId);
      return;
    }
    watched.lossesAtMs = [...watched.lossesAtMs.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    if (watched.lossesAtMs.length > LOSSES_A_MINUTE) {
      this.#forget(sessionId);
      await this.#report(sessionId, 'given-up');
      return;
    }
    await this.#replace(sessionId, watched);
  }

  async #replace(sessionId: string, watched: Watched): Promise<void> {
    const { affinity, rooms, metadata } = this.#options;
    const fence = watched.fence + 1;
    try {
      const [claimed, told] = await Promise.all([
        affinity.claim(sessionId, watched.fence, NOBODY),
        metadata(sessionId, { fence, lostAtMs: watched.seenAtMs }),
      ]);
      if (this.#watched.get(sessionId) !== watched) {
        return;
      }
      if (claimed === undefined) {
        this.#forget(sessionId);
        return;
      }
      const next = this.#watch(sessionId, fence);
      next.seenAtMs = watched.seenAtMs;
      if (told === undefined || (await rooms.replaceAgent(told)) === 'gone') {
        this.#forget(sessionId);
        await affinity.release(sessionId, fence);
        return;
      }
      this.#tell({ what: 'replaced', sessionId });
      if (this.#watched.get(sessionId) === next && next.line === '') {
        this.#await(sessionId, next, next.unanswered < TRIES ? ANSWER_WITHIN_MS : SLOW_RETRY_MS);
      }
    } catch (error) {
      this.#tell({ what: 'trouble', sessionId, error });
      const current = this.#watched.get(sessionId);
      if (current !== undefined && (current === watched || current.line === '')) {
        this.#after(current, TROUBLE_RETRY_MS, () => this.#replace(sessionId, current));
      }
    }
  }

  async #renew(sessionId: string, fence: number, placement: Placement): Promise<boolean> {
    try {
      return await this.#options.affinity.renew(sessionId, fence, placement);
    } catch (error) {
      // The session goes on; the entry lives for an hour without.
      this.#tell({ what: 'trouble', sessionId, error });
      return true;
    }
  }

  async #adoptOrphans(): Promise<void> {
    const nowMs = this.#nowMs();
    for (const { sessionId, fence, seenAtMs } of await this.#options.affinity.list()) {
      if (!this.#watched.has(sessionId) && nowMs - seenAtMs > ORPHAN_AFTER_MS) {
        const watched = this.#watch(sessionId, fence);
        watched.seenAtMs = seenAtMs;
        await this.#replace(sessionId, watched);
      }
    }
  }

  async #report(sessionId: string, absence: AgentAbsence): Promise<void> {
    this.#tell({ what: absence, sessionId });
    await this.#options.rooms.report(sessionId, absence).catch((error: unknown) => {
      this.#tell({ what: 'trouble', sessionId, error });
    });
  }

  #do(act: () => Promise<void>): void {
    const running = act()
      .catch((error: unknown) => {
        this.#tell({ what: 'trouble', sessionId: '', error });
      })
      .finally(() => {
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  #tell(event: FailoverEvent): void {
    this.#options.onEvent?.(event);
  }
}

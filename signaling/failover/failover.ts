/**
 * Keeps an agent in every live session. Each job holds a line to signaling: an HTTP request that lasts as long as it
 * does. The kernel closes the line of a killed process at once, and then another agent is sent into the room, under the
 * next fencing number; one that was taken for dead by mistake finds its number refused, and goes.
 */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { NOBODY, type Placement, type SessionAffinity } from '../affinity/session-affinity.ts';
import type { AgentAbsence, AgentRooms } from './agent-rooms.ts';
import { nothingYet, type FailoverEvent, type FailoverNews } from './news.ts';
import {
  ANSWER_WITHIN_MS,
  GIVE_UP_AFTER_MS,
  GRACE_MS,
  LOSSES_A_MINUTE,
  MINUTE_MS,
  ORPHAN_AFTER_MS,
  RENEW_EVERY_MS,
  REPORT_AFTER_MS,
  SILENT_AFTER_MS,
  SLOW_RETRY_MS,
  SWEEP_EVERY_MS,
  TAKEN_WITHIN_MS,
  TROUBLE_RETRY_MS,
} from './times.ts';

export interface FailoverOptions {
  affinity: SessionAffinity;
  rooms: AgentRooms;
  /** What a new agent of the session is told; undefined where the session has ended. */
  metadata: (sessionId: string, ownership: NewOwner) => Promise<DispatchMetadata | undefined>;
  /** No agent comes any more: the session is over, for this reason. */
  onFailed?: (sessionId: string, absence: AgentAbsence) => Promise<void>;
  onEvent?: (event: FailoverEvent) => void;
  /** Milliseconds since the epoch. */
  nowMs?: () => number;
}

export interface NewOwner {
  fence: number;
  /** When the last agent was seen, in milliseconds since the epoch. */
  lostAtMs: number;
}

interface Watched {
  fence: number;
  /** Empty while no job has answered. */
  line: string;
  placement: Placement;
  renewedAtMs: number;
  seenAtMs: number;
  /** Since when there has been no agent; undefined while there is one. */
  agentlessSinceMs: number | undefined;
  dispatchedAtMs: number;
  /** The room knows that nobody has been found. */
  isTold: boolean;
  lossesAtMs: number[];
  timer: NodeJS.Timeout | undefined;
}

export class Failover {
  readonly #options: FailoverOptions;
  readonly #nowMs: () => number;
  readonly #watched = new Map<string, Watched>();
  readonly #running = new Set<Promise<void>>();
  /** How often each has happened since the start of this process. */
  readonly counts: Record<FailoverNews, number> = nothingYet();
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
        this.#await(sessionId, this.#watch(sessionId, claimed.fence), TAKEN_WITHIN_MS);
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
    watched.agentlessSinceMs = undefined;
    if (watched.isTold) {
      watched.isTold = false;
      this.#do(() => this.#options.rooms.report(sessionId, null));
    }
    this.#listen(sessionId, watched);
    return true;
  }

  /** The session is over. Where no job has answered yet, none is waited for; one that has closes its own line. */
  ended(sessionId: string): void {
    const watched = this.#watched.get(sessionId);
    if (watched?.line === '') {
      this.#forget(sessionId);
      this.#do(async () => {
        await this.#options.affinity.release(sessionId, watched.fence);
      });
    }
  }

  /**
   * The owner gives the session up, and another agent is to come at once: its worker ends, or its room was lost at
   * `lostAtMs` (milliseconds since the epoch). False where the session is over. To be asked with a number that `isOwner`
   * confirms.
   */
  async handOver(sessionId: string, fence: number, lostAtMs = this.#nowMs()): Promise<boolean> {
    if (!(await this.#isLive(sessionId, fence))) {
      return false;
    }
    const known = this.#watched.get(sessionId);
    const watched = known?.fence === fence ? known : this.#watch(sessionId, fence);
    clearTimeout(watched.timer);
    watched.seenAtMs = lostAtMs;
    this.#tell({ what: 'handed-over', sessionId });
    this.#do(() => this.#replaceLost(sessionId, watched));
    return true;
  }

  /**
   * Makes the session's room again where LiveKit has lost it, so that everybody comes back to it. False where the session
   * is over. Rejects where LiveKit cannot be reached.
   */
  async keepRoom(sessionId: string, fence: number): Promise<boolean> {
    if (!(await this.#isLive(sessionId, fence))) {
      return false;
    }
    await this.#options.rooms.keep(sessionId);
    return true;
  }

  /** Whether an agent has the session or is looked for: then a room that is gone for a moment ends nothing. */
  async serves(sessionId: string): Promise<boolean> {
    if (this.#watched.has(sessionId)) {
      return true;
    }
    const owner = await this.#options.affinity.read(sessionId).catch(() => undefined);
    return owner !== undefined && this.#nowMs() - owner.seenAtMs <= ORPHAN_AFTER_MS;
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
      agentlessSinceMs: known === undefined ? this.#nowMs() : known.agentlessSinceMs,
      dispatchedAtMs: this.#nowMs(),
      isTold: known?.isTold ?? false,
      lossesAtMs: known?.lossesAtMs ?? [],
      timer: undefined,
    };
    this.#watched.set(sessionId, watched);
    return watched;
  }

  #forget(id: string): void {
    clearTimeout(this.#watched.get(id)?.timer);
    this.#watched.delete(id);
  }

  #listen(sessionId: string, watched: Watched): void {
    watched.seenAtMs = this.#nowMs();
    this.#after(watched, SILENT_AFTER_MS, () => this.#lost(sessionId, watched, watched.line));
  }

  /** Looks after `withinMs` whether an agent has come, and sends for another where none has. */
  #await(sessionId: string, watched: Watched, withinMs: number): void {
    this.#after(watched, withinMs, async () => {
      const isTaken = await this.#options.rooms.isTaken(sessionId).catch(() => false);
      if (this.#watched.get(sessionId) !== watched || watched.line !== '') {
        return;
      }
      const nowMs = this.#nowMs();
      if (isTaken && nowMs - watched.dispatchedAtMs < ANSWER_WITHIN_MS) {
        this.#await(sessionId, watched, withinMs);
        return;
      }
      watched.agentlessSinceMs ??= nowMs;
      const withoutMs = nowMs - watched.agentlessSinceMs;
      if (withoutMs >= GIVE_UP_AFTER_MS) {
        await this.#fail(sessionId, watched, 'unanswered');
        return;
      }
      if (withoutMs >= REPORT_AFTER_MS && !watched.isTold) {
        watched.isTold = true;
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
    const owner = await this.#options.affinity.read(sessionId).catch(() => undefined);
    if (owner !== undefined && (owner.fence !== watched.fence || owner.line !== line)) {
      // Its line goes to another signaling process by now.
      this.#forget(sessionId);
      return;
    }
    await this.#replaceLost(sessionId, watched);
  }

  async #replaceLost(sessionId: string, watched: Watched): Promise<void> {
    const nowMs = this.#nowMs();
    watched.agentlessSinceMs ??= nowMs;
    watched.lossesAtMs = [...watched.lossesAtMs.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    if (watched.lossesAtMs.length > LOSSES_A_MINUTE) {
      await this.#report(sessionId, 'given-up');
      await this.#fail(sessionId, watched, 'given-up');
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
      if (told === undefined) {
        this.#forget(sessionId);
        await affinity.release(sessionId, fence);
        return;
      }
      await rooms.replaceAgent(told);
      this.#tell({ what: watched.line === '' ? 'redispatched' : 'replaced', sessionId });
      if (this.#watched.get(sessionId) === next && next.line === '') {
        this.#await(sessionId, next, next.isTold ? SLOW_RETRY_MS : TAKEN_WITHIN_MS);
      }
    } catch (error) {
      this.#tell({ what: 'trouble', sessionId, error });
      const current = this.#watched.get(sessionId);
      if (current !== undefined && (current === watched || current.line === '')) {
        this.#after(current, TROUBLE_RETRY_MS, () => this.#replace(sessionId, current));
      }
    }
  }

  async #isLive(sessionId: string, fence: number): Promise<boolean> {
    const owner = { fence, lostAtMs: this.#nowMs() };
    return (await this.#options.metadata(sessionId, owner)) !== undefined;
  }

  async #fail(sessionId: string, watched: Watched, absence: AgentAbsence): Promise<void> {
    this.#forget(sessionId);
    this.#tell({ what: 'failed', sessionId });
    await this.#options.onFailed?.(sessionId, absence);
    await this.#options.affinity.release(sessionId, watched.fence);
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
    this.counts[event.what] += 1;
    this.#options.onEvent?.(event);
  }
}

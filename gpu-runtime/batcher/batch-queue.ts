/**
 * The batching policy, pure: what is waiting, what may come in, what runs next and when. It takes the time and keeps no
 * timers; `Batcher` is its shell.
 *
 * - Requests are batched per key (model and avatar), never across priorities.
 * - An idle device takes what is there at once. A partly busy one may gather until the earliest of: the batch is full,
 *   a member's deadline less the expected run, 30 ms after the first arrival.
 * - Live conversation (P0) goes before preparation (P1); a P1 request that has waited long gets one turn.
 * - Sessions share a batch fairly: those served least go first.
 * - Queues are bounded; a refusal says when to come back.
 */
import type { Priority } from '../ports.ts';

export interface QueuedRequest {
  id: number;
  key: string;
  session: string;
  priority: Priority;
  rows: number;
  arrivedMs: number;
  deadlineMs: number;
}

export interface BatchQueueOptions {
  /** Rows of one run. */
  maxBatchRows: number;
  maxGatherMs: number;
  /** Waiting requests of each priority. */
  maxQueued: Readonly<Record<Priority, number>>;
  /** A P1 request older than this goes first once. */
  patienceMs: number;
}

export const DEFAULT_BATCHING: BatchQueueOptions = {
  maxBatchRows: 8,
  maxGatherMs: 30,
  maxQueued: { 0: 256, 1: 1_024 },
  patienceMs: 2_000,
};

export type Admission = { ok: true } | { ok: false; retryAfterMs: number };

export type NextStep =
  | { kind: 'run'; key: string; requests: QueuedRequest[] }
  /** Ask again then, or when something changes. */
  | { kind: 'wait'; untilMs: number }
  | { kind: 'nothing' };

/** Guess before the first run has been measured. */
const FIRST_RUN_MS = 10;
/** Weight of the newest run in the average. */
const NEWEST = 0.2;
const LEAST_RETRY_MS = 5;
const MOST_RETRY_MS = 5_000;
/** Sessions remembered; and more rows than any session leads by, so that turns within a batch come first. */
const SERVED_KEPT = 1_000_000;
const SESSIONS_KEPT = 4_096;

export class BatchQueue {
  readonly #options: BatchQueueOptions;
  /** In order of arrival. */
  #waiting: QueuedRequest[] = [];
  readonly #waitingOfPriority: Record<Priority, number> = { 0: 0, 1: 0 };
  readonly #waitingOfSession = new Map<string, number>();
  /** Undefined when it has to be found anew. */
  #earliestMs: number | undefined = Number.POSITIVE_INFINITY;
  readonly #msPerRun = new Map<string, number>();
  readonly #served = new Map<string, number>();

  constructor(options: Partial<BatchQueueOptions> = {}) {
    this.#options = { ...DEFAULT_BATCHING, ...options };
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Infinity when nothing waits. */
  get earliestDeadlineMs(): number {
    this.#earliestMs ??= this.#waiting.reduce(
      (earliest, { deadlineMs }) => Math.min(earliest, deadlineMs),
      Number.POSITIVE_INFINITY,
    );
    return this.#earliestMs;
  }

  queued(priority: Priority): number {
    return this.#waitingOfPriority[priority];
  }

  add(request: QueuedRequest): Admission {
    const limit = this.#options.maxQueued[request.priority];
    if (this.queued(request.priority) >= limit) {
      return { ok: false, retryAfterMs: this.#drainMs(request.key) };
    }
    this.#letJoin(request.session);
    this.#waiting.push(request);
    this.#count(request, 1);
    this.#earliestMs = Math.min(this.earliestDeadlineMs, request.deadlineMs);
    return { ok: true };
  }

  /** Whether it was still waiting. */
  cancel(id: number): boolean {
    return this.#takeOut((request) => request.id === id).length > 0;
  }

  /** Takes out the requests whose answer would come too late now. */
  expire(nowMs: number): QueuedRequest[] {
    return this.earliestDeadlineMs > nowMs
      ? []
      : this.#takeOut(({ deadlineMs }) => deadlineMs <= nowMs);
  }

  /** Takes out everything. */
  clear(): QueuedRequest[] {
    return this.#takeOut(() => true);
  }

  /**
   * What to do now. `deviceIdle`: nothing runs on the device; otherwise an instance is free but others are busy.
   * A `run` is taken out of the queue.
   */
  next(nowMs: number, deviceIdle: boolean): NextStep {
    const lead = this.#leadRequest(nowMs);
    if (lead === undefined) {
      return { kind: 'nothing' };
    }
    const mates = this.#waiting.filter(
      ({ key, priority }) => key === lead.key && priority === lead.priority,
    );
    const rows = mates.reduce((sum, request) => sum + request.rows, 0);
    if (!deviceIdle && rows < this.#options.maxBatchRows) {
      const untilMs = this.#gatherUntilMs(mates);
      if (untilMs > nowMs) {
        return { kind: 'wait', untilMs };
      }
    }
    const requests = this.#fill(lead, mates);
    const taken = new Set(requests.map(({ id }) => id));
    this.#takeOut(({ id }) => taken.has(id));
    for (const { session, rows: own } of requests) {
      this.#served.set(session, (this.#served.get(session) ?? 0) + own);
    }
    return { kind: 'run', key: lead.key, requests };
  }

  /** A run of the key took so long. */
  ran(key: string, tookMs: number): void {
    const known = this.#msPerRun.get(key);
    this.#msPerRun.set(key, known === undefined ? tookMs : known + NEWEST * (tookMs - known));
  }

  expectedRunMs(key: string): number {
    return this.#msPerRun.get(key) ?? FIRST_RUN_MS;
  }

  /** The request that decides what runs: patience first, then priority, then deadline. */
  #leadRequest(nowMs: number): QueuedRequest | undefined {
    const impatient = this.#waiting.find(
      ({ priority, arrivedMs }) => priority === 1 && nowMs - arrivedMs >= this.#options.patienceMs,
    );
    if (impatient !== undefined) {
      return impatient;
    }
    return this.#waiting.reduce<QueuedRequest | undefined>((best, request) => {
      if (best === undefined) {
        return request;
      }
      const sooner =
        request.priority < best.priority ||
        (request.priority === best.priority && request.deadlineMs < best.deadlineMs);
      return sooner ? request : best;
    }, undefined);
  }

  #gatherUntilMs(mates: readonly QueuedRequest[]): number {
    return Math.min(
      ...mates.map(({ key, arrivedMs, deadlineMs }) =>
        Math.min(deadlineMs - this.expectedRunMs(key), arrivedMs + this.#options.maxGatherMs),
      ),
    );
  }

  /** The lead and as many mates as fit: least served sessions first, one request of each in turn. */
  #fill(lead: QueuedRequest, mates: readonly QueuedRequest[]): QueuedRequest[] {
    const chosen = [lead];
    let rows = lead.rows;
    const turns = new Map<string, number>([[lead.session, 1]]);
    const left = mates.filter((request) => request !== lead);
    const turnOf = ({ session }: QueuedRequest): number =>
      (turns.get(session) ?? 0) * SERVED_KEPT + (this.#served.get(session) ?? 0);
    while (left.length > 0 && rows < this.#options.maxBatchRows) {
      const index = left.reduce((best, request, at) => {
        const own = turnOf(request);
        const other = turnOf(left[best]!);
        return own < other || (own === other && request.deadlineMs < left[best]!.deadlineMs)
          ? at
          : best;
      }, 0);
      const [request] = left.splice(index, 1);
      if (rows + request!.rows > this.#options.maxBatchRows) {
        continue;
      }
      rows += request!.rows;
      turns.set(request!.session, (turns.get(request!.session) ?? 0) + 1);
      chosen.push(request!);
    }
    return chosen;
  }

  #takeOut(goes: (request: QueuedRequest) => boolean): QueuedRequest[] {
    const out: QueuedRequest[] = [];
    const stay: QueuedRequest[] = [];
    for (const request of this.#waiting) {
      (goes(request) ? out : stay).push(request);
    }
    if (out.length > 0) {
      this.#waiting = stay;
      this.#earliestMs = undefined;
      for (const request of out) {
        this.#count(request, -1);
      }
    }
    return out;
  }

  #count({ priority, session }: QueuedRequest, change: 1 | -1): void {
    this.#waitingOfPriority[priority] += change;
    const count = (this.#waitingOfSession.get(session) ?? 0) + change;
    if (count === 0) {
      this.#waitingOfSession.delete(session);
    } else {
      this.#waitingOfSession.set(session, count);
    }
  }

  /** A session that comes or comes back starts level with the least served, not far ahead of it. */
  #letJoin(session: string): void {
    if (this.#waitingOfSession.has(session) && this.#served.has(session)) {
      return;
    }
    let least = Number.POSITIVE_INFINITY;
    for (const other of this.#waitingOfSession.keys()) {
      if (other !== session) {
        least = Math.min(least, this.#served.get(other) ?? 0);
      }
    }
    if (least < Number.POSITIVE_INFINITY) {
      this.#served.set(session, Math.max(this.#served.get(session) ?? 0, least));
    } else if (this.#served.size > SESSIONS_KEPT) {
      this.#served.clear();
    }
  }

  #drainMs(key: string): number {
    const runs = Math.ceil(this.#waiting.length / this.#options.maxBatchRows);
    const ms = runs * this.expectedRunMs(key);
    return Math.round(Math.max(LEAST_RETRY_MS, Math.min(MOST_RETRY_MS, ms)));
  }
}

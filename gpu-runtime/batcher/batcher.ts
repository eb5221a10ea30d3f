/** Runs requests in batches on a device: the policy's shell, with its clock, its promises and its counters. */
import type { Clock } from '#media/clock.ts';
import { RuntimeError, asRuntimeError } from '../errors.ts';
import type { Scheduling } from '../ports.ts';
import { BatchQueue, type BatchQueueOptions, type QueuedRequest } from './batch-queue.ts';
import { DeadLetters, type DeadLetter } from './dead-letters.ts';

export interface BatcherOptions<Job, Result> extends Partial<BatchQueueOptions> {
  clock: Clock;
  /** Runs that the device takes at the same time. */
  instances: number;
  /** Runs a batch of one key and returns a result, or an error, per job and in their order. A rejection fails all. */
  run: (key: string, jobs: readonly Job[]) => Promise<readonly (Result | RuntimeError)[]>;
  /**
   * Runs a task when everything that has already arrived has been read (`setImmediate`): so requests that came together
   * run together on an idle device, and none waits for a clock. At once when absent.
   */
  soon?: ((task: () => void) => void) | undefined;
  /** Background work is tried this often. */
  attempts?: number;
}

export interface Submission<Job> {
  job: Job;
  key: string;
  rows: number;
  scheduling: Scheduling;
  signal?: AbortSignal;
}

export interface BatchCounters {
  runs: number;
  rows: number;
  succeeded: number;
  failed: number;
  rejected: number;
  expired: number;
  cancelled: number;
  /** Time that answered requests waited, and that runs took, in all. */
  queueMs: number;
  runMs: number;
}

interface Waiter<Job, Result> {
  request: QueuedRequest;
  job: Job;
  attempts: number;
  running: boolean;
  resolve: (result: Result) => void;
  reject: (error: RuntimeError) => void;
  unlisten: () => void;
}

const ATTEMPTS = 3;

export class Batcher<Job, Result> {
  readonly counters: BatchCounters = {
    runs: 0,
    rows: 0,
    succeeded: 0,
    failed: 0,
    rejected: 0,
    expired: 0,
    cancelled: 0,
    queueMs: 0,
    runMs: 0,
  };
  readonly #options: BatcherOptions<Job, Result>;
  readonly #queue: BatchQueue;
  readonly #waiters = new Map<number, Waiter<Job, Result>>();
  readonly #deadLetters = new DeadLetters();
  #nextId = 1;
  #running = 0;
  #cancelTimer: (() => void) | undefined;
  /** When the timer rings; Infinity where there is none. */
  #ringsMs = Number.POSITIVE_INFINITY;
  #advancing = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<Job, Result>) {
    this.#options = options;
    this.#queue = new BatchQueue(options);
  }

  get queued(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#running;
  }

  /** Background work that failed for good, newest last. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters.all;
  }

  /** Throws OVERLOADED (with retryAfterMs), DEADLINE_EXCEEDED, CANCELLED, CLOSED, or what the run failed with. */
  submit({ job, key, rows, scheduling, signal }: Submission<Job>): Promise<Result> {
    if (this.#closed) {
      return Promise.reject(new RuntimeError('CLOSED'));
    }
    if (signal?.aborted === true) {
      return Promise.reject(new RuntimeError('CANCELLED'));
    }
    const nowMs = this.#options.clock.nowMs();
    const request: QueuedRequest = {
      id: this.#nextId++,
      key,
      session: scheduling.session,
      priority: scheduling.priority,
      rows,
      arrivedMs: nowMs,
      deadlineMs: nowMs + scheduling.timeoutMs,
    };
    const admission = this.#queue.add(request);
    if (!admission.ok) {
      this.counters.rejected += 1;
      const { retryAfterMs } = admission;
      return Promise.reject(
        new RuntimeError('OVERLOADED', {
          detail: `Try again in ${String(retryAfterMs)} ms.`,
          retryAfterMs,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.cancel(request.id);
        this.counters.cancelled += 1;
        this.#settle(request.id, (waiter) => {
          waiter.reject(new RuntimeError('CANCELLED'));
        });
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.set(request.id, {
        request,
        job,
        attempts: 0,
        running: false,
        resolve,
        reject,
        unlisten: () => signal?.removeEventListener('abort', onAbort),
      });
      this.#advanceSoon();
    });
  }

  /** No more comes in; resolves when what runs has ended. What waits is refused with CLOSED. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const { id } of this.#queue.clear()) {
      this.#settle(id, (waiter) => {
        waiter.reject(new RuntimeError('CLOSED'));
      });
    }
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
      });
    }
  }

  #advanceSoon(): void {
    const { soon } = this.#options;
    if (soon === undefined) {
      this.#advance();
    } else if (!this.#advancing) {
      this.#advancing = true;
      soon(() => {
        this.#advancing = false;
        if (!this.#closed) {
          this.#advance();
        }
      });
    }
  }

  #advance(): void {
    const { clock, instances } = this.#options;
    const nowMs = clock.nowMs();
    for (const { id } of this.#queue.expire(nowMs)) {
      this.counters.expired += 1;
      this.#settle(id, (waiter) => {
        waiter.reject(new RuntimeError('DEADLINE_EXCEEDED'));
      });
    }
    let untilMs = Number.POSITIVE_INFINITY;
    while (this.#running < instances) {
      const step = this.#queue.next(nowMs, this.#running === 0);
      if (step.kind === 'run') {
        void this.#run(step.key, step.requests);
        continue;
      }
      untilMs = step.kind === 'wait' ? step.untilMs : untilMs;
      break;
    }
    // A request that can no longer be in time is told so then, not when the device frees.
    const againMs = Math.min(untilMs, this.#queue.earliestDeadlineMs);
    // A timer that rings sooner looks again by itself: requests come far more often than they are late.
    if (againMs < this.#ringsMs || againMs === Number.POSITIVE_INFINITY) {
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
      this.#ringsMs = againMs;
    }
    if (againMs < Number.POSITIVE_INFINITY && this.#cancelTimer === undefined) {
      this.#cancelTimer = clock.after(Math.max(0, againMs - nowMs), () => {
        this.#cancelTimer = undefined;
        this.#ringsMs = Number.POSITIVE_INFINITY;
        this.#advance();
      });
    }
  }

  async #run(key: string, requests: readonly QueuedRequest[]): Promise<void> {
    const { clock } = this.#options;
    const startedMs = clock.nowMs();
    const waiters = requests.flatMap(({ id }) => this.#waiters.get(id) ?? []);
    this.#running += 1;
    this.counters.runs += 1;
    this.counters.rows += requests.reduce((sum, { rows }) => sum + rows, 0);
    for (const waiter of waiters) {
      waiter.running = true;
      waiter.attempts += 1;
      this.counters.queueMs += startedMs - waiter.request.arrivedMs;
    }
    const results = await this.#runEach(
      key,
      waiters.map(({ job }) => job),
    );
    const tookMs = clock.nowMs() - startedMs;
    this.#queue.ran(key, tookMs);
    this.counters.runMs += tookMs;
    this.#running -= 1;
    waiters.forEach((waiter, index) => {
      const result = results[index]!;
      if (result instanceof RuntimeError) {
        this.#failed(waiter, result);
      } else {
        this.counters.succeeded += 1;
        this.#settle(waiter.request.id, ({ resolve }) => {
          resolve(result);
        });
      }
    });
    if (this.#running === 0) {
      for (const tell of this.#idle.splice(0)) {
        tell();
      }
    }
    if (!this.#closed) {
      this.#advanceSoon();
    }
  }

  /** A batch that fails as a whole is run again one by one, so that one bad request fails alone. */
  async #runEach(key: string, jobs: readonly Job[]): Promise<readonly (Result | RuntimeError)[]> {
    const { run } = this.#options;
    try {
      const results = await run(key, jobs);
      if (results.length === jobs.length) {
        return results;
      }
      throw new RuntimeError('MODEL_FAILED', {
        detail: `It gave ${String(results.length)} results for ${String(jobs.length)} requests.`,
      });
    } catch (error) {
      if (jobs.length <= 1) {
        return jobs.map(() => asRuntimeError(error));
      }
    }
    const results: (Result | RuntimeError)[] = [];
    for (const job of jobs) {
      try {
        results.push((await run(key, [job]))[0] ?? new RuntimeError('MODEL_FAILED'));
      } catch (error) {
        results.push(asRuntimeError(error));
      }
    }
    return results;
  }

  #failed(waiter: Waiter<Job, Result>, error: RuntimeError): void {
    const { request } = waiter;
    if (!this.#waiters.has(request.id)) {
      return;
    }
    const again = error.code === 'MODEL_FAILED' && request.priority === 1 && !this.#closed;
    if (again && waiter.attempts < (this.#options.attempts ?? ATTEMPTS)) {
      waiter.running = false;
      if (this.#queue.add(request).ok) {
        return;
      }
    }
    this.counters.failed += 1;
    if (request.priority === 1) {
      const { key, session } = request;
      const atMs = this.#options.clock.nowMs();
      this.#deadLetters.add({ key, session, attempts: waiter.attempts, error, atMs });
    }
    this.#settle(request.id, ({ reject }) => {
      reject(error);
    });
  }

  /** Ends a request once; later ends find nothing. */
  #settle(id: number, how: (waiter: Waiter<Job, Result>) => void): void {
    const waiter = this.#waiters.get(id);
    if (waiter !== undefined) {
      this.#waiters.delete(id);
      waiter.unlisten();
      how(waiter);
    }
  }
}

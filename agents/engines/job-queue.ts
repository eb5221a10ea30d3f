/**
 * Sends jobs to a worker (a thread or a process), one at a time; the rest wait here and can be withdrawn. A worker
 * that is lost fails the jobs at hand, and the next job starts another.
 */
import { MediaError } from '#media/errors.ts';

export type JobReply<Result> =
  ({ id: number; ok: true } & Result) | { id: number; ok: false; detail: string };

export interface WorkerEvents<Result> {
  onReply: (reply: JobReply<Result>) => void;
  /** The worker is gone; `detail` says how, in a sentence. */
  onLost: (detail: string) => void;
}

export interface WorkerConnection<Job> {
  post: (message: Job & { id: number }) => void;
  /** An idle worker does not keep the program alive. */
  setBusy: (isBusy: boolean) => void;
  close: () => Promise<void>;
}

export type Connect<Job, Result> = (events: WorkerEvents<Result>) => WorkerConnection<Job>;

interface Waiting<Job, Result> {
  job: Job;
  resolve: (result: Result | undefined) => void;
  reject: (error: Error) => void;
  signal: AbortSignal | undefined;
  onAbort: () => void;
}

const failed = (detail: string, retryable: boolean): MediaError =>
  new MediaError('SYNTHESIS_FAILED', { detail, retryable });

export class JobQueue<Job extends object, Result extends object> {
  readonly #connect: Connect<Job, Result>;
  readonly #waiting: Waiting<Job, Result>[] = [];
  #running: { id: number; entry: Waiting<Job, Result> } | undefined;
  #worker: WorkerConnection<Job> | undefined;
  #nextId = 1;
  #closed: Promise<void> | undefined;

  constructor(connect: Connect<Job, Result>) {
    this.#connect = connect;
  }

  /**
   * Resolves with undefined when aborted, even while the worker is busy with the job. Rejects with
   * SYNTHESIS_FAILED, retryable where the worker was lost and not where it refused.
   */
  run(job: Job, signal?: AbortSignal): Promise<Result | undefined> {
    if (signal?.aborted === true) return Promise.resolve(undefined);
    if (this.#closed !== undefined) {
      return Promise.reject(failed('The voice has been closed.', false));
    }
    return new Promise((resolve, reject) => {
      const entry: Waiting<Job, Result> = {
        job,
        resolve,
        reject,
        signal,
        onAbort: () => {
          const at = this.#waiting.indexOf(entry);
          if (at >= 0) this.#waiting.splice(at, 1);
          resolve(undefined);
        },
      };
      signal?.addEventListener('abort', entry.onAbort, { once: true });
      this.#waiting.push(entry);
      this.#advance();
    });
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      const worker = this.#worker;
      this.#worker = undefined;
      this.#closed = worker?.close() ?? Promise.resolve();
      this.#failAll(failed('The voice has been closed.', false));
    }
    return this.#closed;
  }

  #advance(): void {
    if (this.#running !== undefined) return;
    const entry = this.#waiting.shift();
    if (entry === undefined) return;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#running = { id, entry };
    this.#worker ??= this.#start();
    this.#worker.setBusy(true);
    this.#worker.post({ ...entry.job, id });
  }

  #start(): WorkerConnection<Job> {
    const worker = this.#connect({
      onReply: (reply) => {
        this.#settle(reply);
      },
      onLost: (detail) => {
        if (this.#worker !== worker) return;
        this.#worker = undefined;
        const running = this.#running;
        this.#running = undefined;
        // Only the job at hand may have caused the loss; those that wait get a new worker.
        if (running !== undefined) this.#fail(running.entry, failed(detail, true));
        this.#advance();
      },
    });
    return worker;
  }

  #settle(reply: JobReply<Result>): void {
    const running = this.#running;
    if (running?.id !== reply.id) return;
    this.#running = undefined;
    const { entry } = running;
    if (reply.ok) {
      entry.signal?.removeEventListener('abort', entry.onAbort);
      entry.resolve(reply);
    } else {
      this.#fail(entry, failed(reply.detail, false));
    }
    this.#advance();
    if (this.#running === undefined) this.#worker?.setBusy(false);
  }

  #fail(entry: Waiting<Job, Result>, error: Error): void {
    entry.signal?.removeEventListener('abort', entry.onAbort);
    entry.reject(error);
  }

  #failAll(error: Error): void {
    const entries = [
      ...(this.#running === undefined ? [] : [this.#running.entry]),
      ...this.#waiting,
    ];
    this.#running = undefined;
    this.#waiting.length = 0;
    for (const entry of entries) this.#fail(entry, error);
  }
}

/** The main thread's side of the flite worker: one request at a time, the rest wait here and can be withdrawn. */
import { Worker } from 'node:worker_threads';
import { MediaError } from '#media/errors.ts';
import type { SpeakRequest, SpeakResult, WorkerReply } from './protocol.ts';

type Job = Omit<SpeakRequest, 'id'>;

interface Waiting {
  job: Job;
  resolve: (result: SpeakResult | undefined) => void;
  reject: (error: Error) => void;
  signal: AbortSignal | undefined;
  onAbort: () => void;
}

const failed = (detail: string): MediaError =>
  new MediaError('SYNTHESIS_FAILED', { detail, retryable: true });

export class FliteWorkerClient {
  readonly #waiting: Waiting[] = [];
  #running: { id: number; entry: Waiting } | undefined;
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;

  /** Resolves with undefined when aborted, even while the worker is busy with it. */
  speak(job: Job, signal?: AbortSignal): Promise<SpeakResult | undefined> {
    if (signal?.aborted === true) return Promise.resolve(undefined);
    if (this.#closed) return Promise.reject(failed('The voice has been closed.'));
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
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

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#failAll(failed('The voice has been closed.'));
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #advance(): void {
    if (this.#running !== undefined) return;
    const entry = this.#waiting.shift();
    if (entry === undefined) return;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#running = { id, entry };
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ id, ...entry.job } satisfies SpeakRequest);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker-entry.mjs', import.meta.url));
    worker.on('message', (reply: WorkerReply) => {
      this.#settle(reply);
    });
    const onLoss = (detail: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failAll(failed(detail));
    };
    worker.on('error', (error) => {
      onLoss(`Its thread failed: ${error.message}`);
    });
    worker.on('exit', (status) => {
      onLoss(`Its thread ended with status ${String(status)}.`);
    });
    return worker;
  }

  #settle(reply: WorkerReply): void {
    const running = this.#running;
    if (running?.id !== reply.id) return;
    this.#running = undefined;
    const { entry } = running;
    entry.signal?.removeEventListener('abort', entry.onAbort);
    if (reply.ok) entry.resolve(reply);
    else entry.reject(new MediaError('SYNTHESIS_FAILED', { detail: reply.detail }));
    this.#advance();
    // An idle voice does not keep the process alive.
    if (this.#running === undefined) this.#worker?.unref();
  }

  #failAll(error: Error): void {
    const entries = [
      ...(this.#running === undefined ? [] : [this.#running.entry]),
      ...this.#waiting,
    ];
    this.#running = undefined;
    this.#waiting.length = 0;
    for (const entry of entries) {
      entry.signal?.removeEventListener('abort', entry.onAbort);
      entry.reject(error);
    }
  }
}

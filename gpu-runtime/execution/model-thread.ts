/** A worker thread that answers one run at a time. */
import { Worker, type Transferable } from 'node:worker_threads';
import { RuntimeError } from '../errors.ts';

/** What the thread answers to a message with this id. */
export type Reply<Answer> = { id: number } & (Answer | { problem: string });

interface Run<Answer> {
  id: number;
  resolve: (answer: Answer) => void;
  reject: (error: RuntimeError) => void;
}

export class ModelThread<Answer extends object> {
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #alive = true;
  #run: Run<Answer> | undefined;
  #nextId = 1;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: Reply<Answer>) => {
      this.#answer(reply);
    });
    worker.on('error', (cause) => {
      this.#end(cause);
    });
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#end();
        resolve();
      });
    });
  }

  /** With the first thing that the thread says. Throws MODEL_INVALID where it ends before, or says `{ problem }`. */
  static async open<First extends object, Answer extends object>(
    program: string,
    workerData: unknown,
  ): Promise<{ thread: ModelThread<Answer>; first: First }> {
    const worker = new Worker(program, { workerData, execArgv: [] });
    const first = await firstWordOf<First>(worker);
    if ('problem' in first) {
      await worker.terminate();
      throw new RuntimeError('MODEL_INVALID', { detail: first.problem, cause: first.cause });
    }
    // A waiting model must not keep the process alive.
    worker.unref();
    return { thread: new ModelThread<Answer>(worker), first };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  /** Rejects with MODEL_FAILED. One at a time. */
  run(message: object, transfer: readonly Transferable[] = []): Promise<Answer> {
    if (!this.#alive) {
      return Promise.reject(new RuntimeError('MODEL_FAILED', { detail: 'Its thread has ended.' }));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#run = { id, resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  /** Tells it something that has no answer. */
  tell(message: object): void {
    if (this.#alive) {
      this.#worker.postMessage(message);
    }
  }

  /** A run at hand is given up at once; the thread ends when the device lets it. */
  async close(): Promise<void> {
    this.#end();
    await this.#worker.terminate();
  }

  #answer(reply: Reply<Answer>): void {
    const run = this.#run;
    if (run?.id !== reply.id) {
      return;
    }
    this.#run = undefined;
    this.#worker.unref();
    if ('problem' in reply) {
      run.reject(new RuntimeError('MODEL_FAILED', { detail: reply.problem }));
    } else {
      run.resolve(reply);
    }
  }

  #end(cause?: unknown): void {
    this.#alive = false;
    const run = this.#run;
    this.#run = undefined;
    run?.reject(new RuntimeError('MODEL_FAILED', { detail: 'Its thread has ended.', cause }));
  }
}

type Failed = { problem: string; cause?: unknown };

function firstWordOf<First extends object>(worker: Worker): Promise<First | Failed> {
  return new Promise((resolve) => {
    const settle = (word: First | Failed): void => {
      worker.off('message', settle).off('error', onError).off('exit', onExit);
      resolve(word);
    };
    const onError = (cause: unknown): void => {
      settle({ problem: cause instanceof Error ? cause.message : String(cause), cause });
    };
    const onExit = (): void => {
      settle({ problem: 'Its thread has ended.' });
    };
    worker.on('message', settle).on('error', onError).on('exit', onExit);
  });
}

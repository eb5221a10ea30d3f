/** One thread that decodes faces. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RuntimeError } from '../errors.ts';
import type { Instance } from '../execution/instance-pool.ts';
import type { Provider } from '../execution/provider.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { PARAMETERS } from './decoder-graph.ts';
import { readFaceRows } from './face-rows.ts';
import { RECORD_BYTES, RECORD_PARTS, type TemplateBank } from './template-bank.ts';

const WORKER = fileURLToPath(new URL('./face-worker.mjs', import.meta.url));

export interface FaceInstanceOptions {
  providers: readonly Provider[];
  intraOpThreads: number;
  /** Banks by avatar, as the store has them now. */
  banks: ReadonlyMap<string, TemplateBank>;
}

type Reply =
  | { id: number; provider: string; outputs: { name: string; shape: number[]; data: Uint8Array }[] }
  | { id: number; problem: string };

interface Run {
  id: number;
  resolve: (outputs: Tensor[]) => void;
  reject: (error: RuntimeError) => void;
}

export class FaceInstance implements Instance {
  readonly ended: Promise<void>;
  readonly #options: FaceInstanceOptions;
  readonly #worker: Worker;
  /** Avatars that the thread has opened. */
  readonly #opened = new Set<string>();
  #provider: string;
  #alive = true;
  #run: Run | undefined;
  #nextId = 1;

  private constructor(worker: Worker, options: FaceInstanceOptions) {
    this.#options = options;
    this.#worker = worker;
    this.#provider = options.providers[0] ?? 'cpu';
    worker.on('message', (reply: Reply) => {
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

  /** Throws MODEL_INVALID. */
  static async start(options: FaceInstanceOptions): Promise<FaceInstance> {
    const { providers, intraOpThreads } = options;
    const parts = RECORD_PARTS;
    const workerData = {
      ...{ providers, intraOpThreads, parts },
      ...{ recordBytes: RECORD_BYTES, parameters: PARAMETERS },
    };
    const worker = new Worker(WORKER, { workerData, execArgv: [] });
    await new Promise<void>((resolve, reject) => {
      const settle = (problem?: string, cause?: unknown): void => {
        worker.off('message', onReady).off('error', onError).off('exit', onExit);
        if (problem === undefined) {
          resolve();
        } else {
          reject(new RuntimeError('MODEL_INVALID', { detail: problem, cause }));
        }
      };
      const onReady = (): void => {
        settle();
      };
      const onError = (error: Error): void => {
        settle(error.message, error);
      };
      const onExit = (): void => {
        settle('Its thread has ended.');
      };
      worker.on('message', onReady).on('error', onError).on('exit', onExit);
    });
    // A waiting model must not keep the process alive.
    worker.unref();
    return new FaceInstance(worker, options);
  }

  get provider(): string {
    return this.#provider;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Rows of one avatar whose bank is loaded. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const { avatars, frames, params } = readFaceRows(inputs);
    const avatar = avatars[0] ?? '';
    const bank = this.#options.banks.get(avatar);
    if (!this.#alive || bank === undefined) {
      const detail = this.#alive ? 'The avatar has been unloaded.' : 'Its thread has ended.';
      return Promise.reject(new RuntimeError('MODEL_FAILED', { detail }));
    }
    const { decoder, records } = bank;
    const open = this.#opened.has(avatar) ? {} : { open: { decoder, records } };
    this.#opened.add(avatar);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#run = {
        id,
        resolve,
        reject: (error) => {
          // It may not have been opened; the next run opens it again.
          this.forget(avatar);
          reject(error);
        },
      };
      this.#worker.ref();
      this.#worker.postMessage({ kind: 'run', id, avatar, frames, params, ...open });
    });
  }

  /** Frees what the thread holds of an avatar. */
  forget(avatar: string): void {
    if (this.#opened.delete(avatar) && this.#alive) {
      this.#worker.postMessage({ kind: 'drop', avatar });
    }
  }

  async close(): Promise<void> {
    this.#end();
    await this.#worker.terminate();
  }

  #answer(reply: Reply): void {
    const run = this.#run;
    if (run?.id !== reply.id) {
      return;
    }
    this.#run = undefined;
    this.#worker.unref();
    if ('outputs' in reply) {
      this.#provider = reply.provider;
      run.resolve(reply.outputs.map((output) => ({ ...output, datatype: 'UINT8' as const })));
    } else {
      run.reject(new RuntimeError('MODEL_FAILED', { detail: reply.problem }));
    }
  }

  #end(cause?: unknown): void {
    this.#alive = false;
    const run = this.#run;
    this.#run = undefined;
    run?.reject(new RuntimeError('MODEL_FAILED', { detail: 'Its thread has ended.', cause }));
  }
}

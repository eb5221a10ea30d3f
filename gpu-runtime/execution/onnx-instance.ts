/** One ONNX session in a worker thread. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { RuntimeError } from '../errors.ts';
import { copyTensor, type Tensor } from '../tensor/tensor.ts';
import type { Instance } from './instance-pool.ts';
import type { Provider } from './provider.ts';

const WORKER = fileURLToPath(new URL('./onnx-worker.mjs', import.meta.url));

export interface OnnxInstanceOptions {
  modelPath: string;
  providers: readonly Provider[];
  intraOpThreads: number;
  outputNames: readonly string[];
}

interface Ready {
  ready: true;
  provider: Provider;
  problems: string[];
  inputNames: string[];
  outputNames: string[];
}
type Opening = Ready | { ready: false; problem: string };
type Reply = { id: number; outputs: Tensor[] } | { id: number; problem: string };

interface Run {
  id: number;
  resolve: (outputs: Tensor[]) => void;
  reject: (error: RuntimeError) => void;
}

export class OnnxInstance implements Instance {
  readonly provider: Provider;
  /** Why better providers could not be used. */
  readonly problems: readonly string[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #alive = true;
  #run: Run | undefined;
  #nextId = 1;

  private constructor(worker: Worker, { provider, problems, inputNames, outputNames }: Ready) {
    this.provider = provider;
    this.problems = problems;
    this.inputNames = inputNames;
    this.outputNames = outputNames;
    this.#worker = worker;
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
  static async start(options: OnnxInstanceOptions): Promise<OnnxInstance> {
    const worker = new Worker(WORKER, { workerData: options, execArgv: [] });
    const opening = await openingOf(worker);
    if (!opening.ready) {
      await worker.terminate();
      throw new RuntimeError('MODEL_INVALID', { detail: opening.problem });
    }
    // A waiting model must not keep the process alive.
    worker.unref();
    return new OnnxInstance(worker, opening);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get threadId(): number {
    return this.#worker.threadId;
  }

  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    if (!this.#alive) {
      return Promise.reject(new RuntimeError('MODEL_FAILED', { detail: 'Its thread has ended.' }));
    }
    const own = inputs.map(ownMemory);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#run = { id, resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage({ id, inputs: own }, [
        ...new Set(own.map(({ data }) => data.buffer)),
      ]);
    });
  }

  /** A run at hand is given up at once; its thread ends when the device lets it. */
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
      run.resolve(reply.outputs);
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

/** What the thread says first, or how it ended before. */
function openingOf(worker: Worker): Promise<Opening> {
  return new Promise((resolve) => {
    const settle = (opening: Opening): void => {
      worker.off('message', settle).off('error', onError).off('exit', onExit);
      resolve(opening);
    };
    const onError = (error: unknown): void => {
      settle({ ready: false, problem: error instanceof Error ? error.message : String(error) });
    };
    const onExit = (): void => {
      settle({ ready: false, problem: 'Its thread has ended.' });
    };
    worker.on('message', settle).on('error', onError).on('exit', onExit);
  });
}

/** Memory that can be transferred takes nothing of others with it and starts where any element may start. */
function ownMemory(tensor: Tensor): Tensor & { data: Uint8Array<ArrayBuffer> } {
  const { data } = tensor;
  const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
  const own = whole ? tensor : copyTensor(tensor);
  const { name, datatype, shape } = own;
  return { name, datatype, shape, data: own.data as Uint8Array<ArrayBuffer> };
}

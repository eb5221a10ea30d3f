/** One ONNX session in a worker thread. */
import { fileURLToPath } from 'node:url';
import { copyTensor, type Tensor } from '../tensor/tensor.ts';
import type { Instance } from './instance-pool.ts';
import { ModelThread } from './model-thread.ts';
import type { Provider } from './provider.ts';

const WORKER = fileURLToPath(new URL('./onnx-worker.mjs', import.meta.url));

export interface OnnxInstanceOptions {
  modelPath: string;
  providers: readonly Provider[];
  intraOpThreads: number;
  outputNames: readonly string[];
}

interface Ready {
  provider: Provider;
  problems: string[];
  inputNames: string[];
  outputNames: string[];
}

interface Answer {
  outputs: Tensor[];
}

export class OnnxInstance implements Instance {
  readonly provider: Provider;
  /** Why better providers could not be used. */
  readonly problems: readonly string[];
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #thread: ModelThread<Answer>;

  private constructor(thread: ModelThread<Answer>, ready: Ready) {
    this.provider = ready.provider;
    this.problems = ready.problems;
    this.inputNames = ready.inputNames;
    this.outputNames = ready.outputNames;
    this.#thread = thread;
  }

  /** Throws MODEL_INVALID. */
  static async start(options: OnnxInstanceOptions): Promise<OnnxInstance> {
    const { thread, first } = await ModelThread.open<Ready, Answer>(WORKER, options);
    return new OnnxInstance(thread, first);
  }

  get ended(): Promise<void> {
    return this.#thread.ended;
  }

  get alive(): boolean {
    return this.#thread.alive;
  }

  get threadId(): number {
    return this.#thread.threadId;
  }

  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const own = inputs.map(ownMemory);
    const buffers = new Set(own.map(({ data }) => data.buffer));
    const { outputs } = await this.#thread.run({ inputs: own }, [...buffers]);
    return outputs;
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** Memory that can be transferred takes nothing of others with it and starts where any element may start. */
function ownMemory(tensor: Tensor): Tensor & { data: Uint8Array<ArrayBuffer> } {
  const { data } = tensor;
  const whole = data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
  const own = whole ? tensor : copyTensor(tensor);
  const { name, datatype, shape } = own;
  return { name, datatype, shape, data: own.data as Uint8Array<ArrayBuffer> };
}

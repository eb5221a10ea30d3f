/** One thread that decodes faces. */
import { fileURLToPath } from 'node:url';
import { RuntimeError } from '../errors.ts';
import type { Instance } from '../execution/instance-pool.ts';
import { ModelThread } from '../execution/model-thread.ts';
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

interface Answer {
  provider: string;
  outputs: { name: string; shape: number[]; data: Uint8Array }[];
}

export class FaceInstance implements Instance {
  readonly #options: FaceInstanceOptions;
  readonly #thread: ModelThread<Answer>;
  /** Avatars that the thread has opened. */
  readonly #opened = new Set<string>();
  #provider: string;

  private constructor(thread: ModelThread<Answer>, options: FaceInstanceOptions) {
    this.#options = options;
    this.#thread = thread;
    this.#provider = options.providers[0] ?? 'cpu';
  }

  /** Throws MODEL_INVALID. */
  static async start(options: FaceInstanceOptions): Promise<FaceInstance> {
    const { providers, intraOpThreads } = options;
    const { thread } = await ModelThread.open<object, Answer>(WORKER, {
      ...{ providers, intraOpThreads, parts: RECORD_PARTS },
      ...{ recordBytes: RECORD_BYTES, parameters: PARAMETERS },
    });
    return new FaceInstance(thread, options);
  }

  get ended(): Promise<void> {
    return this.#thread.ended;
  }

  get provider(): string {
    return this.#provider;
  }

  get alive(): boolean {
    return this.#thread.alive;
  }

  /** Rows of one avatar whose bank is loaded. */
  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const { avatars, frames, params } = readFaceRows(inputs);
    const avatar = avatars[0] ?? '';
    const bank = this.#options.banks.get(avatar);
    if (bank === undefined) {
      throw new RuntimeError('MODEL_FAILED', { detail: 'The avatar has been unloaded.' });
    }
    const { decoder, records } = bank;
    const open = this.#opened.has(avatar) ? {} : { open: { decoder, records } };
    this.#opened.add(avatar);
    try {
      const answer = await this.#thread.run({ kind: 'run', avatar, frames, params, ...open });
      this.#provider = answer.provider;
      return answer.outputs.map((output) => ({ ...output, datatype: 'UINT8' as const }));
    } catch (error) {
      // It may not have been opened; the next run opens it again.
      this.forget(avatar);
      throw error;
    }
  }

  /** Frees what the thread holds of an avatar. */
  forget(avatar: string): void {
    if (this.#opened.delete(avatar)) {
      this.#thread.tell({ kind: 'drop', avatar });
    }
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

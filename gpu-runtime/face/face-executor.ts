/**
 * Runs the model `face`: rows of avatar, picture and parameters in, patches out. Banks stay here; what travels is small.
 * Every row is checked before anything runs, so that a batch with a bad one is told and run again without it.
 */
import { resolve } from 'node:path';
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type { Executor } from '../execution/executor.ts';
import { InstancePool } from '../execution/instance-pool.ts';
import { intraOpThreadsOf } from '../execution/onnx-executor.ts';
import { chooseProviders } from '../execution/provider.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { concatRows, type Tensor } from '../tensor/tensor.ts';
import { MemoryAdmission } from '../memory/memory-admission.ts';
import { BankStore } from './bank-store.ts';
import { PARAMETERS } from './decoder-graph.ts';
import { FaceInstance } from './face-instance.ts';
import { checkParams, faceTensors, readFaceRows, type FaceRows } from './face-rows.ts';

export interface FaceExecutorOptions {
  config: ModelConfig;
  /** The model's folder: relative avatars' folders start there. */
  modelFolder: string;
  clock: Clock;
  maxBatchRows: number;
  /** The runtime's memory admission; a budget for banks alone when absent. */
  memory?: MemoryAdmission;
  environment?: Readonly<Record<string, string | undefined>>;
}

/** Room for eight avatars of 150 pictures. */
const DEFAULT_BUDGET_MIB = 2_048;

/** Throws MODEL_INVALID. */
export async function loadFaceExecutor(options: FaceExecutorOptions): Promise<FaceExecutor> {
  const { config, clock, modelFolder, environment = process.env } = options;
  const chosen = environment['UNDERSTUDY_AVATARS'] ?? '';
  const folder = chosen === '' ? (config.parameters['avatars'] ?? '') : chosen;
  if (folder === '') {
    throw new RuntimeError('MODEL_INVALID', { detail: 'Its parameter “avatars” names no folder.' });
  }
  const budgetMiB = Number(config.parameters['bank_mebibytes'] ?? DEFAULT_BUDGET_MIB);
  if (!(budgetMiB > 0)) {
    throw new RuntimeError('MODEL_INVALID', { detail: '“bank_mebibytes” is no size.' });
  }
  const providers = chooseProviders(config.parameters['execution_provider']);
  const instances = new Set<FaceInstance>();
  const parts: { pool?: InstancePool<FaceInstance> } = {};
  const sizes = providers[0] === 'cpu' ? [1] : [1, 2, 4, options.maxBatchRows];
  const store = new BankStore({
    repository: resolve(modelFolder, folder),
    memory: options.memory ?? new MemoryAdmission({ capacityBytes: budgetMiB * 2 ** 20, clock }),
    warm: async (id) => {
      for (const rows of sizes) {
        const runs = Array.from({ length: config.instances }, () =>
          parts.pool?.run(faceTensors(restRows(id, rows))),
        );
        await Promise.all(runs);
      }
    },
    onEvicted: (id) => {
      instances.forEach((instance) => {
        instance.forget(id);
      });
    },
  });
  const pool = await InstancePool.open({
    count: config.instances,
    clock,
    bytes: () => store.bytes,
    start: async () => {
      const intraOpThreads = intraOpThreadsOf(config);
      const instance = await FaceInstance.start({ providers, intraOpThreads, banks: store.banks });
      instances.add(instance);
      void instance.ended.then(() => instances.delete(instance));
      return instance;
    },
  });
  parts.pool = pool;
  return new FaceExecutor(store, pool);
}

export class FaceExecutor implements Executor {
  readonly store: BankStore;
  readonly #pool: InstancePool<FaceInstance>;

  constructor(store: BankStore, pool: InstancePool<FaceInstance>) {
    this.store = store;
    this.#pool = pool;
  }

  get provider(): string {
    return this.#pool.provider;
  }

  /** Bytes of the banks that are loaded. */
  get bytes(): number {
    return this.store.bytes;
  }

  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const rows = readFaceRows(inputs);
    checkParams(rows.params);
    const groups = groupRows(rows);
    const ids = groups.map(({ avatar }) => avatar);
    return this.store.use(ids, async () => {
      for (const { avatar, rows: own } of groups) {
        this.#checkFrames(avatar, own.frames);
      }
      const answers: Tensor[][] = [];
      for (const { rows: own } of groups) {
        answers.push(await this.#pool.run(faceTensors(own)));
      }
      return joinAnswers(
        answers,
        groups.map(({ at }) => at),
      );
    });
  }

  #checkFrames(avatar: string, asked: Int32Array): void {
    const frames = this.store.banks.get(avatar)?.manifest.frames ?? 0;
    const wrong = asked.find((frame) => frame < 0 || frame >= frames);
    if (wrong !== undefined) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `FRAME ${String(wrong)}: avatar “${avatar}” has pictures 0 to ${String(frames - 1)}.`,
      });
    }
  }

  async close(): Promise<void> {
    await this.store.settled();
    await this.#pool.close();
    await this.store.close();
  }
}

interface Group {
  avatar: string;
  /** Where its rows were. */
  at: number[];
  rows: FaceRows;
}

function groupRows({ avatars, frames, params }: FaceRows): Group[] {
  return [...new Set(avatars)].map((avatar) => {
    const at = avatars.flatMap((each, row) => (each === avatar ? [row] : []));
    const own = new Float32Array(at.length * PARAMETERS);
    at.forEach((row, index) => {
      own.set(params.subarray(row * PARAMETERS, (row + 1) * PARAMETERS), index * PARAMETERS);
    });
    return {
      avatar,
      at,
      rows: {
        avatars: at.map(() => avatar),
        frames: Int32Array.from(at, (row) => frames[row]!),
        params: own,
      },
    };
  });
}

/** Rows in the order in which they were asked for. */
function joinAnswers(answers: readonly Tensor[][], places: readonly number[][]): Tensor[] {
  const first = answers[0] ?? [];
  if (answers.length <= 1) {
    return first;
  }
  return first.map((output, index) => {
    const parts = answers.map((answer) => answer[index]!);
    const size = output.shape.slice(1).join('×');
    if (parts.some(({ shape }) => shape.slice(1).join('×') !== size)) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: 'Avatars whose patches differ in size cannot be in one request.',
      });
    }
    const joined = concatRows(parts);
    const rowBytes = joined.data.byteLength / joined.shape[0]!;
    const data = new Uint8Array(joined.data.byteLength);
    places.flat().forEach((row, from) => {
      data.set(joined.data.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
    });
    return { ...joined, data };
  });
}

function restRows(avatar: string, count: number): FaceRows {
  return {
    avatars: new Array<string>(count).fill(avatar),
    frames: new Int32Array(count),
    params: new Float32Array(count * PARAMETERS),
  };
}

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { LocalDecoder } from '../avatars/local-decoder.ts';
import { MemoryAdmission } from '../memory/memory-admission.ts';
import type { InferRequest, InferResponse } from '../ports.ts';
import { readModelConfig } from '../repository/model-config.ts';
import { Runtime } from '../runtime/runtime.ts';
import { prepareSample, whyNoSample } from '../testing/sample-avatar.ts';
import { loadFaceExecutor, type FaceExecutor } from './face-executor.ts';
import { faceTensors } from './face-rows.ts';
import { bankBytes } from './template-bank.ts';

const MODEL_FOLDER = fileURLToPath(new URL('../models/face', import.meta.url));
const FRAMES = 3;

const missing = whyNoSample();
describe.skipIf(missing !== undefined)(missing ?? 'the model face', () => {
  let repository: string;
  let folder: string;
  let executor: FaceExecutor;
  let runtime: Runtime;

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'understudy-avatars-'));
    folder = await prepareSample(repository, 'ann', FRAMES);
    for (const id of ['ben', 'broken']) {
      cpSync(folder, join(repository, id), { recursive: true });
      const path = join(repository, id, 'avatar.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"ann"', `"${id}"`));
    }
    writeFileSync(join(repository, 'broken', 'bank.bin'), 'cut off');
  }, 60_000);
  afterAll(() => {
    rmSync(dirname(folder), { recursive: true, force: true });
  });
  afterEach(async () => {
    await runtime.close();
  });

  async function start(memory?: MemoryAdmission): Promise<void> {
    const config = readModelConfig(
      readFileSync(join(MODEL_FOLDER, 'config.pbtxt'), 'utf8'),
      MODEL_FOLDER,
    );
    executor = await loadFaceExecutor({
      config,
      modelFolder: MODEL_FOLDER,
      clock: systemClock,
      maxBatchRows: 8,
      environment: { UNDERSTUDY_AVATARS: repository },
      ...(memory === undefined ? {} : { memory }),
    });
    const models = [{ config, version: '1', executor }];
    runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
  }

  const neutral = (): Float32Array =>
    Float32Array.from(
      (JSON.parse(readFileSync(join(folder, 'avatar.json'), 'utf8')) as { neutral: number[] })
        .neutral,
    );

  function request(
    avatar: string,
    frame: number,
    params = neutral(),
    outputs = ['I420'],
  ): InferRequest {
    return {
      modelName: 'face',
      modelVersion: '',
      id: '',
      inputs: faceTensors({ avatars: [avatar], frames: Int32Array.of(frame), params }),
      outputs,
      scheduling: { priority: 0, timeoutMs: 20_000, session: 'room', batchKey: 'one for all' },
    };
  }

  /** Asks until the bank is there, as clients do. */
  async function inferReady(asked: InferRequest): Promise<InferResponse> {
    await expect(runtime.infer(asked)).rejects.toMatchObject({
      code: 'MODEL_NOT_READY',
      retryAfterMs: 250,
    });
    await executor.store.settled();
    return runtime.infer(asked);
  }

  it('loads a bank when it is asked for and gives the patch that the avatar’s decoder draws', async () => {
    await start();
    expect(executor.bytes).toBe(0);
    const { outputs } = await inferReady(request('ann', 1, neutral(), ['I420', 'RGB']));
    expect(executor.bytes).toBe(await bankBytes(folder));
    const local = await LocalDecoder.open(folder);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['I420', [1, 33_480]],
      ['RGB', [1, 124, 180, 3]],
    ]);
    for (const { name, data } of outputs) {
      expect(data).toEqual(await local.decode(1, neutral(), name as 'I420' | 'RGB'));
    }
    await local.close();
  });

  it('answers many at once, each with its own, and a bad one alone is told what is wrong', async () => {
    await start();
    await inferReady(request('ann', 0));
    const bad = neutral();
    bad[4] = Number.NaN;
    const far = neutral();
    far[31] = 40;
    const answers = await Promise.allSettled([
      runtime.infer(request('ann', 0)),
      runtime.infer(request('ann', 2)),
      runtime.infer(request('zoe', 0)),
      runtime.infer(request('../ann', 0)),
      runtime.infer(request('ann', FRAMES)),
      runtime.infer(request('ann', 1, bad)),
      runtime.infer(request('ann', 1, far)),
      runtime.infer(request('ann', 1)),
    ]);
    const told = answers.map((answer) =>
      answer.status === 'fulfilled' ? 'fine' : String((answer.reason as Error).message),
    );
    expect(told).toEqual([
      'fine',
      'fine',
      expect.stringContaining('There is no avatar “zoe” here.'),
      expect.stringContaining('There is no avatar “../ann” here.'),
      expect.stringContaining('FRAME 3: avatar “ann” has pictures 0 to 2.'),
      expect.stringContaining('number 4 of row 0 is no finite number'),
      expect.stringContaining('number 31 of row 0 is beyond ±4'),
      'fine',
    ]);
    const local = await LocalDecoder.open(folder);
    for (const [index, frame] of [
      [0, 0],
      [1, 2],
      [7, 1],
    ] as const) {
      const answer = answers[index] as PromiseFulfilledResult<InferResponse>;
      expect(answer.value.outputs[0]!.data).toEqual(await local.decode(frame, neutral(), 'I420'));
    }
    await local.close();
  });

  it('evicts the avatar longest unused for another one, and says when there is no room at all', async () => {
    const bytes = await bankBytes(folder);
    const memory = new MemoryAdmission({ capacityBytes: bytes * 1.5, clock: systemClock });
    await start(memory);
    await inferReady(request('ann', 0));
    await inferReady(request('ben', 0));
    expect([...executor.store.banks.keys()]).toEqual(['ben']);
    expect(memory.state.evictions).toBe(1);
    await inferReady(request('ann', 0));
    expect([...executor.store.banks.keys()]).toEqual(['ann']);
  });

  it('refuses an avatar that is larger than all memory', async () => {
    await start(new MemoryAdmission({ capacityBytes: 1_000, clock: systemClock }));
    await expect(runtime.infer(request('ann', 0))).rejects.toMatchObject({
      code: 'MODEL_NOT_READY',
    });
    await executor.store.settled();
    await expect(runtime.infer(request('ann', 0))).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
  });

  it('says what is wrong with a damaged avatar, and serves the others', async () => {
    await start();
    await expect(runtime.infer(request('broken', 0))).rejects.toMatchObject({
      code: 'MODEL_NOT_READY',
    });
    await executor.store.settled();
    await expect(runtime.infer(request('broken', 0))).rejects.toThrow(
      /its bank has 7 bytes where 3 pictures/u,
    );
    expect((await inferReady(request('ann', 0))).outputs).toHaveLength(1);
  });
});

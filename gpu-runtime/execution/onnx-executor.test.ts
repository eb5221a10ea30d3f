import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#media/testing/fake-clock.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { floatsOf, floatTensor, testConfig } from '../testing/configs.ts';
import { ModelFolder } from '../testing/model-folder.ts';
import { tinyOnnx, type TinyOnnxOptions } from '../testing/tiny-onnx.ts';
import type { Executor } from './executor.ts';
import { intraOpThreadsOf, loadOnnxExecutor } from './onnx-executor.ts';
import { OnnxInstance } from './onnx-instance.ts';

describe('an ONNX model', () => {
  let folder: ModelFolder;
  const opened: Executor[] = [];
  beforeEach(async () => {
    folder = await ModelFolder.create();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((executor) => executor.close()));
    await folder.remove();
  });

  async function load(
    more: Partial<ModelConfig> = {},
    contents: Uint8Array | TinyOnnxOptions = {},
  ): Promise<Executor> {
    const bytes = contents instanceof Uint8Array ? contents : tinyOnnx(contents);
    const executor = await loadOnnxExecutor({
      config: testConfig(more),
      modelPath: await folder.write('tiny/1/model.onnx', bytes),
      clock: new FakeClock(),
      maxBatchRows: 8,
    });
    opened.push(executor);
    return executor;
  }

  it('runs a batch, and says on what and for how many bytes', async () => {
    const executor = await load();
    const [output] = await executor.run([floatTensor([1, 2, 3, 4, 5, 6], [2, 3])]);
    expect(output).toMatchObject({ name: 'OUT', datatype: 'FP32', shape: [2, 3] });
    expect(floatsOf(output!)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(['cpu', 'cuda']).toContain(executor.provider);
    expect(executor.bytes).toBeGreaterThan(0);
  });

  it('takes tensors that lie anywhere in another’s memory, and leaves that alone', async () => {
    const executor = await load();
    const message = new Uint8Array(3 + 8);
    message.set(floatTensor([7, 8]).data, 3);
    const [output] = await executor.run([{ ...floatTensor([0, 0]), data: message.subarray(3) }]);
    expect(floatsOf(output!)).toEqual([14, 16]);
    expect(message.byteLength).toBe(11);
  });

  it('transfers what is its own', async () => {
    const executor = await load();
    const input = floatTensor([1]);
    await executor.run([input]);
    expect(input.data.byteLength).toBe(0);
  });

  it('runs in another thread: the event loop goes on meanwhile', async () => {
    const executor = await load({}, { times: 200, factor: -1 });
    let done = false;
    let turns = 0;
    const run = executor.run([floatTensor(Array<number>(2 ** 20).fill(1))]).then(() => {
      done = true;
    });
    while (!done) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      turns += 1;
    }
    await run;
    // A run on this thread would let it turn once or twice.
    expect(turns).toBeGreaterThan(10);
  });

  it('keeps its instances apart', async () => {
    const executor = await load({ instances: 2 });
    const runs = [1, 2, 3, 4].map((value) => executor.run([floatTensor([value])]));
    const outputs = await Promise.all(runs);
    expect(outputs.map(([output]) => floatsOf(output!))).toEqual([[2], [4], [6], [8]]);
  });

  it('fails one run with what onnxruntime says, and goes on', async () => {
    const executor = await load({ parameters: { warmup_shape: 'IN:2' } }, { shape: ['batch', 2] });
    await expect(executor.run([floatTensor([1, 2, 3])])).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
    await expect(executor.run([floatTensor([1, 2])])).resolves.toHaveLength(1);
  });

  it.each([
    ['a file that is no model', {}, new TextEncoder().encode('no model'), /cannot be loaded/],
    ['a model that is cut off', {}, tinyOnnx().subarray(0, 40), /cannot be loaded/],
    [
      'other inputs than its graph has',
      { inputs: [{ name: 'SOUND', datatype: 'FP32' as const, shape: [-1] }] },
      {},
      /takes IN, its configuration SOUND/,
    ],
    [
      'other outputs than its graph has',
      { outputs: [{ name: 'FACE', datatype: 'FP32' as const, shape: [-1] }] },
      {},
      /gives OUT, its configuration “FACE”/,
    ],
    ['threads that are none', { parameters: { intra_op_thread_count: 'x' } }, {}, /intra_op/],
  ])('with %s is refused', async (_what, more, contents, message) => {
    const loading = load(more, contents);
    await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(loading).rejects.toThrow(message);
  });

  it('whose warm-up fails is refused', async () => {
    const loading = load({}, { shape: ['batch', 3] });
    await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(loading).rejects.toThrow(/warm-up at batch 1 failed/u);
  });

  it('loses a run when its thread is ended, and says so', async () => {
    const instance = await OnnxInstance.start({
      modelPath: await folder.write('tiny/1/model.onnx', tinyOnnx()),
      providers: ['cpu'],
      intraOpThreads: 1,
      outputNames: ['OUT'],
    });
    const lost = expect(instance.run([floatTensor([1])])).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
    await instance.close();
    await lost;
    await instance.ended;
    expect(instance.alive).toBe(false);
    await expect(instance.run([floatTensor([1])])).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });

  it('takes the cores but one, shared by its instances', () => {
    expect(intraOpThreadsOf(testConfig(), 1)).toBe(1);
    expect(intraOpThreadsOf(testConfig(), 2)).toBe(1);
    expect(intraOpThreadsOf(testConfig(), 16)).toBe(15);
    expect(intraOpThreadsOf(testConfig({ instances: 4 }), 16)).toBe(3);
    const wished = testConfig({ parameters: { intra_op_thread_count: '2' } });
    expect(intraOpThreadsOf(wished, 16)).toBe(2);
  });
});

import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import type { InferRequest } from '../ports.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { floatsOf as valuesOf, floatTensor as floats } from '../testing/configs.ts';
import { ECHO as ECHO_MODEL, echoRequest } from '../testing/echo-model.ts';
import { FakeExecutor } from '../testing/fake-executor.ts';
import { Runtime } from './runtime.ts';

const ECHO: ModelConfig = { ...ECHO_MODEL, maxGatherMs: 30 };
const request = (input: Tensor, more: Partial<InferRequest> = {}): InferRequest =>
  echoRequest(input, {
    scheduling: { priority: 0, timeoutMs: 1_000, session: 'lesson_1', batchKey: '' },
    ...more,
  });

function scene(config: ModelConfig = ECHO) {
  const executor = new FakeExecutor(config);
  const runtime = new Runtime({
    models: [{ config, version: '1', executor }],
    clock: new FakeClock(),
    version: '0.0.0',
  });
  return { runtime, executor };
}

describe('the runtime', () => {
  it('joins requests of several rooms into one run and gives each its own rows', async () => {
    const { runtime, executor } = scene();
    const answers = await Promise.all([
      runtime.infer(request(floats([9, 9]))),
      runtime.infer(request(floats([1, 2]), { id: 'a' })),
      runtime.infer(request(floats([3, 4, 5, 6], [2, 2]), { id: 'b' })),
    ]);
    expect(executor.runs.map(([input]) => input!.shape)).toEqual([
      [1, 2],
      [3, 2],
    ]);
    expect(answers.map(({ id }) => id)).toEqual(['r1', 'a', 'b']);
    expect(valuesOf(answers[1]!.outputs[0]!)).toEqual([1, 2]);
    expect(valuesOf(answers[2]!.outputs[0]!)).toEqual([3, 4, 5, 6]);
    expect(await runtime.statistics('echo')).toMatchObject([
      { inferenceCount: 4, executionCount: 2, success: { count: 3 } },
    ]);
  });

  it('joins no two sizes and no two avatars', async () => {
    const { runtime, executor } = scene();
    const scheduling = { priority: 0 as const, timeoutMs: 1_000, session: 's', batchKey: 'ada' };
    await Promise.all([
      runtime.infer(request(floats([0]))),
      runtime.infer(request(floats([1, 2]))),
      runtime.infer(request(floats([1, 2, 3]))),
      runtime.infer(request(floats([1, 2]), { scheduling })),
    ]);
    expect(executor.runs).toHaveLength(4);
  });

  it.each([
    ['a wrong type', { ...floats([1]), datatype: 'INT32' as const }, /FP32/],
    ['a missing dimension', floats([1, 2], [2]), /\[batch, -1\]/],
    ['too large a batch', floats(Array(9).fill(0), [9, 1]), /1 to 8/],
    ['data that does not fit its shape', { ...floats([1, 2]), shape: [1, 3] }, /8 bytes/],
    ['another name', { ...floats([1]), name: 'SOUND' }, /takes IN/],
    ['a negative size', { ...floats([]), shape: [1, -1] }, /no shape/],
  ])('tells the caller of %s what is wrong, and goes on', async (_what, input, message) => {
    const { runtime, executor } = scene();
    const refused = runtime.infer(request(input));
    await expect(refused).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(refused).rejects.toThrow(message);
    expect(executor.runs).toHaveLength(0);
    await expect(runtime.infer(request(floats([1])))).resolves.toBeDefined();
  });

  it('tells of unknown models, versions and outputs', async () => {
    const { runtime } = scene();
    await expect(runtime.infer(request(floats([1]), { modelName: 'x' }))).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
    await expect(runtime.modelMetadata('echo', '7')).rejects.toMatchObject({
      code: 'MODEL_UNKNOWN',
    });
    await expect(runtime.infer(request(floats([1]), { outputs: ['LOUD'] }))).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect(await runtime.modelReady('x')).toBe(false);
  });

  it('takes a wrong output for the model’s fault', async () => {
    const { runtime, executor } = scene();
    executor.behave = () => Promise.resolve([]);
    await expect(runtime.infer(request(floats([1])))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
    executor.behave = ([input]) =>
      Promise.resolve([{ ...input!, name: 'OUT', shape: [5, 1], data: new Uint8Array(20) }]);
    await expect(runtime.infer(request(floats([1])))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
  });

  it('runs a model without a batch dimension one request at a time', async () => {
    const { runtime, executor } = scene({ ...ECHO, maxBatch: 0, maxGatherMs: undefined });
    await Promise.all([1, 2, 3].map((value) => runtime.infer(request(floats([value], [1])))));
    expect(executor.runs).toHaveLength(3);
    expect((await runtime.modelMetadata('echo')).inputs[0]!.shape).toEqual([-1]);
  });

  it('drains: not ready for new sessions, still serving; closed, it serves nothing', async () => {
    const { runtime, executor } = scene();
    runtime.drain();
    expect(await runtime.ready()).toBe(false);
    expect(await runtime.live()).toBe(true);
    await expect(runtime.infer(request(floats([1])))).resolves.toBeDefined();
    await runtime.close();
    expect(executor.closed).toBe(true);
    await expect(runtime.infer(request(floats([1])))).rejects.toBeInstanceOf(RuntimeError);
  });
});

import { describe, expect, it } from 'vitest';
import { FakeExecutor } from '../testing/fake-executor.ts';
import { testConfig } from '../testing/configs.ts';
import { checkAgainst } from '../tensor/tensor.ts';
import { warmUp, warmUpInputs, warmUpSizes } from './warm-up.ts';

describe('warming up', () => {
  it.each([
    [1, [1]],
    [2, [1, 2]],
    [6, [1, 2, 4, 6]],
    [8, [1, 2, 4, 8]],
  ])('to %i rows runs each size on the way', (most, sizes) => {
    expect(warmUpSizes(most)).toEqual(sizes);
  });

  it('runs every instance at every size that the runtime asks for', async () => {
    const config = testConfig({ maxBatch: 32, instances: 2 });
    const executor = new FakeExecutor(config);
    await warmUp(executor, config, 4);
    expect(executor.runs.map(([input]) => input!.shape[0])).toEqual([1, 1, 2, 2, 4, 4]);
  });

  it('fills open sizes as the configuration says, with inputs that the model takes', () => {
    const config = testConfig({
      inputs: [
        { name: 'SOUND', datatype: 'INT16', shape: [-1, 2, -1] },
        { name: 'TEXT', datatype: 'BYTES', shape: [-1] },
      ],
      parameters: { warmup_shape: 'SOUND:16,3; TEXT:5' },
    });
    const inputs = warmUpInputs(config, 2);
    expect(inputs.map(({ shape }) => shape)).toEqual([
      [2, 16, 2, 3],
      [2, 5],
    ]);
    checkAgainst(config.inputs, inputs, { batched: true, maxBatch: 8 });
    const bare = { ...config, maxBatch: 0, parameters: {} };
    expect(warmUpInputs(bare, 1).map(({ shape }) => shape)).toEqual([[1, 2, 1], [1]]);
  });

  it('is left out where the configuration says so, and refuses sizes that are none', async () => {
    const off = testConfig({ parameters: { warmup: 'off' } });
    const executor = new FakeExecutor(off);
    await warmUp(executor, off, 8);
    expect(executor.runs).toEqual([]);
    const wrong = testConfig({ parameters: { warmup_shape: 'IN:wide' } });
    await expect(warmUp(executor, wrong, 8)).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});

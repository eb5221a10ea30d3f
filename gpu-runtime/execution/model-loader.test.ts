import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { Runtime } from '../runtime/runtime.ts';
import { floatsOf, floatTensor } from '../testing/configs.ts';
import { ModelFolder } from '../testing/model-folder.ts';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { loadModels } from './model-loader.ts';

const CONFIG = `
  platform: "onnxruntime_onnx"
  max_batch_size: 8
  input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
  output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
  dynamic_batching {}
`;

describe('loading a repository', () => {
  let folder: ModelFolder;
  beforeEach(async () => {
    folder = await ModelFolder.create();
  });
  afterEach(() => folder.remove());

  it('serves what can be loaded and says what cannot', async () => {
    await folder.write('double/config.pbtxt', CONFIG);
    await folder.write('double/2/model.onnx', tinyOnnx());
    await folder.write('broken/config.pbtxt', CONFIG);
    await folder.write('broken/1/model.onnx', 'no model');
    await folder.write('unreadable/config.pbtxt', 'input {');
    const lines: string[] = [];
    const { models, faults } = await loadModels({
      folder: folder.path,
      clock: systemClock,
      say: (line) => lines.push(line),
    });
    expect(faults.map(({ name }) => name).sort()).toEqual(['broken', 'unreadable']);
    expect(lines.filter((line) => !line.startsWith('There is an NVIDIA device'))).toEqual([
      expect.stringMatching(/^unreadable: left out\. .*Line 1/u),
      'broken 1: loading (onnxruntime)',
      expect.stringMatching(/^broken: left out\. /u),
      'double 2: loading (onnxruntime)',
      expect.stringMatching(/^double 2: ready on \w+, \d+ MiB, in \d+ ms$/u),
    ]);
    const runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
    const input = floatTensor([1, 2]);
    // Who sends a tensor may send it again.
    for (const id of ['first', 'again']) {
      const { outputs, modelVersion } = await runtime.infer({
        modelName: 'double',
        modelVersion: '',
        id,
        inputs: [input],
        outputs: [],
        scheduling: { priority: 0, timeoutMs: 10_000, session: 's', batchKey: '' },
      });
      expect([modelVersion, floatsOf(outputs[0]!)]).toEqual(['2', [2, 4]]);
    }
    await runtime.close();
  });
});

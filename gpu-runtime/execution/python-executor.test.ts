import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '#media/clock.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { encodeBytes, decodeBytes, type Datatype, type Tensor } from '../tensor/tensor.ts';
import { floatsOf, floatTensor, testConfig } from '../testing/configs.ts';
import { ModelFolder } from '../testing/model-folder.ts';
import type { Executor } from './executor.ts';
import { loadPythonExecutor } from './python-executor.ts';
import { findPython } from './python.ts';

function whyNot(): string | undefined {
  const python = findPython();
  if (python === undefined) {
    return 'there is no Python with numpy';
  }
  return spawnSync(python, ['-c', 'import numpy']).status === 0 ? undefined : 'Python has no numpy';
}

/** The body of `execute` for one request `r` that sets `out`. */
function model(body: string, more = ''): string {
  const lines = body.split('\n').map((line) => `            ${line}`);
  return `
import json, os, sys
import numpy as np
import triton_python_backend_utils as pb_utils
class TritonPythonModel:
    def initialize(self, args):
        self.args = args
        self.config = json.loads(args["model_config"])
        ${more}
    def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "IN").as_numpy()
${lines.join('\n')}
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out)]))
        return responses
`;
}

const skip = whyNot();

describe.skipIf(skip !== undefined)(
  `a Python model${skip === undefined ? '' : ` (${skip})`}`,
  () => {
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
      source: string,
      more: Partial<ModelConfig> = {},
      options: { clock?: Clock; maxRunMs?: number; onPrint?: (text: string) => void } = {},
    ): Promise<Executor> {
      const executor = await loadPythonExecutor({
        config: testConfig({ name: 'py', backend: 'python', ...more }),
        version: '3',
        modelPath: await folder.write('py/3/model.py', source),
        clock: systemClock,
        maxBatchRows: 8,
        ...options,
      });
      opened.push(executor);
      return executor;
    }

    it('answers requests of different sizes in one run, and refuses one alone', async () => {
      const source = `
import triton_python_backend_utils as pb_utils
class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for r in requests:
            x = pb_utils.get_input_tensor_by_name(r, "IN").as_numpy()
            if x[0, 0] < 0:
                error = pb_utils.TritonError("IN is negative.", pb_utils.TritonError.INVALID_ARG)
                responses.append(pb_utils.InferenceResponse(error=error))
            else:
                out = x * len(requests)
                responses.append(pb_utils.InferenceResponse([pb_utils.Tensor("OUT", out)]))
        return responses
`;
      const executor = await load(source, { ragged: true });
      const results = await executor.runApart!([
        [floatTensor([1])],
        [floatTensor([-1])],
        [floatTensor([2, 3, 4])],
      ]);
      const [first, second, third] = results;
      expect(floatsOf((first as Tensor[])[0]!)).toEqual([3]);
      expect(second).toMatchObject({ code: 'REQUEST_INVALID' });
      expect((second as Error).message).toContain('IN is negative.');
      expect(floatsOf((third as Tensor[])[0]!)).toEqual([6, 9, 12]);
    });

    it('says which environment it needs', async () => {
      const loading = load(model('out = x'), { parameters: { python_environment: 'nonesuch' } });
      await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
      await expect(loading).rejects.toThrow(/“nonesuch”/u);
    });

    it('runs what Triton runs, and is measured', async () => {
      const executor = await load(model('out = x * 2'));
      const [output] = await executor.run([floatTensor([1, 2, 3, 4], [2, 2])]);
      expect(output).toMatchObject({ name: 'OUT', datatype: 'FP32', shape: [2, 2] });
      expect(floatsOf(output!)).toEqual([2, 4, 6, 8]);
      expect(executor.provider).toBe('python');
      if (process.platform === 'linux') {
        expect(executor.bytes).toBeGreaterThan(2 ** 20);
      }
    });

    it('is told what Triton tells: its configuration, folder, name and version', async () => {
      const source = model(
        'out = np.array([self.told], dtype=np.object_)',
        `kind = pb_utils.get_output_config_by_name(self.config, "OUT")["data_type"]
        assert pb_utils.triton_string_to_numpy(kind) is np.object_
        folder = os.path.basename(args["model_repository"])
        parameter = self.config["parameters"]["voice"]["string_value"]
        self.told = " ".join([folder, args["model_name"], args["model_version"], parameter])`,
      );
      const executor = await load(source, {
        outputs: [{ name: 'OUT', datatype: 'BYTES', shape: [1] }],
        parameters: { voice: 'ada' },
      });
      const [output] = await executor.run([floatTensor([1])]);
      expect(String(Buffer.from(decodeBytes(output!.data)[0]!))).toBe('py py 3 ada');
    });

    it.each<[Datatype, Uint8Array]>([
      ['BOOL', Uint8Array.of(1, 0)],
      ['UINT8', Uint8Array.of(1, 255)],
      ['INT16', new Uint8Array(Int16Array.of(-1, 2).buffer)],
      ['INT64', new Uint8Array(BigInt64Array.of(-1n, 2n ** 40n).buffer)],
      ['FP16', Uint8Array.of(0, 60, 0, 64)],
      ['FP64', new Uint8Array(Float64Array.of(0.1, -2).buffer)],
      ['BYTES', encodeBytes(['hej då', ''])],
    ])('gives back %s as it came', async (datatype, data) => {
      const executor = await load(model('out = x'), {
        inputs: [{ name: 'IN', datatype, shape: [-1] }],
        outputs: [{ name: 'OUT', datatype, shape: [-1] }],
      });
      const input: Tensor = { name: 'IN', datatype, shape: [1, 2], data };
      const [output] = await executor.run([input]);
      expect(output).toEqual({ name: 'OUT', datatype, shape: [1, 2], data });
      const [none] = await executor.run([{ ...input, shape: [1, 0], data: new Uint8Array(0) }]);
      expect(none).toMatchObject({ shape: [1, 0], data: new Uint8Array(0) });
    });

    it('may print: it disturbs nothing', async () => {
      let printed = '';
      const source = model(
        'print("spoken by the model")\nos.write(1, b"and by its library")\nout = x',
      );
      const executor = await load(source, {}, { onPrint: (text) => (printed += text) });
      await expect(executor.run([floatTensor([1])])).resolves.toHaveLength(1);
      expect(printed).toContain('spoken by the model');
      expect(printed).toContain('and by its library');
    });

    it('fails one request with what it says, and goes on', async () => {
      const source = model(
        `if x[0, 0] == 13:
    raise ValueError("no thirteens")
if x[0, 0] == 14:
    error = pb_utils.TritonError("no fourteens", pb_utils.TritonError.INVALID_ARG)
    responses.append(pb_utils.InferenceResponse(error=error))
    continue
if x[0, 0] == 15:
    return []
out = x`,
      );
      const executor = await load(source);
      const say = (value: number) => executor.run([floatTensor([value])]);
      await expect(say(13)).rejects.toThrow(/ValueError: no thirteens/u);
      await expect(say(14)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      await expect(say(15)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
      await expect(say(1)).resolves.toHaveLength(1);
    });

    it('that dies fails the run at hand and comes back', async () => {
      const source = model('if x[0, 0] == 13:\n    os.kill(os.getpid(), 9)\nout = x');
      const executor = await load(source);
      const dying = executor.run([floatTensor([13])]);
      await expect(dying).rejects.toMatchObject({ code: 'MODEL_FAILED' });
      await expect(dying).rejects.toThrow(/SIGKILL/u);
      await expect(executor.run([floatTensor([1])])).resolves.toHaveLength(1);
    });

    it('that hangs is ended', async () => {
      const source = model('print("at work")\nwhile x[0, 0] == 13:\n    pass\nout = x');
      const clock = new FakeClock();
      let onWork: () => void = () => undefined;
      const executor = await load(source, {}, { clock, maxRunMs: 5_000, onPrint: () => onWork() });
      const hanging = executor.run([floatTensor([13])]);
      const lost = expect(hanging).rejects.toMatchObject({ code: 'MODEL_FAILED' });
      await new Promise<void>((resolve) => {
        onWork = resolve;
      });
      clock.advance(5_000);
      await lost;
      await expect(executor.run([floatTensor([1])])).resolves.toHaveLength(1);
    });

    it('that does not finish loading is refused', async () => {
      const clock = new FakeClock();
      const source = model('out = x', 'print("at work")\n        while True: pass');
      const onPrint = (text: string): void => {
        if (text.includes('at work')) {
          clock.advance(3_600_000);
        }
      };
      const loading = load(source, {}, { clock, onPrint });
      await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
      await expect(loading).rejects.toThrow(/did not finish loading/u);
    });

    it('finishes when it is closed', async () => {
      const told = `${folder.path}/finalized`;
      const source = `${model('out = x')}
    def finalize(self):
        open(${JSON.stringify(told)}, "w").write("done")
`;
      const executor = await load(source);
      await executor.close();
      const { stdout } = spawnSync('cat', [told], { encoding: 'utf8' });
      expect(stdout).toBe('done');
    });

    it.each([
      ['does not parse', 'class TritonPythonModel(', /SyntaxError/u],
      ['misses a package', 'import no_such_package', /no_such_package/u],
      ['has no class', 'x = 1', /TritonPythonModel/u],
      ['fails to initialize', model('out = x', 'raise RuntimeError("no weights")'), /no weights/u],
      ['ends by itself', 'import os; os._exit(3)', /status 3/u],
    ])('that %s is refused with the reason', async (_what, source, message) => {
      const loading = load(source);
      await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
      await expect(loading).rejects.toThrow(message);
    });
  },
);

describe('Python', () => {
  it('is what the environment names, first', () => {
    expect(findPython({ UNDERSTUDY_PYTHON: '/opt/python' })).toBe('/opt/python');
  });

  it('that is missing refuses the model', async () => {
    const loading = loadPythonExecutor({
      config: testConfig({ backend: 'python' }),
      version: '1',
      modelPath: '/nonexistent/model.py',
      clock: systemClock,
      maxBatchRows: 1,
      python: '/nonexistent/python',
    });
    await expect(loading).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await expect(loading).rejects.toThrow(/could not be started/u);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelFolder } from '../testing/model-folder.ts';
import { tinyOnnx } from '../testing/tiny-onnx.ts';
import { readRepository } from './repository.ts';

const TENSORS = `
  input { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] }
  output { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] }
`;
const PYTHON = `backend: "python" ${TENSORS}`;
const ONNX = `platform: "onnxruntime_onnx" ${TENSORS}`;

describe('a model repository', () => {
  let folder: ModelFolder;
  beforeEach(async () => {
    folder = await ModelFolder.create();
  });
  afterEach(() => folder.remove());

  it('gives the newest version of each model', async () => {
    await folder.write('tiny/config.pbtxt', ONNX);
    await folder.write('tiny/1/model.onnx', tinyOnnx());
    await folder.write('tiny/9/model.onnx', tinyOnnx());
    const newest = await folder.write('tiny/10/model.onnx', tinyOnnx());
    await folder.write('tiny/notes/README.md', 'No version.');
    await folder.write('echo/config.pbtxt', PYTHON);
    await folder.write('echo/1/model.py', 'class TritonPythonModel: pass');
    await folder.write('README.md', 'No model.');
    await folder.write('.cache/x', 'No model.');
    const { models, faults } = await readRepository(folder.path);
    expect(faults).toEqual([]);
    expect(models).toMatchObject([
      { config: { name: 'echo', backend: 'python' }, version: '1' },
      { config: { name: 'tiny', backend: 'onnxruntime' }, version: '10', modelPath: newest },
    ]);
  });

  it('reports every bad model and gives the others', async () => {
    await folder.write('good/config.pbtxt', PYTHON);
    await folder.write('good/1/model.py', 'class TritonPythonModel: pass');
    await folder.write('a-none/1/model.py', 'x');
    await folder.write('b-torn/config.pbtxt', 'input {');
    await folder.write('c-versionless/config.pbtxt', PYTHON);
    await folder.write('d-fileless/config.pbtxt', ONNX);
    await folder.write('d-fileless/1/model.py', 'x');
    await folder.write('e-empty/config.pbtxt', ONNX);
    await folder.write('e-empty/1/model.onnx', '');
    await folder.write('f-pointer/config.pbtxt', ONNX);
    await folder.write('f-pointer/1/model.onnx', 'version https://example.org/spec/v1\noid 1');
    await folder.write('g name/config.pbtxt', PYTHON);
    const { models, faults } = await readRepository(folder.path);
    expect(models.map(({ config }) => config.name)).toEqual(['good']);
    expect(faults.map(({ error }) => error.code)).toEqual(Array(7).fill('MODEL_INVALID'));
    const reasons = faults.map(({ name, error }) => [name, error.message] as const);
    expect(Object.fromEntries(reasons)).toMatchObject({
      'a-none': expect.stringContaining('no config.pbtxt') as string,
      'b-torn': expect.stringContaining('Line 1') as string,
      'c-versionless': expect.stringContaining('no version') as string,
      'd-fileless': expect.stringContaining('1/model.onnx is missing') as string,
      'e-empty': expect.stringContaining('empty') as string,
      'f-pointer': expect.stringContaining('pointer') as string,
      'g name': expect.stringContaining('A name has') as string,
    });
  });

  it('says so where there is none', async () => {
    await expect(readRepository(`${folder.path}/nothing`)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
    });
  });
});

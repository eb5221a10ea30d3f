import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readModelConfig } from './model-config.ts';

const TENSORS = `
  input { name: "IN" data_type: TYPE_FP32 dims: [ -1, 3 ] }
  output { name: "OUT" data_type: TYPE_STRING dims: [ 1 ] }
`;
const WHOLE = `
  name: "face"
  platform: "onnxruntime_onnx"
  max_batch_size: 8
  dynamic_batching { max_queue_delay_microseconds: 30000 }
  instance_group [ { count: 2 }, { kind: KIND_CPU } ]
  parameters { key: "warmup_shape" value { string_value: "IN:16" } }
  ${TENSORS}
`;

describe('config.pbtxt', () => {
  it('says what the runtime needs', () => {
    expect(readModelConfig(WHOLE, '/models/face')).toEqual({
      name: 'face',
      backend: 'onnxruntime',
      maxBatch: 8,
      inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [{ name: 'OUT', datatype: 'BYTES', shape: [1] }],
      maxGatherMs: 30,
      instances: 3,
      parameters: { warmup_shape: 'IN:16' },
    });
  });

  it('lets requests of different sizes meet, in Python models', () => {
    const ragged = TENSORS.replace('input {', 'input { allow_ragged_batch: true');
    expect(readModelConfig(`backend: "python" ${ragged}`, 'x').ragged).toBe(true);
    expect(() => readModelConfig(`backend: "onnxruntime" ${ragged}`, 'x')).toThrow(/Python/u);
  });

  it('takes the name from the folder, and batches only where it is told to', () => {
    const config = readModelConfig(`backend: "python" ${TENSORS}`, '/models/echo/');
    expect(config).toMatchObject({ name: 'echo', backend: 'python', maxBatch: 0, instances: 1 });
    expect(config.maxGatherMs).toBeUndefined();
    expect(
      readModelConfig(`backend: "python" max_batch_size: 4 dynamic_batching {} ${TENSORS}`, 'x'),
    ).toMatchObject({ maxBatch: 4, maxGatherMs: 0 });
  });

  it.each([
    ['another name than the folder’s', WHOLE, 'mouth', /folder/],
    ['no backend', TENSORS, 'x', /neither/],
    ['a backend of another kind', `backend: "tensorflow" ${TENSORS}`, 'x', /tensorflow/],
    ['no tensors', 'backend: "python"', 'x', /no input/],
    ['an unknown type', WHOLE.replace('TYPE_FP32', 'TYPE_BF16'), 'face', /data_type/],
    ['a size of 0', WHOLE.replace('-1, 3', '0'), 'face', /no size/],
    ['a huge batch', WHOLE.replace('size: 8', 'size: 100000'), 'face', /max_batch_size/],
    ['a number for a name', `name: 3 ${TENSORS}`, 'x', /no text/],
    ['text for a message', `backend: "python" input: "x" ${TENSORS}`, 'x', /no message/],
  ])('refuses %s', (_what, text, folder, message) => {
    expect(() => readModelConfig(text, folder)).toThrow(message);
  });

  it('answers any damage with MODEL_INVALID', () => {
    fc.assert(
      fc.property(fc.nat(WHOLE.length), fc.nat(30), fc.string(), (at, length, put) => {
        try {
          readModelConfig(WHOLE.slice(0, at) + put + WHOLE.slice(at + length), 'face');
        } catch (error) {
          expect(error).toMatchObject({ name: 'RuntimeError', code: 'MODEL_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Model configurations and tensors for tests. */
import type { ModelConfig } from '../repository/model-config.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** IN to OUT, both FP32 of any width, in batches of up to 8. */
export function testConfig(more: Partial<ModelConfig> = {}): ModelConfig {
  return {
    name: 'tiny',
    backend: 'onnxruntime',
    maxBatch: 8,
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1] }],
    outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1] }],
    maxGatherMs: 0,
    instances: 1,
    parameters: {},
    ...more,
  };
}

export function floatTensor(
  values: readonly number[],
  shape: readonly number[] = [1, values.length],
  name = 'IN',
): Tensor {
  return { name, datatype: 'FP32', shape, data: new Uint8Array(Float32Array.from(values).buffer) };
}

export function floatsOf({ data }: Tensor): number[] {
  return [...new Float32Array(Uint8Array.from(data).buffer)];
}

/** Runs a model on zeros at every batch size it will meet, so that nobody waits for a first run. */
import { RuntimeError, asRuntimeError } from '../errors.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { copyTensor, ELEMENT_BYTES, elementCount, type Tensor } from '../tensor/tensor.ts';
import type { Executor } from './executor.ts';

/** 1, 2, 4 … and the largest. */
export function warmUpSizes(maxRows: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < maxRows; size *= 2) {
    sizes.push(size);
  }
  return [...sizes, maxRows];
}

/**
 * The parameter `warmup_shape` gives the sizes that the configuration leaves open: `AUDIO:16000;FLOW:30,54`, per input
 * its -1 dimensions in order; one that is not given is 1.
 */
export function warmUpInputs(config: ModelConfig, rows: number): Tensor[] {
  const given = readWarmUpShape(config);
  return config.inputs.map(({ name, datatype, shape }) => {
    const open = [...(given.get(name) ?? [])];
    const sizes = shape.map((size) => (size === -1 ? (open.shift() ?? 1) : size));
    const whole = config.maxBatch > 0 ? [rows, ...sizes] : sizes;
    // An empty string is its length, 0, in 4 bytes.
    const bytes = elementCount(whole) * (datatype === 'BYTES' ? 4 : ELEMENT_BYTES[datatype]);
    return { name, datatype, shape: whole, data: new Uint8Array(bytes) };
  });
}

/** Warms every instance. `warmup: "off"` leaves it out, for a model that zeros upset. Throws MODEL_INVALID. */
export async function warmUp(
  executor: Executor,
  config: ModelConfig,
  maxBatchRows: number,
): Promise<void> {
  if (config.parameters['warmup'] === 'off') {
    return;
  }
  const sizes = config.maxBatch > 0 ? warmUpSizes(Math.min(config.maxBatch, maxBatchRows)) : [1];
  for (const rows of sizes) {
    const inputs = warmUpInputs(config, rows);
    // Runs asked for together go to different instances.
    const runs = Array.from({ length: config.instances }, () =>
      executor.run(inputs.map(copyTensor)),
    );
    const failed = (await Promise.allSettled(runs)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      const cause: unknown = failed.reason;
      throw new RuntimeError('MODEL_INVALID', {
        detail: `The warm-up at batch ${String(rows)} failed: ${asRuntimeError(cause).message}`,
        cause,
      });
    }
  }
}

function readWarmUpShape(config: ModelConfig): Map<string, number[]> {
  const text = config.parameters['warmup_shape'] ?? '';
  const shapes = new Map<string, number[]>();
  for (const part of text.split(';').filter((each) => each.trim() !== '')) {
    const [name = '', sizes = ''] = part.split(':').map((each) => each.trim());
    const numbers = sizes.split(',').map(Number);
    const known = config.inputs.some((input) => input.name === name);
    if (!known || !numbers.every((size) => Number.isInteger(size) && size > 0)) {
      throw new RuntimeError('MODEL_INVALID', {
        detail: `“warmup_shape” is “${text}”; it is written like INPUT:16000;OTHER:30,54.`,
      });
    }
    shapes.set(name, numbers);
  }
  return shapes;
}

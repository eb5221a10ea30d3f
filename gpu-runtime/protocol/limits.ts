/** What both surfaces refuse before a model is asked. */
import { RuntimeError } from '../errors.ts';
import { MAX_TENSOR_BYTES } from '../tensor/tensor.ts';

/** One tensor of the largest size and a little more. */
export const MAX_MESSAGE_BYTES = MAX_TENSOR_BYTES + 2 ** 20;
/** Our models have up to six; nobody's need more. */
const MAX_TENSORS = 64;

/** Extensions of Triton that name memory or post-processing which this runtime does not have. */
const FOREIGN = [
  'shared_memory_region',
  'shared_memory_byte_size',
  'shared_memory_offset',
  'classification',
];

export function refuseTooMany(inputs: number, outputs: number): void {
  if (inputs > MAX_TENSORS || outputs > MAX_TENSORS) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `It has more than ${String(MAX_TENSORS)} tensors.`,
    });
  }
}

export function refuseForeignParameters(tensor: string, names: readonly string[]): void {
  const foreign = names.find((name) => FOREIGN.includes(name));
  if (foreign !== undefined) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `Tensor “${tensor.slice(0, 80)}”: “${foreign}” is not served here.`,
    });
  }
}

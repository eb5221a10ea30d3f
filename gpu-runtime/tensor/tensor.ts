/**
 * Tensors as the Open Inference Protocol carries them: a datatype's name, a shape, and the elements in row-major order,
 * little endian. Source: Open Inference Protocol, "Tensor Data" and "Binary Tensor Data Extension".
 */
import { RuntimeError } from '../errors.ts';

/** Bytes of one element; BYTES elements carry their own length (4 bytes, little endian) before them. */
export const ELEMENT_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: 0,
} as const;

export type Datatype = keyof typeof ELEMENT_BYTES;

export interface Tensor {
  name: string;
  datatype: Datatype;
  shape: readonly number[];
  data: Uint8Array;
}

/** A model's side of a tensor: -1 stands for any size. The batch dimension is not part of it. */
export interface TensorSpec {
  name: string;
  datatype: Datatype;
  shape: readonly number[];
}

/** 64 MiB: ten minutes of speech as floats take 37 MiB. */
export const MAX_TENSOR_BYTES = 64 * 2 ** 20;
const MAX_DIMENSIONS = 8;

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(ELEMENT_BYTES, name);
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Throws REQUEST_INVALID unless name, datatype, shape and data agree with one another. */
export function checkTensor(tensor: Tensor): void {
  const refuse = (detail: string): never => {
    throw new RuntimeError('REQUEST_INVALID', { detail: `Tensor “${tensor.name}”: ${detail}` });
  };
  if (!isDatatype(tensor.datatype)) {
    refuse(`there is no datatype “${String(tensor.datatype).slice(0, 20)}”.`);
  }
  const { shape, data } = tensor;
  if (
    shape.length > MAX_DIMENSIONS ||
    !shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  ) {
    refuse(`[${shape.slice(0, MAX_DIMENSIONS).join(', ')}] is no shape.`);
  }
  const elements = elementCount(shape);
  if (data.byteLength > MAX_TENSOR_BYTES || elements > MAX_TENSOR_BYTES) {
    refuse(`it is larger than ${String(MAX_TENSOR_BYTES)} bytes.`);
  }
  if (tensor.datatype === 'BYTES') {
    const held = countBytesElements(data);
    if (held !== elements) {
      refuse(
        `it holds ${held === undefined ? 'damaged' : String(held)} strings, its shape ${String(elements)}.`,
      );
    }
    return;
  }
  const bytes = elements * ELEMENT_BYTES[tensor.datatype];
  if (data.byteLength !== bytes) {
    refuse(
      `it holds ${String(data.byteLength)} bytes where [${shape.join(', ')}] ${tensor.datatype} has ${String(bytes)}.`,
    );
  }
}

/** Throws REQUEST_INVALID unless every tensor of a model's specification is there, once, and fits. */
export function checkAgainst(
  specs: readonly TensorSpec[],
  tensors: readonly Tensor[],
  options: { batched: boolean; maxBatch: number },
): void {
  for (const tensor of tensors) {
    if (!specs.some(({ name }) => name === tensor.name)) {
      const known = specs.map(({ name }) => name).join(', ');
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `There is no input “${tensor.name}”; the model takes ${known}.`,
      });
    }
    checkTensor(tensor);
  }
  let rows: number | undefined;
  for (const spec of specs) {
    const given = tensors.filter(({ name }) => name === spec.name);
    if (given.length !== 1) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `Input “${spec.name}” is ${given.length === 0 ? 'missing' : 'given twice'}.`,
      });
    }
    const tensor = given[0]!;
    const shape = options.batched ? tensor.shape.slice(1) : tensor.shape;
    const fits =
      tensor.datatype === spec.datatype &&
      shape.length === spec.shape.length &&
      spec.shape.every((size, index) => size === -1 || size === shape[index]);
    if (!fits) {
      const wanted = [...(options.batched ? ['batch'] : []), ...spec.shape].join(', ');
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `Input “${spec.name}” is ${tensor.datatype} [${tensor.shape.join(', ')}] where the model takes ${spec.datatype} [${wanted}].`,
      });
    }
    if (options.batched) {
      const own = tensor.shape[0]!;
      if (own < 1 || own > options.maxBatch || (rows !== undefined && own !== rows)) {
        throw new RuntimeError('REQUEST_INVALID', {
          detail: `Input “${spec.name}” has a batch of ${String(own)}; all inputs have the same, 1 to ${String(options.maxBatch)}.`,
        });
      }
      rows = own;
    }
  }
}

/** The same tensor over memory of its own, aligned for any element: whoever gets it may keep, change or transfer it. */
export function copyTensor(tensor: Tensor): Tensor {
  const data = new Uint8Array(tensor.data.byteLength);
  data.set(tensor.data);
  return { ...tensor, data };
}

/** Joins tensors of one name along the first dimension, in memory of its own. The others agree. */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const first = parts[0]!;
  if (parts.length === 1) {
    return copyTensor(first);
  }
  const data = new Uint8Array(parts.reduce((sum, part) => sum + part.data.byteLength, 0));
  let at = 0;
  let rows = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.byteLength;
    rows += part.shape[0]!;
  }
  return { ...first, shape: [rows, ...first.shape.slice(1)], data };
}

/** Cuts a tensor along the first dimension into parts of the given numbers of rows; BYTES elements may differ in size. */
export function splitRows(tensor: Tensor, rows: readonly number[]): Tensor[] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (tensor.shape[0] !== total) {
    throw new RuntimeError('MODEL_FAILED', {
      detail: `Output “${tensor.name}” has ${String(tensor.shape[0] ?? 0)} rows for ${String(total)} asked.`,
    });
  }
  const perRow = elementCount(tensor.shape.slice(1));
  let at = 0;
  return rows.map((count) => {
    const end =
      tensor.datatype === 'BYTES'
        ? skipBytesElements(tensor.data, at, count * perRow)
        : at + count * perRow * ELEMENT_BYTES[tensor.datatype];
    const part = {
      ...tensor,
      shape: [count, ...tensor.shape.slice(1)],
      data: tensor.data.subarray(at, end),
    };
    at = end;
    return part;
  });
}

/** Strings or byte strings as BYTES data. */
export function encodeBytes(elements: readonly (string | Uint8Array)[]): Uint8Array {
  const chunks = elements.map((element) =>
    typeof element === 'string' ? Buffer.from(element, 'utf8') : element,
  );
  const data = new Uint8Array(chunks.reduce((sum, chunk) => sum + 4 + chunk.byteLength, 0));
  const view = new DataView(data.buffer);
  let at = 0;
  for (const chunk of chunks) {
    view.setUint32(at, chunk.byteLength, true);
    data.set(chunk, at + 4);
    at += 4 + chunk.byteLength;
  }
  return data;
}

export function decodeBytes(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < data.byteLength) {
    const length = at + 4 <= data.byteLength ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > data.byteLength) {
      throw new RuntimeError('REQUEST_INVALID', { detail: 'A BYTES tensor is cut off.' });
    }
    elements.push(data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}

function countBytesElements(data: Uint8Array): number | undefined {
  try {
    return decodeBytes(data).length;
  } catch {
    return undefined;
  }
}

function skipBytesElements(data: Uint8Array, from: number, count: number): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = from;
  for (let index = 0; index < count; index += 1) {
    at += 4 + view.getUint32(at, true);
  }
  return at;
}

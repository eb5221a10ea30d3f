/** Tensors as callers write and read them: one row, which is one request's share of a batch. */
import type { InferResponse } from '../ports.ts';
import { decodeBytes, encodeBytes, type Tensor } from '../tensor/tensor.ts';

export function floatRow(name: string, values: ArrayLike<number>): Tensor {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return { name, datatype: 'FP32', shape: [1, values.length], data };
}

export function intRow(name: string, ...values: number[]): Tensor {
  const data = new Uint8Array(Int32Array.from(values).buffer);
  return { name, datatype: 'INT32', shape: [1, values.length], data };
}

export function boolRow(name: string, ...values: boolean[]): Tensor {
  const data = Uint8Array.from(values, Number);
  return { name, datatype: 'BOOL', shape: [1, values.length], data };
}

export function textRow(name: string, ...values: string[]): Tensor {
  return { name, datatype: 'BYTES', shape: [1, values.length], data: encodeBytes(values) };
}

/** The first text of an output; empty where there is none. Throws REQUEST_INVALID where it is cut off. */
export function textOf({ outputs }: InferResponse, name: string): string {
  const output = outputs.find((each) => each.name === name);
  const [first] = output === undefined ? [] : decodeBytes(output.data);
  return first === undefined ? '' : Buffer.from(first).toString('utf8');
}

/** The floats of an output; none where there is none. */
export function floatsOf({ outputs }: InferResponse, name: string): Float32Array {
  const output = outputs.find((each) => each.name === name);
  return output === undefined
    ? new Float32Array()
    : new Float32Array(Uint8Array.from(output.data).buffer);
}

/** The rows of a face request: avatar, picture of its template, parameters of its mouth. */
import { RuntimeError } from '../errors.ts';
import { decodeBytes, encodeBytes, type Tensor } from '../tensor/tensor.ts';
import { PARAMETERS } from './decoder-graph.ts';

export interface FaceRows {
  avatars: string[];
  frames: Int32Array;
  /** 32 per row. */
  params: Float32Array;
}

/** What parameters of people lie within, by far; beyond it the decoder draws noise. */
const LARGEST_PARAMETER = 4;

/** Reads the model's inputs, whose types and shapes have been checked. Throws REQUEST_INVALID. */
export function readFaceRows(inputs: readonly Tensor[]): FaceRows {
  const find = (name: string): Uint8Array => {
    const data = inputs.find((input) => input.name === name)?.data;
    if (data === undefined) {
      throw new RuntimeError('REQUEST_INVALID', { detail: `Input “${name}” is missing.` });
    }
    return data;
  };
  const avatars = decodeBytes(find('AVATAR')).map((name) => Buffer.from(name).toString('utf8'));
  const frames = new Int32Array(Uint8Array.from(find('FRAME')).buffer);
  const params = new Float32Array(Uint8Array.from(find('PARAMETERS')).buffer);
  if (frames.length !== avatars.length || params.length !== avatars.length * PARAMETERS) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: 'AVATAR, FRAME and PARAMETERS do not have the same rows.',
    });
  }
  return { avatars, frames, params };
}

/** Throws REQUEST_INVALID for parameters that are no numbers or far off. */
export function checkParams(params: Float32Array): void {
  const at = params.findIndex((value) => !(Math.abs(value) <= LARGEST_PARAMETER));
  if (at >= 0) {
    const what = Number.isFinite(params[at]) ? 'is beyond ±4' : 'is no finite number';
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `PARAMETERS: number ${String(at % PARAMETERS)} of row ${String(Math.floor(at / PARAMETERS))} ${what}.`,
    });
  }
}

export function faceTensors({ avatars, frames, params }: FaceRows): Tensor[] {
  const rows = avatars.length;
  return [
    { name: 'AVATAR', datatype: 'BYTES', shape: [rows, 1], data: encodeBytes(avatars) },
    {
      name: 'FRAME',
      datatype: 'INT32',
      shape: [rows, 1],
      data: new Uint8Array(Int32Array.from(frames).buffer),
    },
    {
      name: 'PARAMETERS',
      datatype: 'FP32',
      shape: [rows, PARAMETERS],
      data: new Uint8Array(Float32Array.from(params).buffer),
    },
  ];
}

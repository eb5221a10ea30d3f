/** Tensor elements as values, as JSON and typed protobuf fields carry them, to and from their bytes. */
import { RuntimeError } from '../errors.ts';
import { ELEMENT_BYTES, decodeBytes, encodeBytes, type Datatype } from '../tensor/tensor.ts';

export type ElementValue = number | bigint | boolean | string | Uint8Array;

/** Datatypes with a fixed size that have a value form. FP16 has none in the protocol and BYTES no fixed size. */
type ScalarDatatype = Exclude<Datatype, 'BYTES' | 'FP16'>;

interface Scalar {
  /** Undefined where the value is none of this datatype. */
  accept: (value: ElementValue) => number | bigint | undefined;
  write: (view: DataView, at: number, value: number | bigint) => void;
  read: (view: DataView, at: number) => number | bigint | boolean;
}

function whole(least: number, most: number): Scalar['accept'] {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : undefined;
}

/** 64-bit numbers come exact as bigint, or as numbers that a double holds exactly. */
function whole64(least: bigint, most: bigint): Scalar['accept'] {
  return (value) => {
    const exact =
      typeof value === 'bigint'
        ? value
        : typeof value === 'number' && Number.isSafeInteger(value)
          ? BigInt(value)
          : undefined;
    return exact !== undefined && exact >= least && exact <= most ? exact : undefined;
  };
}

const real: Scalar['accept'] = (value) => (typeof value === 'number' ? value : undefined);

const SCALARS: Readonly<Record<ScalarDatatype, Scalar>> = {
  BOOL: {
    accept: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
    write: (view, at, value) => {
      view.setUint8(at, Number(value));
    },
    read: (view, at) => view.getUint8(at) !== 0,
  },
  UINT8: {
    accept: whole(0, 0xff),
    write: (view, at, value) => {
      view.setUint8(at, Number(value));
    },
    read: (view, at) => view.getUint8(at),
  },
  UINT16: {
    accept: whole(0, 0xffff),
    write: (view, at, value) => {
      view.setUint16(at, Number(value), true);
    },
    read: (view, at) => view.getUint16(at, true),
  },
  UINT32: {
    accept: whole(0, 0xffff_ffff),
    write: (view, at, value) => {
      view.setUint32(at, Number(value), true);
    },
    read: (view, at) => view.getUint32(at, true),
  },
  UINT64: {
    accept: whole64(0n, 2n ** 64n - 1n),
    write: (view, at, value) => {
      view.setBigUint64(at, BigInt(value), true);
    },
    read: (view, at) => view.getBigUint64(at, true),
  },
  INT8: {
    accept: whole(-0x80, 0x7f),
    write: (view, at, value) => {
      view.setInt8(at, Number(value));
    },
    read: (view, at) => view.getInt8(at),
  },
  INT16: {
    accept: whole(-0x8000, 0x7fff),
    write: (view, at, value) => {
      view.setInt16(at, Number(value), true);
    },
    read: (view, at) => view.getInt16(at, true),
  },
  INT32: {
    accept: whole(-0x8000_0000, 0x7fff_ffff),
    write: (view, at, value) => {
      view.setInt32(at, Number(value), true);
    },
    read: (view, at) => view.getInt32(at, true),
  },
  INT64: {
    accept: whole64(-(2n ** 63n), 2n ** 63n - 1n),
    write: (view, at, value) => {
      view.setBigInt64(at, BigInt(value), true);
    },
    read: (view, at) => view.getBigInt64(at, true),
  },
  FP32: {
    accept: real,
    write: (view, at, value) => {
      view.setFloat32(at, Number(value), true);
    },
    read: (view, at) => view.getFloat32(at, true),
  },
  FP64: {
    accept: real,
    write: (view, at, value) => {
      view.setFloat64(at, Number(value), true);
    },
    read: (view, at) => view.getFloat64(at, true),
  },
};

/** Throws REQUEST_INVALID naming the tensor and the first element that does not fit its datatype. */
export function encodeValues(
  name: string,
  datatype: Datatype,
  values: readonly ElementValue[],
): Uint8Array {
  if (datatype === 'FP16') {
    throw invalid(name, 'FP16 travels as raw data only.');
  }
  if (datatype === 'BYTES') {
    return encodeBytes(
      values.map((value, index) => {
        if (typeof value !== 'string' && !(value instanceof Uint8Array)) {
          throw invalid(name, `element ${String(index)} is no text.`);
        }
        return value;
      }),
    );
  }
  const { accept, write } = SCALARS[datatype];
  const size = ELEMENT_BYTES[datatype];
  const data = new Uint8Array(values.length * size);
  const view = new DataView(data.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const accepted = accept(values[index]!);
    if (accepted === undefined) {
      throw invalid(name, `element ${String(index)} is no ${datatype}.`);
    }
    write(view, index * size, accepted);
  }
  return data;
}

/** The elements of data that fits its datatype; BYTES elements as bytes. Throws REQUEST_INVALID for FP16. */
export function decodeValues(name: string, datatype: Datatype, data: Uint8Array): ElementValue[] {
  if (datatype === 'FP16') {
    throw invalid(name, 'FP16 travels as raw data only.');
  }
  if (datatype === 'BYTES') {
    return decodeBytes(data);
  }
  const { read } = SCALARS[datatype];
  const size = ELEMENT_BYTES[datatype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: Math.floor(data.byteLength / size) }, (_none, index) =>
    read(view, index * size),
  );
}

function invalid(name: string, detail: string): RuntimeError {
  return new RuntimeError('REQUEST_INVALID', {
    detail: `Tensor “${name.slice(0, 80)}”: ${detail}`,
  });
}

/** The same bytes, not copied, as no Buffer: a Buffer's `slice` shares memory where everyone expects a copy. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

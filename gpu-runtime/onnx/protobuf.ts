/** Protocol buffers at the level of the wire: fields with numbers, without a schema. Source: protobuf.dev, "Encoding". */
import { RuntimeError } from '../errors.ts';

/** A field as it was read: a number for wire types 0 and 5, bytes for 1 and 2. */
export interface Field {
  number: number;
  wire: 0 | 1 | 2 | 5;
  /** Of wire type 0, as far as it is exact. */
  value: number;
  /** Of wire types 1, 2 and 5; a view of what was read. */
  bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** The fields of one message in their order. Throws MODEL_INVALID where the bytes are no message. */
export function readFields(message: Uint8Array): Field[] {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) {
        throw damaged();
      }
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        return BigInt.asIntN(64, value);
      }
    }
    throw damaged();
  };
  const take = (count: number): Uint8Array => {
    if (count < 0 || at + count > view.byteLength) {
      throw damaged();
    }
    at += count;
    return message.subarray(at - count, at);
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    const wire = key % 8;
    switch (wire) {
      case 0:
        fields.push({ number, wire, value: Number(varint()), bytes: NOTHING });
        break;
      case 1:
        fields.push({ number, wire, value: 0, bytes: take(8) });
        break;
      case 2:
        fields.push({ number, wire, value: 0, bytes: take(Number(varint())) });
        break;
      case 5:
        fields.push({ number, wire, value: 0, bytes: take(4) });
        break;
      default:
        throw damaged();
    }
  }
  return fields;
}

/** The same message again. */
export function writeFields(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  return join(
    ...fields.map(({ number, wire, value, bytes }) => {
      const key = varint(number * 8 + wire);
      switch (wire) {
        case 0:
          return join(key, varint(value));
        case 2:
          return join(key, varint(bytes.byteLength), bytes);
        default:
          return join(key, bytes);
      }
    }),
  );
}

export function textOf({ bytes }: Field): string {
  return DECODER.decode(bytes);
}

export function numberField(number: number, value: number): Field {
  return { number, wire: 0, value, bytes: NOTHING };
}

export function bytesField(number: number, bytes: Uint8Array): Field {
  return { number, wire: 2, value: 0, bytes };
}

export function textField(number: number, text: string): Field {
  return bytesField(number, ENCODER.encode(text));
}

export function floatField(number: number, value: number): Field {
  const bytes = new Uint8Array(Float32Array.of(value).buffer);
  return { number, wire: 5, value: 0, bytes };
}

export function messageField(number: number, fields: readonly Field[]): Field {
  return bytesField(number, writeFields(fields));
}

function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const group = Number(rest & 127n);
    rest >>= 7n;
    groups.push(rest > 0n ? group + 128 : group);
  } while (rest > 0n);
  return Uint8Array.from(groups);
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function damaged(): RuntimeError {
  return new RuntimeError('MODEL_INVALID', { detail: 'The file is no ONNX model, or cut off.' });
}

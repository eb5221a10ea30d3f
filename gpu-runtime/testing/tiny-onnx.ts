/**
 * Writes small ONNX models, byte by byte: nothing is fetched and nothing is kept in the repository.
 * Source: onnx.proto of the ONNX project, for the numbers of the fields.
 */

type Bytes = Uint8Array<ArrayBuffer>;

export interface TinyOnnxOptions {
  input?: string;
  output?: string;
  /** What every element is multiplied by. */
  factor?: number;
  /** Multiplies this often: a model that takes its time. */
  times?: number;
  /** Sizes by number; a dimension of any size by name. */
  shape?: readonly (number | string)[];
}

const FLOAT = 1;
/** Both are older than any onnxruntime in use. */
const IR_VERSION = 8;
const OPSET = 13;

/** y = x × factor, FP32, with any batch and any width. */
export function tinyOnnx(options: TinyOnnxOptions = {}): Bytes {
  const {
    input = 'IN',
    output = 'OUT',
    factor = 2,
    times = 1,
    shape = ['batch', 'width'],
  } = options;
  const nodes = Array.from({ length: times }, (_, index) => {
    const from = index === 0 ? input : `step${String(index)}`;
    const to = index === times - 1 ? output : `step${String(index + 1)}`;
    return bytes(1, join(text(1, from), text(1, 'factor'), text(2, to), text(4, 'Mul')));
  });
  const weight = join(
    number(2, FLOAT),
    text(8, 'factor'),
    bytes(9, new Uint8Array(Float32Array.of(factor).buffer)),
  );
  const graph = join(
    ...nodes,
    text(2, 'tiny'),
    bytes(5, weight),
    bytes(11, valueInfo(input, shape)),
    bytes(12, valueInfo(output, shape)),
  );
  return join(number(1, IR_VERSION), bytes(8, number(2, OPSET)), bytes(7, graph));
}

function valueInfo(name: string, shape: readonly (number | string)[]): Bytes {
  const dimensions = shape.map((size) =>
    bytes(1, typeof size === 'number' ? number(1, size) : text(2, size)),
  );
  const tensorType = join(number(1, FLOAT), bytes(2, join(...dimensions)));
  return join(text(1, name), bytes(2, bytes(1, tensorType)));
}

/** A protobuf field of wire type 0. */
function number(field: number, value: number): Bytes {
  return join(varint(field * 8), varint(value));
}

/** A protobuf field of wire type 2. */
function bytes(field: number, value: Bytes): Bytes {
  return join(varint(field * 8 + 2), varint(value.byteLength), value);
}

function text(field: number, value: string): Bytes {
  return bytes(field, new TextEncoder().encode(value));
}

function varint(value: number): Bytes {
  const groups: number[] = [];
  let rest = value;
  do {
    groups.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(groups);
}

function join(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

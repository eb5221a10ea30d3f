/**
 * An ONNX model as a graph that can be changed: nodes, constants, inputs and outputs. What is not touched is written back
 * as it was read. Source: onnx.proto of the ONNX project, for the numbers of the fields.
 */
import { RuntimeError } from '../errors.ts';
import {
  bytesField,
  floatField,
  messageField,
  numberField,
  readFields,
  textField,
  textOf,
  writeFields,
  type Field,
} from './protobuf.ts';

/** Element types by their numbers in onnx.proto. */
export const ELEMENT = { FLOAT: 1, UINT8: 2, INT64: 7, FLOAT16: 10 } as const;
export type Element = (typeof ELEMENT)[keyof typeof ELEMENT];

/** A dimension of any size has a name. */
export type Dimension = number | string;

export interface Node {
  name: string;
  op: string;
  inputs: string[];
  outputs: string[];
  /** Attributes and whatever else the node holds, as read. */
  rest: Field[];
}

export interface Value {
  name: string;
  element: number;
  shape: readonly Dimension[];
}

/** What an attribute of a new node may hold; a number without a fraction is an integer. */
export type Attribute = number | readonly number[] | { float: number };

const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const NODE = { input: 1, output: 2, name: 3, op: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, t: 5, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;
const TENSOR = { dims: 1, type: 2, int64: 7, name: 8, raw: 9 } as const;

export class OnnxGraph {
  nodes: Node[];
  inputs: Value[];
  outputs: Value[];
  readonly #model: readonly Field[];
  /** Constants and names. */
  readonly #others: Field[];

  private constructor(model: readonly Field[], graph: readonly Field[]) {
    this.#model = model;
    const all = (number: number): Field[] => graph.filter((field) => field.number === number);
    this.nodes = all(GRAPH.node).map(readNode);
    this.inputs = all(GRAPH.input).map(readValue);
    this.outputs = all(GRAPH.output).map(readValue);
    // Shapes of values in between hold for one batch size only; onnxruntime finds them by itself.
    const known: readonly number[] = [GRAPH.node, GRAPH.input, GRAPH.output, GRAPH.valueInfo];
    this.#others = graph.filter(({ number }) => !known.includes(number));
  }

  /** Throws MODEL_INVALID. */
  static read(file: Uint8Array): OnnxGraph {
    const model = readFields(file);
    const graph = model.find(({ number, wire }) => number === MODEL_GRAPH && wire === 2);
    if (graph === undefined) {
      throw new RuntimeError('MODEL_INVALID', { detail: 'The file holds no ONNX graph.' });
    }
    return new OnnxGraph(model, readFields(graph.bytes));
  }

  write(): Uint8Array<ArrayBuffer> {
    const graph = writeFields([
      ...this.nodes.map((node) => messageField(GRAPH.node, writeNode(node))),
      ...this.#others,
      ...this.inputs.map((value) => messageField(GRAPH.input, writeValue(value))),
      ...this.outputs.map((value) => messageField(GRAPH.output, writeValue(value))),
    ]);
    return writeFields(
      this.#model.map((field) =>
        field.number === MODEL_GRAPH ? bytesField(MODEL_GRAPH, graph) : field,
      ),
    );
  }

  /** The node of this name; undefined where there is none. */
  find(name: string): Node | undefined {
    return this.nodes.find((node) => node.name === name);
  }

  /** Appends a node; its name is that of its first output. */
  add(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.nodes.push(newNode(op, inputs, outputs, attributes));
  }

  /** A constant tensor of floats, or of whole numbers where `whole` is set. */
  addConstant(
    name: string,
    values: readonly number[] | Float32Array,
    shape: readonly number[],
    whole = false,
  ): void {
    const data = whole
      ? new Uint8Array(BigInt64Array.from(Array.from(values, BigInt)).buffer)
      : new Uint8Array(Float32Array.from(values).buffer);
    this.#others.push(
      messageField(GRAPH.initializer, [
        ...shape.map((size) => numberField(TENSOR.dims, size)),
        numberField(TENSOR.type, whole ? ELEMENT.INT64 : ELEMENT.FLOAT),
        textField(TENSOR.name, name),
        bytesField(TENSOR.raw, data),
      ]),
    );
  }

  /** The whole numbers of the `Constant` node that gives `output`; undefined where there is no such node. */
  wholeNumbers(output: string): number[] | undefined {
    const tensor = this.#constantTensor(output);
    if (tensor?.find(({ number }) => number === TENSOR.type)?.value !== ELEMENT.INT64) {
      return undefined;
    }
    const raw = tensor.find(({ number }) => number === TENSOR.raw);
    if (raw === undefined) {
      return tensor
        .filter(({ number, wire }) => number === TENSOR.int64 && wire === 0)
        .map(({ value }) => value);
    }
    const copy = Uint8Array.from(raw.bytes);
    return Array.from(new BigInt64Array(copy.buffer), Number);
  }

  /** Replaces what the `Constant` node that gives `output` holds. */
  setWholeNumbers(output: string, values: readonly number[]): void {
    const node = this.nodes.find(({ op, outputs }) => op === 'Constant' && outputs[0] === output);
    if (node === undefined) {
      throw new RuntimeError('MODEL_INVALID', { detail: `No constant gives “${output}”.` });
    }
    const data = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
    node.rest = [
      messageField(NODE.attribute, [
        textField(ATTRIBUTE.name, 'value'),
        messageField(ATTRIBUTE.t, [
          numberField(TENSOR.dims, values.length),
          numberField(TENSOR.type, ELEMENT.INT64),
          bytesField(TENSOR.raw, data),
        ]),
        numberField(ATTRIBUTE.type, 4),
      ]),
    ];
  }

  #constantTensor(output: string): Field[] | undefined {
    const node = this.nodes.find(({ op, outputs }) => op === 'Constant' && outputs[0] === output);
    const attribute = node?.rest.find(({ number }) => number === NODE.attribute);
    const tensor =
      attribute && readFields(attribute.bytes).find(({ number }) => number === ATTRIBUTE.t);
    return tensor && readFields(tensor.bytes);
  }
}

export function newNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Node {
  return {
    name: outputs[0] ?? op,
    op,
    inputs: [...inputs],
    outputs: [...outputs],
    rest: Object.entries(attributes).map(([name, value]) =>
      messageField(NODE.attribute, [textField(ATTRIBUTE.name, name), ...attributeFields(value)]),
    ),
  };
}

function attributeFields(value: Attribute): Field[] {
  if (typeof value === 'number') {
    return [numberField(ATTRIBUTE.i, value), numberField(ATTRIBUTE.type, ATTRIBUTE_TYPE.int)];
  }
  if ('float' in value) {
    return [
      floatField(ATTRIBUTE.f, value.float),
      numberField(ATTRIBUTE.type, ATTRIBUTE_TYPE.float),
    ];
  }
  return [
    ...value.map((each) => numberField(ATTRIBUTE.ints, each)),
    numberField(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
  ];
}

function readNode(field: Field): Node {
  const fields = readFields(field.bytes);
  const texts = (number: number): string[] =>
    fields.filter((each) => each.number === number).map(textOf);
  const known: readonly number[] = [NODE.input, NODE.output, NODE.name, NODE.op];
  return {
    name: texts(NODE.name)[0] ?? '',
    op: texts(NODE.op)[0] ?? '',
    inputs: texts(NODE.input),
    outputs: texts(NODE.output),
    rest: fields.filter(({ number }) => !known.includes(number)),
  };
}

function writeNode({ name, op, inputs, outputs, rest }: Node): Field[] {
  return [
    ...inputs.map((each) => textField(NODE.input, each)),
    ...outputs.map((each) => textField(NODE.output, each)),
    textField(NODE.name, name),
    textField(NODE.op, op),
    ...rest,
  ];
}

/** Of ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; its elem_type 1, shape 2; dim 1: dim_value 1, dim_param 2. */
function readValue(field: Field): Value {
  const fields = readFields(field.bytes);
  const name = fields.find(({ number }) => number === 1);
  const inside = (from: readonly Field[], number: number): Field[] => {
    const found = from.find((each) => each.number === number);
    return found === undefined ? [] : readFields(found.bytes);
  };
  const tensor = inside(inside(fields, 2), 1);
  const shape = inside(tensor, 2).map((dimension): Dimension => {
    const size = readFields(dimension.bytes)[0];
    return size === undefined ? 'any' : size.number === 1 ? size.value : textOf(size);
  });
  return {
    name: name === undefined ? '' : textOf(name),
    element: tensor.find(({ number }) => number === 1)?.value ?? 0,
    shape,
  };
}

function writeValue({ name, element, shape }: Value): Field[] {
  const dimensions = shape.map((size) =>
    messageField(1, [typeof size === 'number' ? numberField(1, size) : textField(2, size)]),
  );
  const tensor = [numberField(1, element), messageField(2, dimensions)];
  return [textField(1, name), messageField(2, [messageField(1, tensor)])];
}

/**
 * Open Inference Protocol bodies over HTTP, with Triton's binary tensor data extension: a JSON object, and after it the
 * raw data of the tensors that say `binary_data_size`, in their order.
 */
import { z } from 'zod';
import { RuntimeError } from '../errors.ts';
import type {
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelStatistics,
  RuntimeHealth,
  ServerMetadata,
} from '../ports.ts';
import { isDatatype, type Tensor } from '../tensor/tensor.ts';
import { decodeValues, encodeValues, plainBytes, type ElementValue } from './element-values.ts';
import {
  encodeHealth,
  encodeModelMetadata,
  encodeServerMetadata,
  encodeStatistics,
} from './grpc-codec.ts';
import { refuseForeignParameters, refuseTooMany } from './limits.ts';
import { schedulingOf } from './parameters.ts';

/** Node lower-cases header names. */
export const HEADER_LENGTH = 'inference-header-content-length';

/** JSON is parsed in one go on the event loop: 8 MiB take about 60 ms. Larger tensors travel as binary data. */
export const MAX_JSON_BYTES = 8 * 2 ** 20;
/** Nesting of `data`; a tensor has no more dimensions. */
const MAX_NESTING = 8;

const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const requestBody = z.object({
  id: z.string().optional(),
  parameters: parameters.optional(),
  inputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.number()),
      parameters: parameters.optional(),
      data: z.array(z.unknown()).optional(),
    }),
  ),
  outputs: z.array(z.object({ name: z.string(), parameters: parameters.optional() })).optional(),
});

type RequestInput = z.infer<typeof requestBody>['inputs'][number];

export interface HttpInferBody {
  body: Uint8Array;
  /** The header `Inference-Header-Content-Length`, where it was sent. */
  headerLength?: string | undefined;
  modelName: string;
  modelVersion: string;
  fallbackSession: string;
}

/** Which outputs are wanted as binary data. */
export interface OutputForm {
  binaryByDefault: boolean;
  binary: ReadonlyMap<string, boolean>;
}

/** Throws REQUEST_INVALID. Binary data stays that of the body, not copied. */
export function decodeHttpRequest(http: HttpInferBody): {
  request: InferRequest;
  form: OutputForm;
} {
  const jsonBytes = jsonLength(http);
  const parsed = requestBody.safeParse(parseJson(http.body.subarray(0, jsonBytes)));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const at =
      issue === undefined || issue.path.length === 0 ? 'The body' : `“${issue.path.join('.')}”`;
    throw invalid(`${at.slice(0, 120)}: ${issue?.message ?? 'it is no request'}.`);
  }
  const { id = '', inputs, outputs = [], parameters: own = {} } = parsed.data;
  refuseTooMany(inputs.length, outputs.length);
  for (const each of [...inputs, ...outputs]) {
    refuseForeignParameters(each.name, Object.keys(each.parameters ?? {}));
  }
  const rest = new Rest(http.body.subarray(jsonBytes));
  const tensors = inputs.map((input) => decodeInput(input, rest));
  rest.expectEnd();
  return {
    request: {
      modelName: http.modelName,
      modelVersion: http.modelVersion,
      id,
      inputs: tensors,
      outputs: outputs.map(({ name }) => name),
      scheduling: schedulingOf(own, http.fallbackSession),
    },
    form: {
      binaryByDefault: own.binary_data_output === true,
      binary: new Map(
        outputs.flatMap(({ name, parameters: wanted }) =>
          typeof wanted?.binary_data === 'boolean' ? [[name, wanted.binary_data] as const] : [],
        ),
      ),
    },
  };
}

export interface HttpInferAnswer {
  body: Buffer;
  /** Bytes of the JSON part, where binary data follows it. */
  headerLength: number | undefined;
}

/** Throws REQUEST_INVALID where an output has no JSON form: FP16, text that is no UTF-8, NaN, numbers beyond 2^53. */
export function encodeHttpResponse(response: InferResponse, form: OutputForm): HttpInferAnswer {
  const binary: Uint8Array[] = [];
  const outputs = response.outputs.map(({ name, datatype, shape, data }) => {
    if (form.binary.get(name) ?? form.binaryByDefault) {
      binary.push(data);
      return { name, datatype, shape, parameters: { binary_data_size: data.byteLength } };
    }
    const values = decodeValues(name, datatype, data).map((value) => jsonValue(name, value));
    return { name, datatype, shape, data: values };
  });
  const json = Buffer.from(
    JSON.stringify({
      ...(response.id === '' ? {} : { id: response.id }),
      model_name: response.modelName,
      model_version: response.modelVersion,
      outputs,
    }),
  );
  return binary.length === 0
    ? { body: json, headerLength: undefined }
    : { body: Buffer.concat([json, ...binary]), headerLength: json.byteLength };
}

export function httpServerMetadata(metadata: ServerMetadata): object {
  return encodeServerMetadata(metadata);
}

export function httpModelMetadata(metadata: ModelMetadata): object {
  return encodeModelMetadata(metadata);
}

export function httpStatistics(statistics: readonly ModelStatistics[]): object {
  return { model_stats: statistics.map(encodeStatistics) };
}

export function httpHealth(health: RuntimeHealth): object {
  return encodeHealth(health);
}

/** The binary data behind the JSON, taken piece by piece. */
class Rest {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(name: string, size: unknown): Uint8Array {
    const left = this.#bytes.byteLength - this.#at;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > left) {
      throw invalid(
        `Input “${name.slice(0, 80)}”: its binary_data_size is not one of the ${String(left)} bytes left.`,
      );
    }
    this.#at += size;
    return plainBytes(this.#bytes.subarray(this.#at - size, this.#at));
  }

  expectEnd(): void {
    const left = this.#bytes.byteLength - this.#at;
    if (left > 0) {
      throw invalid(`${String(left)} bytes of binary data belong to no input.`);
    }
  }
}

function decodeInput(input: RequestInput, rest: Rest): Tensor {
  const { name, datatype, shape, data } = input;
  if (!isDatatype(datatype)) {
    throw invalid(`Input “${name.slice(0, 80)}”: there is no datatype “${datatype.slice(0, 20)}”.`);
  }
  const size = input.parameters?.binary_data_size;
  if (size !== undefined) {
    if (data !== undefined) {
      throw invalid(`Input “${name.slice(0, 80)}” has both data and binary_data_size.`);
    }
    return { name, datatype, shape, data: rest.take(name, size) };
  }
  if (data === undefined) {
    throw invalid(`Input “${name.slice(0, 80)}” has no data.`);
  }
  const values: ElementValue[] = [];
  flatten(name, data, values, 1);
  return { name, datatype, shape, data: encodeValues(name, datatype, values) };
}

/** Data may be nested as its shape is, or flat. */
function flatten(
  name: string,
  data: readonly unknown[],
  into: ElementValue[],
  depth: number,
): void {
  if (depth > MAX_NESTING) {
    throw invalid(`Input “${name.slice(0, 80)}”: its data is nested too deeply.`);
  }
  for (const value of data) {
    if (Array.isArray(value)) {
      flatten(name, value, into, depth + 1);
    } else if (
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      typeof value === 'string'
    ) {
      into.push(value);
    } else {
      throw invalid(`Input “${name.slice(0, 80)}”: its data holds what is no element.`);
    }
  }
}

function jsonLength({ body, headerLength }: HttpInferBody): number {
  const length = headerLength === undefined ? body.byteLength : Number(headerLength);
  if (
    headerLength !== undefined &&
    (!/^\d{1,10}$/u.test(headerLength) || length > body.byteLength)
  ) {
    throw invalid('Inference-Header-Content-Length is no length within the body.');
  }
  if (length > MAX_JSON_BYTES) {
    throw invalid(
      `Its JSON is longer than ${String(MAX_JSON_BYTES)} bytes; send large tensors as binary data.`,
    );
  }
  return length;
}

/** The parser's own message quotes the body, and is not passed on. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('The body is no JSON.');
  }
}

function jsonValue(name: string, value: ElementValue): number | boolean | string {
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    } catch {
      throw invalid(`Output “${name}” holds no UTF-8 text; ask for it as binary data.`);
    }
  }
  const plain = typeof value === 'bigint' ? Number(value) : value;
  if (
    typeof plain === 'number' &&
    (!Number.isFinite(plain) || (typeof value === 'bigint' && !Number.isSafeInteger(plain)))
  ) {
    throw invalid(`Output “${name}” holds a number that JSON has not; ask for it as binary data.`);
  }
  return plain;
}

function invalid(detail: string): RuntimeError {
  return new RuntimeError('REQUEST_INVALID', { detail });
}

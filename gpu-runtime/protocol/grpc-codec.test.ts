import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import type { InferRequest } from '../ports.ts';
import { ELEMENT_BYTES, encodeBytes, type Datatype, type Tensor } from '../tensor/tensor.ts';
import { floatTensor as floats } from '../testing/configs.ts';
import { echoRequest } from '../testing/echo-model.ts';
import { decodeValues, encodeValues } from './element-values.ts';
import {
  decodeInferRequest,
  decodeInferResponse,
  decodeStatistics,
  encodeInferRequest,
  encodeInferResponse,
  encodeStatistics,
} from './grpc-codec.ts';
import { inferenceMethods, type WireInferRequest, type WireTensor } from './grpc-messages.ts';
import { arbitraryTensor } from '../testing/arbitrary-tensor.ts';

const { ModelInfer, ModelStatistics } = inferenceMethods();

/** Over the wire and back. */
function received(wire: WireInferRequest): WireInferRequest {
  return ModelInfer.requestDeserialize(ModelInfer.requestSerialize(wire));
}

function plain(tensors: readonly Tensor[]) {
  return tensors.map((tensor) => ({ ...tensor, shape: [...tensor.shape], data: [...tensor.data] }));
}

function wireWith(input: WireTensor, raw: Uint8Array[] = []): WireInferRequest {
  return { model_name: 'echo', inputs: [input], raw_input_contents: raw };
}

function decoded(wire: WireInferRequest): InferRequest {
  return decodeInferRequest(received(wire), 'peer');
}

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error instanceof RuntimeError ? error.code : error;
  }
  return 'no error';
}

describe('a request over gRPC', () => {
  it('arrives as it left, whatever its tensors', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTensor, { maxLength: 4 }), fc.string(), (inputs, id) => {
        const request = echoRequest(floats([1]), { inputs, id, outputs: ['OUT'] });
        const back = decoded(encodeInferRequest(request));
        expect({ ...back, inputs: plain(back.inputs) }).toEqual({
          ...request,
          id: Buffer.from(id).toString(),
          inputs: plain(inputs),
        });
      }),
    );
  });

  it('says who asks, how urgently and for how long', () => {
    const scheduling = { priority: 1, timeoutMs: 1_250.5, session: 'å', batchKey: 'ada' } as const;
    const request = echoRequest(floats([1]), { scheduling });
    expect(decoded(encodeInferRequest(request)).scheduling).toEqual(scheduling);
  });

  it.each<[string, WireInferRequest['parameters'], object]>([
    ['nothing', {}, { priority: 0, timeoutMs: 10_000, session: 'peer', batchKey: '' }],
    ['Triton’s default', { priority: { uint64_param: 0 } }, { priority: 0 }],
    ['Triton’s highest', { priority: { int64_param: 1 } }, { priority: 0 }],
    ['a lower one', { priority: { uint64_param: 3 } }, { priority: 1 }],
    ['a timeout', { timeout: { int64_param: 40_000 } }, { timeoutMs: 40 }],
    [
      'an endless timeout',
      { timeout: { uint64_param: '18446744073709551615' } },
      { timeoutMs: 600_000 },
    ],
    ['what we do not know', { sequence_id: { string_param: 'x' } }, { session: 'peer' }],
  ])('with %s as parameters is scheduled so', (_what, parameters, scheduling) => {
    expect(decoded({ parameters: parameters! }).scheduling).toMatchObject(scheduling);
  });

  it.each<[string, WireInferRequest]>([
    ['a priority that is text', { parameters: { priority: { string_param: '1' } } }],
    ['a negative timeout', { parameters: { timeout: { int64_param: -5 } } }],
    [
      'an endless session',
      { parameters: { understudy_session: { string_param: 'x'.repeat(201) } } },
    ],
    ['an unknown datatype', wireWith({ name: 'IN', datatype: 'BF16', shape: [1] })],
    [
      'shared memory',
      wireWith({
        name: 'IN',
        datatype: 'FP32',
        parameters: { shared_memory_region: { string_param: 'r' } },
      }),
    ],
    [
      'raw and typed data at once',
      wireWith({ name: 'IN', datatype: 'FP32', shape: [1], contents: { fp32_contents: [1] } }, [
        new Uint8Array(4),
      ]),
    ],
    [
      'more raw contents than tensors',
      wireWith({ name: 'IN', datatype: 'FP32', shape: [1] }, [
        new Uint8Array(4),
        new Uint8Array(4),
      ]),
    ],
    ['typed FP16 of no data', wireWith({ name: 'IN', datatype: 'FP16', shape: [1] })],
    [
      'an INT8 beyond its range',
      wireWith({ name: 'IN', datatype: 'INT8', shape: [1], contents: { int_contents: [200] } }),
    ],
    ['a thousand tensors', { inputs: Array.from({ length: 1_000 }, () => ({ name: 'IN' })) }],
  ])('with %s is refused', (_what, wire) => {
    expect(codeOf(() => decoded(wire))).toBe('REQUEST_INVALID');
  });

  it.each<[Datatype, WireTensor['contents'], Uint8Array]>([
    ['BOOL', { bool_contents: [true, false] }, Uint8Array.of(1, 0)],
    ['INT8', { int_contents: [-1, 2] }, Uint8Array.of(255, 2)],
    ['UINT16', { uint_contents: [1, 65_535] }, Uint8Array.of(1, 0, 255, 255)],
    [
      'FP32',
      { fp32_contents: [1, Number.NaN] },
      new Uint8Array(Float32Array.of(1, Number.NaN).buffer),
    ],
    ['FP64', { fp64_contents: [0.1, -1] }, new Uint8Array(Float64Array.of(0.1, -1).buffer)],
    [
      'INT64',
      { int64_contents: ['-9223372036854775808', '9007199254740993'] },
      new Uint8Array(BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n).buffer),
    ],
    [
      'UINT64',
      { uint64_contents: ['18446744073709551615', 0] },
      new Uint8Array(BigUint64Array.of(2n ** 64n - 1n, 0n).buffer),
    ],
    ['BYTES', { bytes_contents: [Buffer.from('hej'), Buffer.from('')] }, encodeBytes(['hej', ''])],
  ])('may carry %s as typed contents', (datatype, contents, data) => {
    const { inputs } = decoded(wireWith({ name: 'IN', datatype, shape: [2], contents: contents! }));
    expect([...inputs[0]!.data]).toEqual([...data]);
  });

  it('gives a request or a typed error, whatever comes', () => {
    const wireTensor = fc.record(
      {
        name: fc.string(),
        datatype: fc.constantFrom(...Object.keys(ELEMENT_BYTES), 'BF16', '', '__proto__'),
        shape: fc.array(fc.oneof(fc.integer(), fc.constant('-9223372036854775808')), {
          maxLength: 10,
        }),
        contents: fc.record(
          {
            int_contents: fc.array(fc.integer()),
            fp32_contents: fc.array(fc.float()),
            bytes_contents: fc.array(fc.uint8Array()),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    );
    const parameter = fc.oneof(
      fc.record({ int64_param: fc.integer() }),
      fc.record({ string_param: fc.string() }),
      fc.record({ double_param: fc.double() }),
      fc.constant({}),
    );
    const key = fc.constantFrom('priority', 'timeout', 'understudy_session', '__proto__', 'x');
    fc.assert(
      fc.property(
        fc.record(
          {
            model_name: fc.string(),
            inputs: fc.array(wireTensor, { maxLength: 5 }),
            raw_input_contents: fc.array(fc.uint8Array(), { maxLength: 5 }),
            parameters: fc.dictionary(key, parameter),
          },
          { requiredKeys: [] },
        ),
        (wire) => {
          expect(['no error', 'REQUEST_INVALID']).toContain(codeOf(() => decoded(wire)));
        },
      ),
    );
  });

  it('of random bytes is read or refused by the parser, and never takes it down', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let wire: WireInferRequest;
        try {
          wire = ModelInfer.requestDeserialize(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          return;
        }
        const outcome = codeOf(() => decodeInferRequest(wire, 'peer'));
        expect(['no error', 'REQUEST_INVALID']).toContain(outcome);
      }),
    );
  });
});

describe('an answer over gRPC', () => {
  it('arrives as it left', () => {
    const response = { modelName: 'echo', modelVersion: '1', id: 'x', outputs: [floats([1, 2])] };
    const bytes = ModelInfer.responseSerialize(encodeInferResponse(response));
    const back = decodeInferResponse(ModelInfer.responseDeserialize(bytes));
    expect({ ...back, outputs: plain(back.outputs) }).toEqual({
      ...response,
      outputs: plain(response.outputs),
    });
  });

  it('that contradicts itself is the model’s failure', () => {
    const wire = {
      outputs: [{ name: 'OUT', datatype: 'FP32', shape: [3] }],
      raw_output_contents: [new Uint8Array(4)],
    };
    expect(codeOf(() => decodeInferResponse(wire))).toBe('MODEL_FAILED');
  });

  it('counts the same on both ends', () => {
    const statistics = {
      name: 'echo',
      version: '1',
      inferenceCount: 7,
      executionCount: 3,
      success: { count: 3, totalMs: 12.5 },
      failure: { count: 1, totalMs: 0.25 },
      queueMs: 2,
      computeMs: 9,
    };
    const bytes = ModelStatistics.responseSerialize({
      model_stats: [encodeStatistics(statistics)],
    });
    const { model_stats } = ModelStatistics.responseDeserialize(bytes);
    expect(model_stats!.map(decodeStatistics)).toEqual([statistics]);
  });
});

describe('element values', () => {
  it('come back from bytes as they went in', () => {
    fc.assert(
      fc.property(arbitraryTensor, ({ name, datatype, data }) => {
        fc.pre(datatype !== 'FP16' && datatype !== 'BOOL');
        const values = decodeValues(name, datatype, data);
        const again = decodeValues(name, datatype, encodeValues(name, datatype, values));
        expect(again).toEqual(values);
      }),
    );
  });
});

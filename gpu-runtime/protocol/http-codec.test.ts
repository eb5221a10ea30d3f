import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import { encodeBytes, type Tensor } from '../tensor/tensor.ts';
import { arbitraryTensor } from '../testing/arbitrary-tensor.ts';
import { floatTensor as floats } from '../testing/configs.ts';
import { decodeHttpRequest, encodeHttpResponse } from './http-codec.ts';

const where = { modelName: 'echo', modelVersion: '', fallbackSession: 'peer' };
const JSON_FORM = { binaryByDefault: false, binary: new Map<string, boolean>() };

function decodeJson(value: unknown) {
  return decodeHttpRequest({ ...where, body: Buffer.from(JSON.stringify(value)) });
}

/** As a client writes it: JSON, then the tensors' data. */
function binaryBody(tensors: readonly Tensor[], more: object = {}) {
  const json = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: data.byteLength },
      })),
      ...more,
    }),
  );
  return {
    body: Buffer.concat([json, ...tensors.map(({ data }) => data)]),
    headerLength: String(json.byteLength),
  };
}

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error instanceof RuntimeError ? error.code : error;
  }
  return 'no error';
}

const input = (data: unknown, datatype = 'FP32') => ({
  inputs: [{ name: 'IN', datatype, shape: [1, 2], data }],
});

describe('a JSON request', () => {
  it('carries flat data, and nested data the same', () => {
    const wanted = [...floats([1, 2.5, 3, 4], [2, 2]).data];
    for (const data of [
      [1, 2.5, 3, 4],
      [
        [1, 2.5],
        [3, 4],
      ],
    ]) {
      const { request } = decodeJson({ id: 'a', ...input(data), outputs: [{ name: 'OUT' }] });
      expect([...request.inputs[0]!.data]).toEqual(wanted);
      expect(request).toMatchObject({ id: 'a', modelName: 'echo', outputs: ['OUT'] });
    }
  });

  it('carries text and truth values', () => {
    const { request } = decodeJson(input(['å', ''], 'BYTES'));
    expect([...request.inputs[0]!.data]).toEqual([...encodeBytes(['å', ''])]);
    expect([...decodeJson(input([true, false], 'BOOL')).request.inputs[0]!.data]).toEqual([1, 0]);
  });

  it('is scheduled by its parameters', () => {
    const { request } = decodeJson({
      ...input([1, 2]),
      parameters: { priority: 2, timeout: 30_000, understudy_batch_key: 'ada' },
    });
    expect(request.scheduling).toEqual({
      priority: 1,
      timeoutMs: 30,
      session: 'peer',
      batchKey: 'ada',
    });
  });

  it.each<[string, unknown]>([
    ['no object', [1]],
    ['no inputs', {}],
    ['text among numbers', input([1, 'x'])],
    ['null among numbers', input([1, null])],
    ['no data', input(undefined)],
    ['too large a number', input([256, 0], 'UINT8')],
    ['an INT64 that JSON has rounded', input([2 ** 60 + 1, 0], 'INT64')],
    ['FP16', input([1, 2], 'FP16')],
    ['a datatype of Object’s', input([1, 2], 'toString')],
    ['deep nesting', input([[[[[[[[[1]]]]]]]]])],
    [
      'a binary size without binary data',
      {
        inputs: [{ name: 'IN', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } }],
      },
    ],
    ['an object as parameter', { ...input([1, 2]), parameters: { priority: {} } }],
    ['a broken priority', { ...input([1, 2]), parameters: { priority: 1.5 } }],
    [
      'classification',
      { ...input([1, 2]), outputs: [{ name: 'OUT', parameters: { classification: 3 } }] },
    ],
  ])('with %s is refused', (_what, value) => {
    expect(codeOf(() => decodeJson(value))).toBe('REQUEST_INVALID');
  });

  it('is not quoted where it is no JSON', () => {
    const body = Buffer.from('{"secret words');
    expect(() => decodeHttpRequest({ ...where, body })).toThrow(/^(?!.*secret).*no JSON/);
  });
});

describe('a binary request', () => {
  it('arrives as it left, whatever its tensors', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTensor, { maxLength: 4 }), (tensors) => {
        const { request } = decodeHttpRequest({ ...where, ...binaryBody(tensors) });
        const plain = (list: readonly Tensor[]) =>
          list.map(({ data, ...rest }) => ({ ...rest, data: [...data] }));
        expect(plain(request.inputs)).toEqual(plain(tensors));
      }),
    );
  });

  it.each([
    [
      'more data than its sizes',
      { body: Buffer.concat([binaryBody([floats([1])]).body, Buffer.alloc(1)]) },
    ],
    ['less data than its sizes', { body: binaryBody([floats([1])]).body.subarray(0, -1) }],
    ['a header beyond its body', { headerLength: '99999' }],
    ['a header that is no number', { headerLength: '1e1' }],
    ['a negative header', { headerLength: '-1' }],
  ])('with %s is refused', (_what, more) => {
    const body = { ...where, ...binaryBody([floats([1])]), ...more };
    expect(codeOf(() => decodeHttpRequest(body))).toBe('REQUEST_INVALID');
  });

  it('refuses JSON that would hold up the event loop', () => {
    const body = Buffer.alloc(9 * 2 ** 20, ' ');
    expect(() => decodeHttpRequest({ ...where, body })).toThrow(/binary data/);
  });

  it('gives a request or a typed error, whatever comes', () => {
    const json = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(
        json,
        fc.uint8Array({ maxLength: 20 }),
        fc.option(fc.string()),
        (head, tail, header) => {
          const outcome = codeOf(() =>
            decodeHttpRequest({
              ...where,
              body: Buffer.concat([head, tail]),
              headerLength: header ?? String(head.byteLength),
            }),
          );
          expect(['no error', 'REQUEST_INVALID']).toContain(outcome);
        },
      ),
    );
  });
});

describe('an answer', () => {
  const answer = (outputs: Tensor[]) => ({
    modelName: 'echo',
    modelVersion: '1',
    id: 'a',
    outputs,
  });

  it('is JSON unless binary data is asked for, output by output', () => {
    const outputs = [floats([1, 2]), { ...floats([3]), name: 'RAW' }];
    const { body, headerLength } = encodeHttpResponse(answer(outputs), {
      binaryByDefault: false,
      binary: new Map([['RAW', true]]),
    });
    expect(JSON.parse(body.subarray(0, headerLength).toString())).toEqual({
      id: 'a',
      model_name: 'echo',
      model_version: '1',
      outputs: [
        { name: 'IN', datatype: 'FP32', shape: [1, 2], data: [1, 2] },
        { name: 'RAW', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } },
      ],
    });
    expect([...body.subarray(headerLength)]).toEqual([...floats([3]).data]);
  });

  it.each<[string, Tensor]>([
    ['NaN', floats([Number.NaN])],
    ['FP16', { name: 'OUT', datatype: 'FP16', shape: [1], data: new Uint8Array(2) }],
    [
      'bytes that are no text',
      { name: 'OUT', datatype: 'BYTES', shape: [1], data: encodeBytes([Uint8Array.of(255)]) },
    ],
    [
      'a number beyond 2^53',
      {
        name: 'OUT',
        datatype: 'INT64',
        shape: [1],
        data: new Uint8Array(BigInt64Array.of(2n ** 60n).buffer),
      },
    ],
  ])('with %s wants binary data', (_what, output) => {
    expect(codeOf(() => encodeHttpResponse(answer([output]), JSON_FORM))).toBe('REQUEST_INVALID');
    const form = { ...JSON_FORM, binaryByDefault: true };
    expect(encodeHttpResponse(answer([output]), form).headerLength).toBeGreaterThan(0);
  });
});

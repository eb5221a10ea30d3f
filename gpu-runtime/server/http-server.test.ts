import fc from 'fast-check';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RuntimeError, type RuntimeErrorCode } from '../errors.ts';
import { WIRE_STATUS, isRuntimeErrorCode } from '../protocol/wire-errors.ts';
import { echoRuntime, withInfer, type InferAnswer } from '../testing/echo-model.ts';
import { HttpInferenceServer } from './http-server.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
});

async function serve(infer?: InferAnswer, maxBodyBytes?: number) {
  const { runtime } = echoRuntime();
  const service = infer === undefined ? runtime : withInfer(runtime, infer);
  const server = new HttpInferenceServer({
    service,
    graceMs: 0,
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  });
  const port = await server.start();
  cleanUps.push(() => server.close());
  return { runtime, server, port };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Plain HTTP, so that a test may send what a well-behaved client would not. */
function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array | string } = {},
): Promise<Answer> {
  const { method = options.body === undefined ? 'GET' : 'POST', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body ?? '')) };
    const all = body === undefined ? headers : { ...length, ...headers };
    const outgoing = httpRequest({ port, path, method, headers: all, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const jsonOf = ({ body }: Answer): unknown => JSON.parse(body.toString());
const INFER = '/v2/models/echo/infer';
const BODY = JSON.stringify({
  id: 'a',
  inputs: [{ name: 'IN', datatype: 'FP32', shape: [1, 2], data: [1, 2.5] }],
});

describe('the HTTP surface', () => {
  it('says whether it lives, is ready, and which models are', async () => {
    const { port, runtime } = await serve();
    for (const [path, status] of [
      ['/v2/health/live', 200],
      ['/v2/health/ready', 200],
      ['/v2/models/echo/ready', 200],
      ['/v2/models/echo/versions/1/ready', 200],
      ['/v2/models/echo/versions/2/ready', 400],
      ['/v2/models/nobody/ready', 400],
    ] as const) {
      expect([path, (await ask(port, path)).status]).toEqual([path, status]);
    }
    runtime.drain();
    expect((await ask(port, '/v2/health/ready')).status).toBe(400);
    expect((await ask(port, '/v2/health/live')).status).toBe(200);
  });

  it('describes itself, its models and what they have done', async () => {
    const { port } = await serve();
    expect(jsonOf(await ask(port, '/v2'))).toMatchObject({ name: 'understudy-gpu-runtime' });
    expect(jsonOf(await ask(port, '/v2/models/echo/versions/1'))).toEqual({
      name: 'echo',
      versions: ['1'],
      platform: 'python',
      inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1, -1] }],
      outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1, -1] }],
    });
    await ask(port, INFER, { body: BODY });
    for (const path of ['/v2/models/stats', '/v2/models/echo/stats']) {
      expect(jsonOf(await ask(port, path))).toMatchObject({
        model_stats: [
          { name: 'echo', inference_count: 1, inference_stats: { success: { count: 1 } } },
        ],
      });
    }
  });

  it('infers from JSON to JSON', async () => {
    const { port } = await serve();
    const answer = await ask(port, INFER, { body: BODY });
    expect(answer.headers['content-type']).toContain('application/json');
    expect(jsonOf(answer)).toEqual({
      id: 'a',
      model_name: 'echo',
      model_version: '1',
      outputs: [{ name: 'OUT', datatype: 'FP32', shape: [1, 2], data: [1, 2.5] }],
    });
  });

  it.each([
    ['plain', undefined, (body: Buffer) => body],
    ['gzip', 'gzip', gzipSync],
    ['deflate', 'deflate', deflateSync],
  ])('infers from binary data to binary data, %s', async (_what, encoding, pack) => {
    const { port } = await serve();
    const data = Buffer.from(Float32Array.of(1, Number.NaN).buffer);
    const json = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [
        { name: 'IN', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      ],
    });
    const answer = await ask(port, INFER, {
      headers: {
        'Inference-Header-Content-Length': String(json.length),
        ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
      },
      body: pack(Buffer.concat([Buffer.from(json), data])),
    });
    const length = Number(answer.headers['inference-header-content-length']);
    expect(JSON.parse(answer.body.subarray(0, length).toString())).toMatchObject({
      outputs: [{ name: 'OUT', parameters: { binary_data_size: 8 } }],
    });
    expect(answer.body.subarray(length)).toEqual(data);
  });
});

describe('errors over HTTP', () => {
  it('have a status, words and a code, each', async () => {
    const failure = { code: 'REQUEST_INVALID' as RuntimeErrorCode };
    const { port } = await serve(() => Promise.reject(new RuntimeError(failure.code)));
    for (const [code, { http }] of Object.entries(WIRE_STATUS)) {
      failure.code = code as RuntimeErrorCode;
      const answer = await ask(port, INFER, { body: BODY });
      expect([answer.status, jsonOf(answer)]).toEqual([
        http,
        { code, error: new RuntimeError(failure.code).message },
      ]);
    }
  });

  it('say when to come back', async () => {
    const { port } = await serve(() =>
      Promise.reject(new RuntimeError('OVERLOADED', { retryAfterMs: 1_200.5 })),
    );
    const answer = await ask(port, INFER, { body: BODY });
    expect(answer.headers['retry-after']).toBe('2');
    expect(jsonOf(answer)).toMatchObject({ code: 'OVERLOADED', retry_after_ms: 1_201 });
  });

  it.each([
    ['an unknown address', '/v2/nothing', {}, 404, 'REQUEST_INVALID'],
    ['a broken address', '/v2/models/%zz', {}, 400, 'REQUEST_INVALID'],
    ['an unknown model', '/v2/models/nobody', {}, 404, 'MODEL_UNKNOWN'],
    [
      'an unknown version',
      '/v2/models/echo/versions/9/infer',
      { body: BODY },
      404,
      'MODEL_UNKNOWN',
    ],
    ['no body', INFER, { method: 'POST' }, 400, 'REQUEST_INVALID'],
    [
      'a foreign encoding',
      INFER,
      { body: BODY, headers: { 'content-encoding': 'br' } },
      400,
      'REQUEST_INVALID',
    ],
    [
      'a broken encoding',
      INFER,
      { body: BODY, headers: { 'content-encoding': 'gzip' } },
      400,
      'REQUEST_INVALID',
    ],
  ])('name %s', async (_what, path, options, status, code) => {
    const { port } = await serve();
    const answer = await ask(port, path, options);
    expect([answer.status, jsonOf(answer)]).toEqual([
      status,
      { code, error: expect.any(String) as string },
    ]);
  });

  it('refuse what is too large, packed or not', async () => {
    const { port } = await serve(undefined, 10_000);
    const large = Buffer.alloc(20_000, ' ');
    expect((await ask(port, INFER, { body: large })).status).toBe(413);
    const packed = await ask(port, INFER, {
      body: gzipSync(large),
      headers: { 'content-encoding': 'gzip' },
    });
    expect(jsonOf(packed)).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('an HTTP client that goes away', () => {
  it('has its request aborted', async () => {
    let aborted!: (what: string) => void;
    const told = new Promise((resolve) => {
      aborted = resolve;
    });
    let started!: (what: string) => void;
    const running = new Promise((resolve) => {
      started = resolve;
    });
    const { port } = await serve((_request, signal) => {
      signal.addEventListener('abort', () => {
        aborted('aborted');
      });
      started('started');
      return new Promise(() => undefined);
    });
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST ${INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: ${String(BODY.length)}\r\n\r\n${BODY}`,
    );
    await running;
    socket.destroy();
    expect(await told).toBe('aborted');
  });
});

describe('an HTTP client that sends anything at all', () => {
  it('gets a typed answer, and the next one is served', async () => {
    const { port } = await serve();
    const segment = fc.constantFrom(
      'v2',
      'models',
      'echo',
      'infer',
      'versions',
      '1',
      '',
      '..',
      'å',
      'stats',
      '%00',
      'ready',
    );
    const path = fc
      .array(segment, { maxLength: 7 })
      .map(
        (parts) =>
          `/${parts.map((part) => (part === '%00' ? part : encodeURIComponent(part))).join('/')}`,
      );
    const dimension = fc.oneof(fc.integer(), fc.double(), fc.constant(null));
    const almostRequest = fc
      .record({
        id: fc.oneof(fc.string(), fc.integer()),
        inputs: fc.array(
          fc.record(
            {
              name: fc.constantFrom('IN', 'OUT', ''),
              datatype: fc.constantFrom('FP32', 'INT32', 'BYTES', 'x'),
              shape: fc.array(dimension, { maxLength: 4 }),
              data: fc.array(fc.oneof(fc.float(), fc.string(), fc.array(fc.integer())), {
                maxLength: 6,
              }),
              parameters: fc.constantFrom({}, { binary_data_size: 8 }, { binary_data_size: -1 }),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
      })
      .map((value) => Buffer.from(JSON.stringify(value)));
    const body = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      almostRequest,
    );
    const headers = fc.record(
      {
        'inference-header-content-length': fc.constantFrom('0', '10', '-1', '99999999999', 'x'),
        'content-type': fc.constantFrom(
          'application/json',
          'text/plain',
          'application/octet-stream',
          'x',
        ),
        'content-encoding': fc.constantFrom('gzip', 'deflate', 'x'),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(path, fc.constant(INFER)),
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
        headers,
        body,
        async (where, method, sent, content) => {
          const answer = await ask(port, where, {
            method,
            headers: sent,
            ...(method === 'GET' ? {} : { body: content }),
          });
          if (answer.status !== 200 && answer.body.length > 0) {
            const { code, error } = jsonOf(answer) as { code: unknown; error: unknown };
            expect(isRuntimeErrorCode(code)).toBe(true);
            expect(typeof error).toBe('string');
          }
          expect([200, 400, 404, 413, 415]).toContain(answer.status);
        },
      ),
      { numRuns: 300 },
    );
    expect((await ask(port, INFER, { body: BODY })).status).toBe(200);
  });
});

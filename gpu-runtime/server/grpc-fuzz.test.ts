import fc from 'fast-check';
import { connect, type ClientHttp2Session } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { encodeInferRequest } from '../protocol/grpc-codec.ts';
import { inferenceMethods } from '../protocol/grpc-messages.ts';
import { floatTensor as floats } from '../testing/configs.ts';
import { echoRequest, echoRuntime } from '../testing/echo-model.ts';
import { GrpcInferenceServer } from './grpc-server.ts';

let server: GrpcInferenceServer;
let client: GrpcInferenceClient;
let session: ClientHttp2Session;

beforeAll(async () => {
  server = new GrpcInferenceServer({
    service: echoRuntime().runtime,
    graceMs: 0,
    maxMessageBytes: 100_000,
  });
  const address = `127.0.0.1:${String(await server.start())}`;
  client = new GrpcInferenceClient({ address });
  session = connect(`http://${address}`);
});
afterAll(async () => {
  session.destroy();
  await client.close();
  await server.close();
});

/** A gRPC call byte by byte; gives its status, or undefined where the stream was reset. */
function callRaw(method: string, body: Uint8Array, headers: Record<string, string>) {
  return new Promise<string | undefined>((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/inference.GRPCInferenceService/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let status: string | undefined;
    const note = (fields: Record<string, unknown>): void => {
      status = (fields['grpc-status'] as string | undefined) ?? status;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('error', () => undefined);
    stream.on('close', () => {
      resolve(status);
    });
    stream.resume();
    stream.end(body);
  });
}

function framed(message: Uint8Array, flag = 0, length = message.byteLength): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

const GOOD = inferenceMethods().ModelInfer.requestSerialize(
  encodeInferRequest(echoRequest(floats([1, 2]))),
);

describe('a gRPC client that sends anything at all', () => {
  it('is answered when it does it right', async () => {
    expect(Number(await callRaw('ModelInfer', framed(GOOD), {}))).toBe(0);
  });

  it.each([
    ['damaged gzip', framed(GOOD, 1), { 'grpc-encoding': 'gzip' }],
    ['empty gzip', framed(new Uint8Array(0), 1), { 'grpc-encoding': 'gzip' }],
    ['an unknown compression', framed(GOOD, 1), { 'grpc-encoding': 'x' }],
    ['a message that is too large', framed(new Uint8Array(200_000)), {}],
    ['a cut message', framed(GOOD, 0, GOOD.byteLength + 1), {}],
    ['two messages at once', Buffer.concat([framed(GOOD), framed(GOOD)]), {}],
    ['nothing', new Uint8Array(0), {}],
    ['a broken timeout', framed(GOOD), { 'grpc-timeout': 'soon' }],
    ['an unknown method', framed(GOOD), { ':path': '/inference.GRPCInferenceService/X' }],
  ])('cannot take it down with %s', async (_what, body, headers) => {
    await callRaw('ModelInfer', body, headers as Record<string, string>);
    await callRaw('ModelStreamInfer', body, headers as Record<string, string>);
    await expect(client.infer(echoRequest(floats([1])))).resolves.toBeDefined();
  });

  it('cannot take it down with random changes to a good request', async () => {
    const change = fc.record({
      at: fc.nat({ max: GOOD.byteLength - 1 }),
      value: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ModelInfer', 'ModelStreamInfer', 'ModelMetadata', 'ModelStatistics'),
        fc.array(change, { maxLength: 8 }),
        fc.uint8Array({ maxLength: 30 }),
        async (method, changes, tail) => {
          const message = Buffer.from(GOOD);
          for (const { at, value } of changes) {
            message[at] = value;
          }
          const status = await callRaw(method, framed(Buffer.concat([message, tail])), {});
          expect(String(status)).toMatch(/^\d+$/);
        },
      ),
      { numRuns: 300 },
    );
    await expect(client.infer(echoRequest(floats([1])))).resolves.toBeDefined();
  });
});

import { Client, Metadata, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { RuntimeError } from '../errors.ts';
import type { InferRequest, InferResponse } from '../ports.ts';
import { encodeInferRequest } from '../protocol/grpc-codec.ts';
import {
  inferenceMethods,
  type WireInferRequest,
  type WireStreamResponse,
} from '../protocol/grpc-messages.ts';
import { floatTensor as floats } from '../testing/configs.ts';
import { echoRequest, echoRuntime, withInfer, type InferAnswer } from '../testing/echo-model.ts';
import { GrpcInferenceServer } from './grpc-server.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    await cleanUp();
  }
});

/** An echo whose `infer` the test replaces. */
async function serve(infer?: InferAnswer) {
  const { runtime } = echoRuntime();
  const service = infer === undefined ? runtime : withInfer(runtime, infer);
  const server = new GrpcInferenceServer({ service, graceMs: 0 });
  const address = `127.0.0.1:${String(await server.start())}`;
  cleanUps.push(() => server.close());
  const client = new GrpcInferenceClient({ address });
  cleanUps.push(() => client.close());
  return { address, client, server };
}

function openStream(address: string): ClientDuplexStream<WireInferRequest, WireStreamResponse> {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  cleanUps.push(() => {
    client.close();
  });
  const { path, requestSerialize, responseDeserialize } = inferenceMethods().ModelStreamInfer;
  const stream = client.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new Metadata(),
  );
  stream.on('error', () => undefined);
  return stream;
}

const wire = (id: string, more: Partial<InferRequest> = {}): WireInferRequest =>
  encodeInferRequest(echoRequest(floats([1]), { id, ...more }));

const answerTo = ({ id }: InferRequest): InferResponse => ({
  modelName: 'echo',
  modelVersion: '1',
  id,
  outputs: [],
});

/** A promise that the test settles. */
function deferred<Value>() {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function take(
  stream: ClientDuplexStream<WireInferRequest, WireStreamResponse>,
  count: number,
): Promise<WireStreamResponse[]> {
  const taken: WireStreamResponse[] = [];
  return new Promise((resolve) => {
    const onData = (response: WireStreamResponse): void => {
      taken.push(response);
      if (taken.length === count) {
        stream.off('data', onData);
        resolve(taken);
      }
    };
    stream.on('data', onData);
  });
}

describe('errors over gRPC', () => {
  it('carry code, message and when to come back', async () => {
    const { client } = await serve(() =>
      Promise.reject(new RuntimeError('OVERLOADED', { detail: 'Room “å”.', retryAfterMs: 79.2 })),
    );
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: 'The queue is full. Room “å”.',
      retryAfterMs: 80,
    });
  });

  it.each([
    ['an endless message', 'x'.repeat(1_000_000)],
    ['half a character', `broken \ud800 here`],
    ['line ends', 'a\r\nb'],
  ])('survive %s', async (_what, detail) => {
    const { client } = await serve(() =>
      Promise.reject(new RuntimeError('MODEL_FAILED', { detail })),
    );
    const failed = client.infer(echoRequest(floats([1])));
    await expect(failed).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(await client.live()).toBe(true);
  });

  it('survive a service that throws what is no error', async () => {
    const { client } = await serve(() => {
      throw 'a string';
    });
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
  });
});

describe('a client that goes away', () => {
  it('has its request aborted', async () => {
    const aborted = deferred<string>();
    const started = deferred<undefined>();
    const { client } = await serve((_request, signal) => {
      signal.addEventListener('abort', () => {
        aborted.resolve('aborted');
      });
      started.resolve(undefined);
      return new Promise(() => undefined);
    });
    const lost = client.infer(echoRequest(floats([1])));
    const told = expect(lost).rejects.toMatchObject({ code: 'CLOSED' });
    await started.promise;
    await client.close();
    await told;
    expect(await aborted.promise).toBe('aborted');
  });
});

describe('a runtime that goes away', () => {
  it('is lost to its client, which says not live', async () => {
    const started = deferred<undefined>();
    const { client, server } = await serve(() => {
      started.resolve(undefined);
      return new Promise(() => undefined);
    });
    const lost = client.infer(echoRequest(floats([1])));
    const told = expect(lost).rejects.toMatchObject({ code: 'RUNTIME_LOST' });
    await started.promise;
    await server.close();
    await told;
    expect(await client.live()).toBe(false);
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'RUNTIME_LOST',
    });
  });

  it('that never was there is lost too', async () => {
    const client = new GrpcInferenceClient({ address: '127.0.0.1:1' });
    cleanUps.push(() => client.close());
    expect(await client.ready()).toBe(false);
    await expect(client.serverMetadata()).rejects.toMatchObject({ code: 'RUNTIME_LOST' });
  });
});

describe('a stream', () => {
  it('answers each request as it is ready, with its id, and ends after the last', async () => {
    const gates = new Map<string, () => void>();
    const { address } = await serve(
      (request) =>
        new Promise((resolve) => {
          gates.set(request.id, () => {
            resolve(answerTo(request));
          });
          if (gates.size === 3) {
            gates.get('c')!();
          }
        }),
    );
    const stream = openStream(address);
    const first = take(stream, 1);
    ['a', 'b', 'c'].forEach((id) => stream.write(wire(id)));
    expect((await first)[0]!.infer_response!.id).toBe('c');
    const rest = take(stream, 2);
    const ended = new Promise((resolve) => stream.on('status', resolve));
    stream.end();
    gates.get('b')!();
    gates.get('a')!();
    expect((await rest).map(({ infer_response }) => infer_response!.id)).toEqual(['b', 'a']);
    expect(await ended).toMatchObject({ code: 0 });
  });

  it('tells of a bad request with its id and code, and goes on', async () => {
    const { address } = await serve();
    const stream = openStream(address);
    const both = take(stream, 2);
    stream.write(wire('bad', { modelName: 'x' }));
    stream.write(wire('good'));
    const [bad, good] = await both;
    expect(bad).toMatchObject({
      error_message: expect.stringContaining('no such model') as string,
      infer_response: {
        id: 'bad',
        parameters: { understudy_code: { string_param: 'MODEL_UNKNOWN' } },
      },
    });
    expect(good!.error_message ?? '').toBe('');
    expect(good!.infer_response!.id).toBe('good');
    stream.end();
  });

  it('aborts what runs when its client vanishes', async () => {
    const aborted = deferred<string>();
    const started = deferred<undefined>();
    const { address } = await serve((_request, signal) => {
      signal.addEventListener('abort', () => {
        aborted.resolve('aborted');
      });
      started.resolve(undefined);
      return new Promise(() => undefined);
    });
    const stream = openStream(address);
    stream.write(wire('a'));
    await started.promise;
    stream.cancel();
    expect(await aborted.promise).toBe('aborted');
  });

  it('reads no more than 64 requests ahead of a slow model', async () => {
    let asked = 0;
    const release = deferred<undefined>();
    const full = deferred<undefined>();
    const { address, client } = await serve(async (request) => {
      asked += 1;
      if (asked === 64) {
        full.resolve(undefined);
      }
      await release.promise;
      return answerTo(request);
    });
    const stream = openStream(address);
    const all = take(stream, 200);
    for (let index = 0; index < 200; index += 1) {
      stream.write(wire(String(index)));
    }
    await full.promise;
    // Round trips on the same server: it has had every chance to read on.
    await client.serverMetadata();
    await client.serverMetadata();
    expect(asked).toBe(64);
    release.resolve(undefined);
    expect(await all).toHaveLength(200);
    stream.end();
  });

  it('holds few answers for a reader that does not read, and gives it all of them later', async () => {
    const output = { ...floats(Array<number>(65_536).fill(1)), name: 'OUT' };
    const TOTAL = 300;
    let asked = 0;
    const full = deferred<undefined>();
    const { address, client } = await serve((request) => {
      asked += 1;
      if (asked === 64) {
        full.resolve(undefined);
      }
      return Promise.resolve({ ...answerTo(request), outputs: [output] });
    });
    const stream = openStream(address);
    for (let index = 0; index < TOTAL; index += 1) {
      stream.write(wire(String(index)));
    }
    await full.promise;
    for (let round = 0; round < 20; round += 1) {
      await client.serverMetadata();
    }
    expect(asked).toBeLessThan(100);
    expect(await take(stream, TOTAL)).toHaveLength(TOTAL);
    stream.end();
  });
});

describe('a client', () => {
  it('gives up a call whose deadline has passed', async () => {
    const { address } = await serve(() => new Promise(() => undefined));
    const clock = new FakeClock();
    const client = new GrpcInferenceClient({ address, clock });
    cleanUps.push(() => client.close());
    await client.health();
    const late = expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    // The request is on its way.
    await new Promise(setImmediate);
    clock.advance(60_000);
    await late;
  });

  it('withdraws what its caller no longer wants, and what is late, from its stream', async () => {
    const withdrawn: string[] = [];
    const { address } = await serve(
      (request, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => withdrawn.push(request.id));
          if (request.scheduling.priority === 1) resolve(answerTo(request));
        }),
    );
    const clock = new FakeClock();
    const client = new GrpcInferenceClient({ address, clock });
    cleanUps.push(() => client.close());
    await client.health();
    const stopping = new AbortController();
    const unwanted = client.infer(echoRequest(floats([1])), { signal: stopping.signal });
    const late = client.infer(echoRequest(floats([1])));
    const { scheduling } = echoRequest(floats([1]));
    const quick = echoRequest(floats([1]), {
      id: 'quick',
      scheduling: { ...scheduling, priority: 1 },
    });
    expect(await client.infer(quick)).toMatchObject({ id: 'quick' });
    stopping.abort();
    await expect(unwanted).rejects.toMatchObject({ code: 'CANCELLED' });
    clock.advance(60_000);
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await vi.waitFor(() => {
      expect(withdrawn).toHaveLength(2);
    });
  });

  it('learns from the end of its stream that the runtime has gone, after every answer', async () => {
    const answer = deferred<InferResponse>();
    const asked = deferred<true>();
    const { client, server } = await serve(() => {
      asked.resolve(true);
      return answer.promise;
    });
    await client.health();
    const last = client.infer(echoRequest(floats([1]), { id: 'last' }));
    await asked.promise;
    const closing = server.close();
    answer.resolve(answerTo({ id: 'last' } as InferRequest));
    await closing;
    await last.catch(() => undefined);
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'RUNTIME_LOST',
    });
  });

  it('that is closed asks nothing', async () => {
    const { client } = await serve();
    await client.close();
    await client.close();
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await client.ready()).toBe(false);
  });

  it('tells an answer that contradicts itself from a good one', async () => {
    const { client } = await serve((request) =>
      Promise.resolve({ ...answerTo(request), outputs: [{ ...floats([1]), shape: [2, 2] }] }),
    );
    await expect(client.infer(echoRequest(floats([1])))).rejects.toMatchObject({
      code: 'MODEL_FAILED',
    });
  });
});

import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#media/clock.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { GrpcChannel, type UnaryCall } from './grpc-channel.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) {
    cleanUp();
  }
});

async function serve(answer: (stream: ServerHttp2Stream, server: Http2Server) => void) {
  const server = createServer();
  const sessions: { destroy: () => void }[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.resume();
    answer(stream, server);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const channel = new GrpcChannel({ address, clock: systemClock, maxReceiveBytes: 1_000 });
  cleanUps.push(
    () => server.close(),
    () => {
      sessions.forEach((session) => {
        session.destroy();
      });
    },
    () => {
      channel.close();
    },
  );
  return { channel, sessions };
}

const CALL: UnaryCall = { path: '/a.B/C', message: Uint8Array.of(7), timeoutMs: 5_000 };

function frame(body: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.byteLength, 1);
  return Buffer.concat([prefix, body]);
}

function reply(
  stream: ServerHttp2Stream,
  body: Uint8Array,
  trailers: Record<string, string>,
): void {
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers(trailers);
  });
  stream.end(body);
}

describe('a gRPC channel', () => {
  it('sends a framed message with its deadline and gives back the answer’s', async () => {
    const asked: Buffer[] = [];
    const { channel } = await serve((stream) => {
      stream.on('data', (chunk: Buffer) => asked.push(chunk));
      stream.on('end', () => {
        reply(stream, frame(Uint8Array.of(1, 2)), { 'grpc-status': '0' });
      });
    });
    expect([...(await channel.unary(CALL))]).toEqual([1, 2]);
    expect([...Buffer.concat(asked)]).toEqual([0, 0, 0, 0, 1, 7]);
  });

  it.each<[string, (stream: ServerHttp2Stream) => void, number, RegExp]>([
    [
      'a status in headers alone',
      (stream) => {
        stream.respond(
          { ':status': 200, 'grpc-status': '8', 'grpc-message': 'full %C3%A5' },
          { endStream: true },
        );
      },
      8,
      /full å/u,
    ],
    [
      'a status in trailers',
      (stream) => {
        reply(stream, Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'bad %zz' });
      },
      5,
      /bad %zz/u,
    ],
    [
      'a page of a web server',
      (stream) => {
        stream.respond({ ':status': 502 });
        stream.end('<html>');
      },
      14,
      /502/u,
    ],
    [
      'a reset',
      (stream) => {
        stream.close(2);
      },
      14,
      /./u,
    ],
    [
      'an answer cut off',
      (stream) => {
        reply(stream, frame(Uint8Array.of(1, 2)).subarray(0, 6), { 'grpc-status': '0' });
      },
      13,
      /no single plain message/u,
    ],
    [
      'an answer beyond the limit',
      (stream) => {
        reply(stream, frame(new Uint8Array(2_000)), { 'grpc-status': '0' });
      },
      8,
      /larger than 1000/u,
    ],
  ])('tells of %s', async (_what, answer, status, message) => {
    const { channel } = await serve(answer);
    const failed = channel.unary(CALL);
    await expect(failed).rejects.toMatchObject({ name: 'GrpcFault', status });
    await expect(failed).rejects.toThrow(message);
  });

  it('connects again after its connection was lost', async () => {
    let first = true;
    const { channel } = await serve((stream) => {
      if (first) {
        first = false;
        stream.session!.destroy();
      } else {
        reply(stream, frame(Uint8Array.of(3)), { 'grpc-status': '0' });
      }
    });
    await expect(channel.unary(CALL)).rejects.toMatchObject({ status: 14 });
    expect([...(await channel.unary(CALL))]).toEqual([3]);
  });

  it('lets the calls of a connection that is being closed end, and opens another', async () => {
    const held: ServerHttp2Stream[] = [];
    const { channel, sessions } = await serve((stream) => {
      held.push(stream);
      if (held.length === 1) {
        stream.session!.goaway(0, stream.id!);
      } else {
        reply(stream, frame(Uint8Array.of(2)), { 'grpc-status': '0' });
        reply(held[0]!, frame(Uint8Array.of(1)), { 'grpc-status': '0' });
      }
    });
    const before = channel.unary(CALL);
    while (held.length === 0) {
      await new Promise(setImmediate);
    }
    // A call that crosses the word of closing on its way is refused; whoever made it may make it again.
    let after: Buffer | undefined;
    while (after === undefined) {
      after = await channel.unary(CALL).catch(() => undefined);
    }
    expect([...after]).toEqual([2]);
    expect([...(await before)]).toEqual([1]);
    expect(sessions.length).toBeGreaterThanOrEqual(1);
  });

  it('refuses what is no address', async () => {
    const channel = new GrpcChannel({ address: 'a b:c', clock: systemClock, maxReceiveBytes: 1 });
    await expect(channel.unary(CALL)).rejects.toMatchObject({ status: 14 });
  });
});

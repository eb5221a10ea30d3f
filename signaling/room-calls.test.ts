import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TokenVerifier } from 'livekit-server-sdk';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RoomCalls, type RoomOptions } from './room-calls.ts';

const KEYS = ['key', 'secret-secret-secret-secret-secret'] as const;
const ROOM: RoomOptions = {
  ...{ name: 'lesson_a', emptyTimeout: 60, departureTimeout: 40, syncStreams: true },
  agents: [{ agentName: 'understudy', metadata: '{"a":"ü"}' }],
};

let server: Server;
let seen: { path: string; authorization: string; body: unknown; socket: Socket }[];
let answer: { status: number; body: string };
let calls: RoomCalls;

beforeEach(async () => {
  seen = [];
  answer = { status: 200, body: '{}' };
  // What reads the time sees this one; timers are real.
  vi.useFakeTimers({ toFake: ['Date'] });
  server = createServer((request: IncomingMessage, reply) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    request.on('end', () => {
      const { url = '', headers, socket } = request;
      seen.push({
        path: url,
        authorization: headers.authorization ?? '',
        body: JSON.parse(text),
        socket,
      });
      reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  calls = new RoomCalls(`ws://127.0.0.1:${String(port)}`, ...KEYS);
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

describe('calls of the room service', () => {
  it('carry what LiveKit asks for, over one connection, with one token that may make rooms and nothing else', async () => {
    await calls.create(ROOM);
    await calls.remove('lesson_a');
    expect(seen.map(({ path, body }) => ({ path, body }))).toEqual([
      { path: '/twirp/livekit.RoomService/CreateRoom', body: ROOM },
      { path: '/twirp/livekit.RoomService/DeleteRoom', body: { room: 'lesson_a' } },
    ]);
    expect(seen[0]!.socket).toBe(seen[1]!.socket);
    expect(seen[0]!.authorization).toBe(seen[1]!.authorization);
    const token = seen[0]!.authorization.replace('Bearer ', '');
    expect((await new TokenVerifier(...KEYS).verify(token)).video).toEqual({ roomCreate: true });
  });

  it('get another token before the first one is too old', async () => {
    await calls.create(ROOM);
    vi.setSystemTime(Date.now() + 299_999);
    await calls.create(ROOM);
    expect(seen[1]!.authorization).toBe(seen[0]!.authorization);
    vi.setSystemTime(Date.now() + 1);
    await calls.create(ROOM);
    expect(seen[2]!.authorization).not.toBe(seen[0]!.authorization);
  });

  it('tell LiveKit’s own word for what is wrong', async () => {
    answer = { status: 404, body: '{"code":"not_found","msg":"no such room"}' };
    await expect(calls.remove('lesson_a')).rejects.toMatchObject({ code: 'not_found' });
    answer = { status: 502, body: '<html>' };
    await expect(calls.create(ROOM)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('are made again where the connection had been closed, and fail where nobody is', async () => {
    await calls.create(ROOM);
    server.closeAllConnections();
    await calls.create(ROOM);
    expect(seen).toHaveLength(2);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(calls.create(ROOM)).rejects.toMatchObject({ code: 'unreachable' });
  });
});

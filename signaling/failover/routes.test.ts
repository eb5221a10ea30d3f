/** Lines and checkpoints over real sockets, as jobs open them. */
import { roomName } from '#agents/dispatch/metadata.ts';
import { AccessToken } from 'livekit-server-sdk';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryAffinity } from '../affinity/memory-affinity.ts';
import { emptyReport, KEYS, testSignaling } from '../testing.ts';
import { Failover } from './failover.ts';
import { LINE_TYPE } from './routes.ts';

const ROOMS = {
  isTaken: () => Promise.resolve(false),
  replaceAgent: () => Promise.resolve(),
  keep: () => Promise.resolve(),
  report: () => Promise.resolve(),
};

let signaling: Awaited<ReturnType<typeof testSignaling>>;
let affinity: MemoryAffinity;
let failover: Failover;
let address: string;
let id: string;

async function workerToken(session: string): Promise<string> {
  const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'agent-worker', ttl: 60 });
  token.addGrant({ roomAdmin: true, room: roomName(session) });
  return `Bearer ${await token.toJwt()}`;
}

beforeEach(async () => {
  affinity = new MemoryAffinity();
  failover = new Failover({
    affinity,
    rooms: ROOMS,
    metadata: () => Promise.resolve(undefined),
  });
  signaling = await testSignaling({ agents: { failover, affinity } });
  await signaling.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = signaling.app.server.address() as AddressInfo;
  ({ sessionId: id } = await signaling.sessions.create({
    scenarioId: 'first-interview',
    learnerName: 'Robin',
    createdBy: 'test',
  }));
  address = `http://127.0.0.1:${String(port)}/api/internal/sessions/${id}`;
  await failover.begin(id);
});

afterEach(async () => {
  await signaling.app.close();
});

async function openLine(fence: number): Promise<{ line: ClientRequest; answer: IncomingMessage }> {
  const line = request(`${address}/line?fence=${String(fence)}&worker=w&job=j`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': LINE_TYPE, authorization: await workerToken(id) },
  });
  line.on('error', () => undefined);
  line.write('.');
  const [answer] = (await once(line, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined).resume();
  return { line, answer };
}

/** Resolves with the next line that signaling sees closed. */
function nextClosed(): Promise<{ isDone: boolean }> {
  return new Promise((resolve) => {
    vi.spyOn(failover, 'lineClosed').mockImplementationOnce((_id, _line, isDone) => {
      resolve({ isDone });
    });
  });
}

async function ask(
  method: 'GET' | 'PUT',
  path: string,
  body?: object,
  token?: string,
): Promise<Response> {
  return fetch(`${address}/${path}`, {
    method,
    headers: {
      authorization: token ?? (await workerToken(id)),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('the line of a job', () => {
  it('is held from its first byte, and says where the job is', async () => {
    const { line, answer } = await openLine(1);
    expect(answer.statusCode).toBe(200);
    expect(await affinity.read(id)).toMatchObject({ fence: 1, workerId: 'w', jobId: 'j' });
    line.destroy();
  });

  it('tells a job that dies from one that is done', async () => {
    const died = nextClosed();
    (await openLine(1)).line.destroy();
    expect(await died).toEqual({ isDone: false });
    const ended = nextClosed();
    (await openLine(1)).line.end();
    expect(await ended).toEqual({ isDone: true });
  });

  it('is refused to a job that was replaced, and to whoever is no job of the session', async () => {
    await affinity.claim(id, 1, { workerId: '', jobId: '', region: '', gpuRuntime: '', line: '' });
    expect((await openLine(1)).answer.statusCode).toBe(409);
    const other = await ask('GET', 'checkpoint?fence=2', undefined, await workerToken('another'));
    expect(other.status).toBe(401);
  });

  it('does not keep signaling from stopping, which is no death of the job', async () => {
    const { answer } = await openLine(1);
    const closed = new Promise((resolve) => answer.once('close', resolve));
    await signaling.app.close();
    await closed;
    expect(await affinity.read(id)).toMatchObject({ fence: 1 });
  });
});

describe('a checkpoint', () => {
  it('is kept for the next job, and none of an old one is taken', async () => {
    expect(await (await ask('GET', 'checkpoint?fence=1')).json()).toBeNull();
    const checkpoint = { version: 1, turns: [{ text: 'Hello. “å”' }] };
    expect((await ask('PUT', 'checkpoint?fence=1', checkpoint)).status).toBe(204);
    await affinity.claim(id, 1, { workerId: '', jobId: '', region: '', gpuRuntime: '', line: '' });
    expect((await ask('PUT', 'checkpoint?fence=1', { version: 1, turns: [] })).status).toBe(409);
    expect(await (await ask('GET', 'checkpoint?fence=2')).json()).toEqual(checkpoint);
  });

  it('without a number is refused', async () => {
    expect((await ask('PUT', 'checkpoint', {})).status).toBe(400);
    expect((await ask('PUT', 'checkpoint?fence=x', {})).status).toBe(400);
  });
});

it('a report of a job that was replaced ends no session', async () => {
  await affinity.claim(id, 1, { workerId: '', jobId: '', region: '', gpuRuntime: '', line: '' });
  expect((await ask('PUT', 'report?fence=1', emptyReport(id))).status).toBe(409);
  expect((await signaling.sessions.find(id)).endedAt).toBeNull();
  expect((await ask('PUT', 'report?fence=2', emptyReport(id))).status).toBe(204);
});

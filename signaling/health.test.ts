import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkHealth, type HealthOptions } from './health.ts';
import type { Rooms } from './rooms.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
  }
});

function answering(status: number): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status).end();
  });
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`);
    });
  });
}

const NOBODY = 'http://127.0.0.1:1/';
const rooms = (up: boolean): Rooms => ({
  open: () => Promise.resolve(),
  close: () => Promise.resolve(),
  sid: () => Promise.resolve(undefined),
  sessionIds: () => Promise.resolve(new Set()),
  ping: () => (up ? Promise.resolve() : Promise.reject(new Error('refused'))),
});

const database = (up: boolean): HealthOptions['database'] => ({
  kind: 'server',
  ping: () => (up ? Promise.resolve() : Promise.reject(new Error('refused'))),
});

async function check(more: Partial<HealthOptions> = {}) {
  return checkHealth({
    rooms: rooms(true),
    workerUrl: await answering(200),
    database: database(true),
    scenarioCount: () => Promise.resolve(4),
    liveCount: () => Promise.resolve(1),
    maxSessions: 6,
    ...more,
  });
}

describe('health', () => {
  it('is good where everything answers', async () => {
    const { status, dependencies } = await check({ runtimeUrl: await answering(200) });
    expect(status).toBe('ok');
    expect(Object.values(dependencies).map((each) => each.status)).toEqual(Array(6).fill('ok'));
    expect((await check()).dependencies).not.toHaveProperty('runtime');
  });

  it.each([
    { what: 'livekit', more: { rooms: rooms(false) } },
    { what: 'worker', more: { workerUrl: NOBODY } },
    { what: 'scenarios', more: { scenarioCount: () => Promise.resolve(0) } },
    { what: 'database', more: { database: database(false) } },
  ])('is bad without $what', async ({ what, more }) => {
    const { status, dependencies } = await check(more);
    expect(status).toBe('degraded');
    expect(dependencies[what]?.status).toBe('down');
  });

  it('is good enough without the runtime, and says so; full is no fault', async () => {
    const lost = await check({ runtimeUrl: NOBODY });
    expect(lost.status).toBe('ok');
    expect(lost.dependencies['runtime']?.status).toBe('degraded');
    const full = await check({ liveCount: () => Promise.resolve(6) });
    expect(full.status).toBe('ok');
    expect(full.dependencies['sessions']?.status).toBe('degraded');
  });

  it('tells how often agents were replaced, which is no fault', async () => {
    const counts = { replaced: 2, unanswered: 1 };
    const { status, dependencies } = await check({ failover: () => counts });
    expect(status).toBe('ok');
    expect(dependencies['failover']).toEqual({ status: 'ok', detail: '2 replaced, 1 unanswered' });
  });
});

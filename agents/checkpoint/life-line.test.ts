/** Against a real server on this machine; time is ours. */
import { FakeClock } from '#media/testing/fake-clock.ts';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LifeLine } from './life-line.ts';

let server: ReturnType<typeof createServer>;
let clock: FakeClock;
let stale: number;
let line: LifeLine;

type Asked = [IncomingMessage, ServerResponse];

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  clock = new FakeClock();
  stale = 0;
});

afterEach(async () => {
  const closing = line.close();
  server.closeAllConnections();
  await closing;
  await new Promise((resolve) => server.close(resolve));
  expect(clock.pendingTimers).toBe(0);
});

function open(): void {
  line = new LifeLine({
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/line`,
    authorization: () => Promise.resolve('Bearer x'),
    clock,
    onStale: () => {
      stale += 1;
    },
  });
}

const asked = (): Promise<Asked> => once(server, 'request') as Promise<Asked>;

describe('A line', () => {
  it('is held when signaling answers, beats, and ends when the job is done', async () => {
    const request = asked();
    open();
    const [incoming, answer] = await request;
    answer.writeHead(200).write('held\n');
    expect(await line.held()).toBe(true);
    await once(incoming, 'data');
    clock.advance(500);
    await once(incoming, 'data');
    const ended = once(incoming.resume(), 'end');
    const closed = line.close();
    await ended;
    answer.end();
    await closed;
  });

  it('that breaks is opened again', async () => {
    const first = asked();
    open();
    const [incoming, answer] = await first;
    answer.writeHead(200).write('held\n');
    await line.held();
    const again = asked();
    incoming.socket.destroy();
    // The break is heard by and by; then the pause runs.
    const stop = setInterval(() => {
      clock.advance(50);
    }, 5);
    const [, next] = await again;
    clearInterval(stop);
    next.writeHead(200).write('held\n');
    expect(stale).toBe(0);
  });

  it('that is refused, or taken back, is given up', async () => {
    const request = asked();
    open();
    const [, answer] = await request;
    answer.writeHead(409).end();
    expect(await line.held()).toBe(false);
    expect(stale).toBe(1);

    const second = asked();
    open();
    const [, later] = await second;
    later.writeHead(200).write('held\n');
    expect(await line.held()).toBe(true);
    later.end('stale\n');
    await expect.poll(() => stale).toBe(2);
  });

  it('without an answer does not hold the call up', async () => {
    const request = asked();
    open();
    await request;
    const held = line.held();
    clock.advance(1_500);
    expect(await held).toBe(true);
  });
});

/** Several signaling processes behind the door, and limits before it. */
import { describe, expect, it } from 'vitest';
import { DoorStage, nginxForTests } from './testing/stage.ts';
import { Upstream } from './testing/upstream.ts';

const { install, reason } = await nginxForTests();
if (reason !== undefined) {
  console.warn(reason);
}

describe.skipIf(install === undefined)('Before several signaling processes, the door', () => {
  it('shares requests, asks another one when one is gone, and finds new ones by name', async () => {
    const [first, second, third] = [
      await Upstream.start('first'),
      await Upstream.start('second'),
      await Upstream.start('third'),
    ];
    let addresses = ['127.0.0.1'];
    const stage = await DoorStage.open(
      install!,
      { signaling: [first.address, second.address], requestsPerSecond: 0 },
      { resolve: () => Promise.resolve(addresses) },
    );
    const servers = async (): Promise<Set<unknown>> => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => stage.ask('/api/scenarios')),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      return new Set(answers.map(({ headers }) => headers['x-upstream']));
    };
    try {
      await expect(servers()).resolves.toEqual(new Set(['first', 'second']));
      await first.close();
      await expect(servers()).resolves.toEqual(new Set(['second']));
    } finally {
      await stage.close();
    }

    addresses = ['127.0.0.9'];
    const named = await DoorStage.open(
      install!,
      { signaling: [`signaling:${String(third.port)}`] },
      { resolve: () => Promise.resolve(addresses) },
    );
    try {
      expect((await named.ask('/')).status).toBe(502);
      addresses = ['127.0.0.1', '127.0.0.9'];
      await expect(named.door.check()).resolves.toBe(true);
      await expect.poll(async () => (await named.ask('/')).headers['x-upstream']).toBe('third');
    } finally {
      await named.close();
      await Promise.all([second.close(), third.close()]);
    }
  });
});

describe.skipIf(install === undefined)('With limits for each address, the door', () => {
  it('refuses what is too much, and says when to come back', async () => {
    const signaling = await Upstream.start('signaling');
    const livekit = await Upstream.start('livekit');
    const stage = await DoorStage.open(install!, {
      signaling: [signaling.address],
      livekit: livekit.address,
      requestsPerSecond: 5,
      creationsPerSecond: 1,
      connections: 4,
    });
    try {
      const creations = await Promise.all(
        Array.from({ length: 12 }, () =>
          stage.ask('/api/sessions', { method: 'POST', body: '{}' }).catch(() => undefined),
        ),
      );
      const refused = creations.find((answer) => answer?.status === 429);
      expect(refused?.headers['retry-after']).toBe('1');
      expect(JSON.parse(refused?.body ?? '')).toMatchObject({
        code: 'DOOR_RATE_LIMITED',
        requestId: refused?.headers['x-request-id'],
      });
      expect(signaling.seen.length).toBeGreaterThan(0);

      const sockets = await Promise.all(Array.from({ length: 4 }, () => stage.upgrade('/rtc')));
      await expect(stage.upgrade('/rtc')).resolves.toBe(429);
      for (const socket of sockets) {
        if (typeof socket !== 'number') {
          socket.destroy();
        }
      }
      await expect.poll(async () => (await stage.ask('/')).status).toBe(200);
    } finally {
      await stage.close();
      await Promise.all([signaling.close(), livekit.close()]);
    }
  });
});

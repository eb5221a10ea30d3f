/** A real LiveKit tells a real signaling server that a room is over. */
import { liveKitForTests, startLiveKit, type TestLiveKit } from '#launch/testing/livekit-server.ts';
import { RoomServiceClient } from 'livekit-server-sdk';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateSessionResponse } from '../api-types.ts';
import { LiveKitRooms } from '../rooms.ts';
import { SCENARIO, testSignaling } from '../testing.ts';

const { program, reason } = await liveKitForTests();

describe.skipIf(program === undefined)(`a real LiveKit ${reason ?? ''}`.trim(), () => {
  let livekit: TestLiveKit;
  let signaling: Awaited<ReturnType<typeof testSignaling>>;
  let statuses: number[];

  beforeAll(async () => {
    // Signaling has its address before LiveKit starts, and LiveKit's when the first session is made.
    let url = 'ws://127.0.0.1:1';
    const keys = { apiKey: 'key-told', apiSecret: 'told-secret'.padEnd(40, '-') };
    signaling = await testSignaling({
      places: () => {
        const rooms = (): LiveKitRooms => new LiveKitRooms(url, keys.apiKey, keys.apiSecret);
        return {
          keys,
          rooms: {
            open: (metadata) => rooms().open(metadata),
            close: (id) => rooms().close(id),
            sid: (id) => rooms().sid(id),
            sessionIds: () => rooms().sessionIds(),
            ping: () => rooms().ping(),
          },
        };
      },
    });
    statuses = [];
    signaling.app.addHook('onResponse', async (request, reply) => {
      if (request.url.endsWith('/livekit/webhook')) {
        statuses.push(reply.statusCode);
      }
    });
    await signaling.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = signaling.app.server.address() as AddressInfo;
    const webhook = `http://127.0.0.1:${String(port)}/api/internal/livekit/webhook`;
    livekit = await startLiveKit(program!, { name: 'told', webhookUrls: [webhook] });
    expect(livekit.keys).toEqual(keys);
    ({ url } = livekit);
  }, 120_000);
  afterAll(async () => {
    await signaling.app.close();
    await livekit.close();
  });

  it('ends the session of a room that is finished, at once', async () => {
    const answer = await signaling.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload: { scenarioId: SCENARIO.id },
    });
    const { sessionId, roomName } = answer.json<CreateSessionResponse>();
    const { apiKey, apiSecret } = livekit.keys;
    const client = new RoomServiceClient(livekit.url.replace(/^ws/u, 'http'), apiKey, apiSecret);
    await client.deleteRoom(roomName);
    let session = await signaling.sessions.find(sessionId);
    while (session.endedAt === null) {
      await new Promise((resolve) => setImmediate(resolve));
      session = await signaling.sessions.find(sessionId);
    }
    expect(session.endReason).toBe('finished');
    // Room started and room finished, both taken.
    expect(new Set(statuses)).toEqual(new Set([204]));
  });

  it('that is being stopped finishes its rooms, and ends no session', async () => {
    const answer = await signaling.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload: { scenarioId: SCENARIO.id },
    });
    await livekit.stop();
    // Whatever it had to say is being acted upon.
    await signaling.app.close();
    const { sessionId } = answer.json<CreateSessionResponse>();
    expect(await signaling.sessions.find(sessionId)).toMatchObject({ endedAt: null });
  });
});

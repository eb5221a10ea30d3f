/** Two real LiveKit servers: sessions go to the nearer, and when it dies to the other. */
import { liveKitForTests, startLiveKit, type TestLiveKit } from '#launch/testing/livekit-server.ts';
import { AccessToken, RoomServiceClient, TokenVerifier } from 'livekit-server-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreateSessionResponse, Problem, SessionResponse } from '../api-types.ts';
import type { Rooms } from '../rooms.ts';
import { SCENARIO, testSignaling } from '../testing.ts';
import { openPlaces } from './places.ts';
import type { Region } from './region-file.ts';
import { GOOD_PROBES } from './region-health.ts';
import type { Regions } from './regions.ts';

const { program, reason } = await liveKitForTests();
const CAPACITY = 3;

describe.skipIf(program === undefined)(`two regions ${reason ?? ''}`.trim(), () => {
  let north: TestLiveKit;
  let south: TestLiveKit;
  let regions: Regions;
  let allRooms: Rooms;
  let changes: [string, boolean][];
  let signaling: Awaited<ReturnType<typeof testSignaling>>;

  beforeAll(async () => {
    [north, south] = await Promise.all([
      startLiveKit(program!, { name: 'north' }),
      startLiveKit(program!, { name: 'south' }),
    ]);
  }, 120_000);
  afterAll(() => Promise.all([north.close(), south.close()]));
  beforeEach(async () => {
    changes = [];
    const regionOf = (id: string, { url, keys }: TestLiveKit): Region => ({
      ...{ id, url, keys, internalUrl: url, probeUrl: url.replace(/^ws/u, 'http') },
      ...{ location: null, capacity: CAPACITY },
    });
    signaling = await testSignaling({
      places: (records) => {
        const opened = openPlaces({
          ...{ url: north.url, keys: north.keys, sessions: records.sessions },
          regions: [regionOf('north', north), regionOf('south', south)],
          onChange: (id, healthy) => changes.push([id, healthy]),
        });
        regions = opened.regions!;
        allRooms = opened.rooms;
        return {
          ...{ rooms: opened.rooms, regions, keys: north.keys },
          regionKeys: new Map([
            ['north', north.keys],
            ['south', south.keys],
          ]),
        };
      },
    });
    await regions.probe();
  }, 120_000);

  const create = (regionLatenciesMs?: Record<string, number>) =>
    signaling.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload: {
        scenarioId: SCENARIO.id,
        ...(regionLatenciesMs === undefined ? {} : { regionLatenciesMs }),
      },
    });
  const created = async (latencies?: Record<string, number>): Promise<CreateSessionResponse> =>
    (await create(latencies)).json();
  const rooms = async ({ url, keys }: TestLiveKit): Promise<string[]> => {
    const client = new RoomServiceClient(url.replace(/^ws/u, 'http'), keys.apiKey, keys.apiSecret);
    return (await client.listRooms()).map(({ name }) => name);
  };
  const NEAR_SOUTH = { north: 90, south: 10 };

  it('a page is told what it may measure, and a session goes to the nearer', async () => {
    const told = await signaling.app.inject({ url: '/api/v1/regions' });
    expect(told.json()).toMatchObject({
      regions: [
        { id: 'north', healthy: true, probeUrl: north.url.replace(/^ws/u, 'http') },
        { id: 'south', healthy: true },
      ],
    });
    const session = await created(NEAR_SOUTH);
    expect(session).toMatchObject({
      ...{ serverUrl: south.url, region: { id: 'south', reason: 'nearest' } },
    });
    expect(await rooms(south)).toContain(session.roomName);
    expect(await rooms(north)).not.toContain(session.roomName);
    // Its token is of the region's LiveKit, and opens the API as well.
    const { apiKey, apiSecret } = south.keys;
    await new TokenVerifier(apiKey, apiSecret).verify(session.token);
    const headers = { authorization: `Bearer ${session.token}` };
    const url = `/api/v1/sessions/${session.sessionId}`;
    const kept = (await signaling.app.inject({ url, headers })).json<SessionResponse>();
    expect(kept).toMatchObject({ region: 'south', status: 'live' });
    await signaling.app.inject({ method: 'POST', url: `${url}/end`, headers, payload: {} });
    expect(await rooms(south)).not.toContain(session.roomName);
  });

  it('the secret of a region signs for its rooms, and does not open the whole system', async () => {
    const listing = async (keys: TestLiveKit['keys']): Promise<number> => {
      const token = new AccessToken(keys.apiKey, keys.apiSecret, { identity: 'owner' });
      token.addGrant({ roomList: true });
      const headers = { authorization: `Bearer ${await token.toJwt()}` };
      return (await signaling.app.inject({ url: '/api/v1/sessions', headers })).statusCode;
    };
    expect(await listing(south.keys)).toBe(401);
    expect(await listing(north.keys)).toBe(200);
  });

  it('where nothing was measured the load decides; a full region sends on, then all are full', async () => {
    const first = await created();
    const second = await created();
    expect([first.region.reason, second.region.reason]).toEqual(['least-loaded', 'least-loaded']);
    expect(first.region.id).not.toBe(second.region.id);
    const near: string[] = [];
    for (let at = 0; at < 2 * CAPACITY - 2; at += 1) {
      const { region } = await created(NEAR_SOUTH);
      near.push(`${region.id} ${region.reason}`);
    }
    expect(near).toEqual([
      ...['south nearest', 'south nearest', 'north nearer-full', 'north nearer-full'],
    ]);
    const refused = await create(NEAR_SOUTH);
    expect(refused.json<Problem>().code).toBe('SESSIONS_FULL');
    await Promise.all(
      (await signaling.records.sessions.live()).map(async ({ id }) =>
        signaling.sessions.end(await signaling.sessions.find(id)),
      ),
    );
  });

  it('of many at the same moment none are too many', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => create(NEAR_SOUTH)));
    const statuses = all.map(({ statusCode }) => statusCode).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(2 * CAPACITY);
    expect(await signaling.records.sessions.liveByRegion(new Date(0))).toEqual(
      new Map([
        ['north', CAPACITY],
        ['south', CAPACITY],
      ]),
    );
    for (const answer of all.filter(({ statusCode }) => statusCode === 201)) {
      const { sessionId } = answer.json<CreateSessionResponse>();
      await signaling.sessions.end(await signaling.sessions.find(sessionId));
    }
  });

  it('when one is killed new sessions go to the other, and come back when it has been well for a while', async () => {
    const before = await created(NEAR_SOUTH);
    expect(before.region.id).toBe('south');
    await south.kill();
    // Nobody has probed yet: the first to come finds out.
    const after = await created(NEAR_SOUTH);
    expect(after).toMatchObject({
      ...{ serverUrl: north.url, region: { id: 'north', reason: 'nearer-unhealthy' } },
    });
    expect(changes).toEqual([['south', false]]);
    const told = await signaling.app.inject({ url: '/api/v1/regions' });
    expect(told.json()).toMatchObject({ regions: [{ healthy: true }, { healthy: false }] });
    // Its sessions are not taken for lost while nobody can tell.
    expect(await signaling.sessions.find(before.sessionId)).toMatchObject({ endedAt: null });
    expect(await rooms(north)).toContain(after.roomName);
    const open = await allRooms.sessionIds();
    expect([...open]).toEqual(expect.arrayContaining([before.sessionId, after.sessionId]));

    await south.start();
    for (let probe = 1; probe < GOOD_PROBES; probe += 1) {
      await regions.probe();
      expect(regions.isHealthy('south')).toBe(false);
    }
    await regions.probe();
    expect(regions.isHealthy('south')).toBe(true);
    expect((await created(NEAR_SOUTH)).region).toEqual({ id: 'south', reason: 'nearest' });
  });

  it('when both are gone it is said', async () => {
    await Promise.all([north.kill(), south.kill()]);
    const refused = await create(NEAR_SOUTH);
    expect(refused.json<Problem>().code).toBe('LIVEKIT_UNREACHABLE');
    expect(await signaling.records.sessions.live()).toEqual([]);
    await Promise.all([north.start(), south.start()]);
  });
});

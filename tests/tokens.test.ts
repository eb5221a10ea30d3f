/** What a learner's token lets its holder do in a real LiveKit server, and what it does not. */
import { roomName } from '#agents/dispatch/metadata.ts';
import {
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackPublishOptions,
  TrackSource,
  VideoSource,
} from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';

let call: Call;
const rooms: Room[] = [];

beforeEach(async () => {
  call = await Call.start(inject('pageUrl'), 'first-interview');
});

afterEach(async () => {
  await Promise.all(rooms.splice(0).map((room) => room.disconnect()));
  await call.end();
});

async function connect(token: string): Promise<Room> {
  const room = new Room();
  rooms.push(room);
  await room.connect(inject('livekitUrl'), token, { autoSubscribe: false, dynacast: false });
  return room;
}

function claimsOf(token: string): { exp: number; nbf: number; sub: string; video: object } {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as ReturnType<
    typeof claimsOf
  >;
}

describe('A learner’s token', () => {
  it('opens its own room, for a microphone and text, and for a quarter of an hour', () => {
    const { token, roomName: room } = call.session;
    const claims = claimsOf(token);
    expect(claims.video).toMatchObject({
      roomJoin: true,
      room,
      canPublish: true,
      canPublishSources: ['microphone'],
    });
    expect(claims.video).not.toHaveProperty('roomAdmin');
    expect(claims.exp - Date.now() / 1_000).toBeLessThanOrEqual(15 * 60);
  });

  it('does not open another room', async () => {
    const other = await Call.start(inject('pageUrl'), 'first-interview');
    try {
      const room = await connect(call.session.token);
      expect(room.name).toBe(call.session.roomName);
      expect(room.name).not.toBe(other.session.roomName);
      const refused = await fetch(
        `${other.pageUrl}/api/sessions/${other.session.sessionId}/report`,
        { headers: { authorization: `Bearer ${call.session.token}` } },
      );
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ code: 'TOKEN_FOR_OTHER_SESSION' });
    } finally {
      await other.end();
    }
  });

  it('lets nobody publish a camera', async () => {
    const room = await connect(call.session.token);
    const track = LocalVideoTrack.createVideoTrack('camera', new VideoSource(64, 64));
    const published = room.localParticipant!.publishTrack(
      track,
      new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA }),
    );
    await expect(published).rejects.toThrow();
  });

  it('lets nobody change who they are', async () => {
    const room = await connect(call.session.token);
    const learner = room.localParticipant!;
    await learner.updateName('Ada').catch(() => undefined);
    // LiveKit takes requests in order: once this one is answered, the other one was dealt with.
    const source = new AudioSource(16_000, 1);
    await learner.publishTrack(
      LocalAudioTrack.createAudioTrack('microphone', source),
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
    );
    const rooms = new RoomServiceClient(
      inject('livekitUrl').replace(/^ws/, 'http'),
      inject('apiKey'),
      inject('apiSecret'),
    );
    const seen = await rooms.getParticipant(call.session.roomName, learner.identity);
    expect(seen.name).toBe('Robin');
    await source.close();
  });
});

describe('LiveKit refuses', () => {
  const learnerToken = async (changes: { secret?: string; ttl?: number; room?: string }) => {
    const token = new AccessToken(inject('apiKey'), changes.secret ?? inject('apiSecret'), {
      identity: 'somebody',
      ttl: changes.ttl ?? 60,
    });
    token.addGrant({ roomJoin: true, room: changes.room ?? roomName(call.session.sessionId) });
    return token.toJwt();
  };

  it.each([
    { what: 'an expired token', changes: { ttl: -120 } },
    { what: 'a token signed with another secret', changes: { secret: 'x'.repeat(40) } },
    { what: 'a room that signaling did not make', changes: { room: 'lesson_nobody' } },
  ])('$what', async ({ changes }) => {
    await expect(connect(await learnerToken(changes))).rejects.toThrow();
  });
});

it('a refreshed token opens the same room as the same learner', async () => {
  const { sessionId, token, roomName: room } = call.session;
  const answer = await fetch(`${call.pageUrl}/api/sessions/${sessionId}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  const fresh = (await answer.json()) as { token: string };
  expect(claimsOf(fresh.token).sub).toBe(claimsOf(token).sub);
  expect((await connect(fresh.token)).name).toBe(room);
});

it('the room is gone for everybody when the call was ended', async () => {
  const room = await connect(call.session.token);
  const gone = new Promise<void>((resolve) => {
    room.once(RoomEvent.Disconnected, () => {
      resolve();
    });
  });
  await call.end();
  await gone;
  await expect(connect(call.session.token)).rejects.toThrow();
});

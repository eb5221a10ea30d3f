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
import { REMOTE_CONTROL_TOPIC } from '#agents/room/remote-control.ts';
import { RoomTokens } from '#signaling/room-tokens.ts';
import { Call } from './call.ts';
import { HeadlessLearner } from './headless-learner.ts';

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

  it('does not open another room by naming that one in it', async () => {
    const other = await Call.start(inject('pageUrl'), 'first-interview');
    try {
      const [head, , signature] = call.session.token.split('.');
      const claims = claimsOf(call.session.token);
      const changed = { ...claims, video: { ...claims.video, room: other.session.roomName } };
      const payload = Buffer.from(JSON.stringify(changed)).toString('base64url');
      await expect(connect([head, payload, signature].join('.'))).rejects.toThrow();
    } finally {
      await other.end();
    }
  });

  it.each([
    ['a camera', TrackSource.SOURCE_CAMERA],
    ['a screen', TrackSource.SOURCE_SCREENSHARE],
  ])('lets nobody publish %s', async (_what, source) => {
    const room = await connect(call.session.token);
    const track = LocalVideoTrack.createVideoTrack('picture', new VideoSource(64, 64));
    const published = room.localParticipant!.publishTrack(
      track,
      new TrackPublishOptions({ source }),
    );
    await expect(published).rejects.toThrow();
  });

  it('lets nobody change who they are', async () => {
    const room = await connect(call.session.token);
    const learner = room.localParticipant!;
    await learner.updateName('Ada').catch(() => undefined);
    await learner.updateMetadata('agent').catch(() => undefined);
    await learner.setAttributes({ 'lk.agent.state': 'speaking' }).catch(() => undefined);
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
    expect([seen.name, seen.metadata, seen.attributes]).toEqual(['Robin', '', {}]);
    await source.close();
  });
});

describe('An observer’s token', () => {
  const MARK = 'the learner';
  const observe = async (): Promise<Room> => {
    const tokens = new RoomTokens({ apiKey: inject('apiKey'), apiSecret: inject('apiSecret') });
    return connect((await tokens.issueForObserver(call.session.sessionId)).token);
  };

  it('shows its holder to nobody, and lets them publish no sound and no picture', async () => {
    const learner = await connect(call.session.token);
    const observer = await observe();
    const identity = observer.localParticipant!.identity;
    expect([...observer.remoteParticipants.keys()]).toContain(learner.localParticipant!.identity);
    expect([...learner.remoteParticipants.keys()]).not.toContain(identity);
    const source = new AudioSource(16_000, 1);
    await expect(
      observer.localParticipant!.publishTrack(
        LocalAudioTrack.createAudioTrack('microphone', source),
        new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
      ),
    ).rejects.toThrow();
    await expect(
      observer.localParticipant!.publishTrack(
        LocalVideoTrack.createVideoTrack('camera', new VideoSource(64, 64)),
        new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA }),
      ),
    ).rejects.toThrow();
    await source.close();
  });

  it('lets its holder publish no data, neither to all nor to one', async () => {
    const learner = await connect(call.session.token);
    const observer = await observe();
    const witness = await observe();
    const heard: string[] = [];
    const told = new Promise<void>((resolve) => {
      witness.on(RoomEvent.DataReceived, (payload, _from, _kind, topic) => {
        if (topic === 'test') {
          heard.push(Buffer.from(payload).toString());
          if (heard.at(-1) === MARK) resolve();
        }
      });
    });
    const send = (room: Room, text: string, to: string[] = []): Promise<void> =>
      room.localParticipant!.publishData(Buffer.from(text), {
        ...{ reliable: true, topic: 'test', destination_identities: to },
      });
    for (let time = 0; time < 5; time += 1) {
      await send(observer, 'the observer').catch(() => undefined);
      await send(observer, 'the observer', [witness.localParticipant!.identity]).catch(
        () => undefined,
      );
    }
    await send(learner, MARK);
    await told;
    expect(heard).toEqual([MARK]);
  });

  it('opens nothing of the API, least of all a learner’s token', async () => {
    const { sessionId } = call.session;
    const tokens = new RoomTokens({ apiKey: inject('apiKey'), apiSecret: inject('apiSecret') });
    const { token } = await tokens.issueForObserver(sessionId);
    for (const [method, path] of [
      ['POST', 'token'],
      ['POST', 'end'],
      ['GET', 'transcript'],
    ]) {
      const answer = await fetch(`${call.pageUrl}/api/v1/sessions/${sessionId}/${path!}`, {
        method: method!,
        headers: { authorization: `Bearer ${token}` },
      });
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});

describe('The agent', () => {
  /** livekit.agent.AgentSessionMessage { request { request_id: "r1", get_agent_info {} } } */
  const GET_AGENT_INFO = Uint8Array.of(0x22, 6, 0x0a, 2, 0x72, 0x31, 0x32, 0);
  /** livekit.agent.AgentSessionMessage { request { request_id: "r2", get_chat_history {} } } */
  const GET_HISTORY = Uint8Array.of(0x22, 6, 0x0a, 2, 0x72, 0x32, 0x22, 0);

  it('tells a learner nothing of its instructions, however they ask', async () => {
    const learner = await HeadlessLearner.join(call.session);
    try {
      const answers: string[] = [];
      learner.room.unregisterByteStreamHandler(REMOTE_CONTROL_TOPIC);
      learner.room.registerByteStreamHandler(REMOTE_CONTROL_TOPIC, (reader) => {
        void reader.readAll().then((chunks) => {
          answers.push(Buffer.concat(chunks).toString('latin1'));
        });
      });
      await learner.untilGreeted();
      for (const request of [GET_AGENT_INFO, GET_HISTORY]) {
        const writer = await learner.room.localParticipant!.streamBytes({
          topic: REMOTE_CONTROL_TOPIC,
          name: 'request',
        });
        await writer.write(request);
        await writer.close();
      }
      // What is asked after it has an answer.
      await learner.type('I have worked as a nurse for six years.');
      await learner.untilSpoken(1);
      // Field 5 of the message is a response; events of the talk, field 3, come by themselves.
      expect(answers.filter((answer) => answer.charCodeAt(0) === 0x2a)).toEqual([]);
      expect(answers.join()).not.toContain('You are');
    } finally {
      await learner.close();
    }
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

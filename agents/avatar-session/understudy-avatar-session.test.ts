import { PUBLISH_ON_BEHALF } from '#agents/room/avatar-room.ts';
import { initializeLogger, voice } from '@livekit/agents';
import type { Room } from '@livekit/rtc-node';
import { TokenVerifier } from 'livekit-server-sdk';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AVATAR_SESSION_ERRORS, AvatarSessionError } from './avatar-session-error.ts';
import { UnderstudyAvatarSession } from './understudy-avatar-session.ts';

const KEYS = { apiKey: 'test-key', apiSecret: 'test-secret-test-secret-test-secret' };
const SUMMARY = { id: 'a1', avatar: 'ada', room: 'scene', identity: 'understudy-avatar' };

/** A room as far as the session looks at it before anything sounds. */
function fakeRoom(): Room {
  const room = Object.assign(new EventEmitter(), {
    name: 'scene',
    isConnected: false,
    localParticipant: { identity: 'agent-7' },
  });
  return room as unknown as Room;
}

let server: Server | undefined;
afterEach(() => server?.close());
beforeAll(() => {
  initializeLogger({ pretty: false, level: 'silent' });
});

interface Asked {
  authorization: string;
  body: { livekitUrl: string; token: string; avatar: string; agentIdentity: string };
}

/** A service that answers always the same, and what it was asked. */
async function service(status: number, answer: object): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        authorization: request.headers.authorization ?? '',
        body: JSON.parse(Buffer.concat(chunks).toString()) as Asked['body'],
      });
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}/api/avatars`, asked };
}

const started = (url: string, room = fakeRoom()) => {
  const session = new voice.AgentSession({});
  const avatar = new UnderstudyAvatarSession({
    avatarsUrl: url,
    livekitUrl: 'ws://localhost:7880',
    keys: KEYS,
  });
  return { session, summary: avatar.start(session, room, { avatar: 'ada' }) };
};

describe('an avatar for an agent of agents-js', () => {
  it('is asked for with a token on behalf of the agent, and becomes its audio output', async () => {
    const { url, asked } = await service(201, SUMMARY);
    const { session, summary } = started(url);
    expect(await summary).toEqual(SUMMARY);
    expect(session.output.audio).toBeInstanceOf(voice.DataStreamAudioOutput);
    const [{ authorization, body } = { authorization: '', body: undefined }] = asked;
    expect(body).toMatchObject({
      livekitUrl: 'ws://localhost:7880',
      avatar: 'ada',
      agentIdentity: 'agent-7',
    });
    const verifier = new TokenVerifier(KEYS.apiKey, KEYS.apiSecret);
    const ofAvatar = await verifier.verify(body!.token);
    expect(ofAvatar).toMatchObject({
      sub: 'understudy-avatar',
      kind: 'agent',
      attributes: { [PUBLISH_ON_BEHALF]: 'agent-7' },
      video: { roomJoin: true, room: 'scene' },
    });
    expect(ofAvatar.video?.roomAdmin).toBeUndefined();
    const ofCaller = await verifier.verify(authorization.replace('Bearer ', ''));
    expect(ofCaller.video).toEqual({ roomAdmin: true });
  });

  it.each([
    [503, { code: 'AVATARS_FULL', detail: 'All perform.' }, 'AVATARS_FULL', true],
    [404, { code: 'AVATAR_UNKNOWN', detail: 'It is called zoe.' }, 'AVATAR_REFUSED', false],
    [201, { hello: 'world' }, 'AVATAR_REFUSED', false],
  ])('that answers %i %j is an error with a code', async (status, answer, code, retryable) => {
    const { url } = await service(status, answer);
    const { session, summary } = started(url);
    await expect(summary).rejects.toMatchObject({ code, retryable });
    // The agent keeps the output that it had.
    expect(session.output.audio).toBeNull();
  });

  it('that nobody sends is an error that may pass', async () => {
    const { summary } = started('http://127.0.0.1:9/api/avatars');
    await expect(summary).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE', retryable: true });
    await expect(summary).rejects.toBeInstanceOf(AvatarSessionError);
  });

  it('has every error explained in the README', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const documented = [...readme.matchAll(/^\| `([A-Z_]+)` +\|/gmu)].map(([, code]) => code);
    expect(documented.sort()).toEqual(Object.keys(AVATAR_SESSION_ERRORS).sort());
  });
});

import { AccessToken } from 'livekit-server-sdk';
import { createHash } from 'node:crypto';
import { beforeEach, expect, it, describe } from 'vitest';
import type { CreateSessionResponse, Problem } from '../api-types.ts';
import { KEYS, SCENARIO, testSignaling } from '../testing.ts';
import { KEPT_MS, OLDEST_MS } from './livekit-webhooks.ts';

let signaling: Awaited<ReturnType<typeof testSignaling>>;
let now: Date;
let created: CreateSessionResponse;
beforeEach(async () => {
  now = new Date();
  signaling = await testSignaling({ now: () => now });
  const answer = await signaling.app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    payload: { scenarioId: SCENARIO.id },
  });
  created = answer.json();
}, 120_000);

let count = 0;
const eventOf = (event: string, more: object = {}): string =>
  JSON.stringify({
    event,
    id: `EV_${String((count += 1))}`,
    createdAt: String(Math.floor(now.getTime() / 1_000)),
    room: { name: created.roomName, sid: `RM_${created.sessionId}`, metadata: 'ä'.repeat(50_000) },
    ...more,
  });

async function signed(body: string, keys = KEYS, ttl: string | number = '5m'): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, { ttl });
  token.sha256 = createHash('sha256').update(body).digest('base64');
  return token.toJwt();
}

async function deliver(
  body: string,
  authorization?: string,
): Promise<{ status: number; code: string | undefined }> {
  const answer = await signaling.app.inject({
    method: 'POST',
    url: '/api/internal/livekit/webhook',
    headers: {
      'content-type': 'application/webhook+json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    payload: body,
  });
  const code = answer.body === '' ? undefined : answer.json<Problem>().code;
  return { status: answer.statusCode, code };
}
const send = async (body: string) => deliver(body, await signed(body));
const session = () => signaling.sessions.find(created.sessionId);

describe('what LiveKit tells', () => {
  it('of a finished room ends its session at once', async () => {
    expect(await send(eventOf('room_finished'))).toEqual({ status: 204, code: undefined });
    expect(await session()).toMatchObject({ endedAt: now, endReason: 'finished' });
  });

  it('of an earlier room of the session changes nothing, nor while LiveKit is going away', async () => {
    await send(eventOf('room_finished', { room: { name: created.roomName, sid: 'RM_earlier' } }));
    signaling.rooms.down = true;
    // A server that does not say which rooms there are.
    signaling.rooms.sid = () => Promise.reject(new Error('no route to host'));
    expect((await send(eventOf('room_finished'))).status).toBe(204);
    expect((await session()).endedAt).toBeNull();
  });

  it('of a session that has ended leaves it as it was', async () => {
    await signaling.sessions.end(await session());
    await send(eventOf('room_finished'));
    expect((await session()).endReason).toBe('asked');
  });

  it('of other rooms and other events is taken and left', async () => {
    for (const room of [undefined, { name: 'somebody-elses' }, { name: 'lesson_unknown' }]) {
      expect((await send(eventOf('room_finished', { room }))).status).toBe(204);
    }
    expect((await send(eventOf('egress_of_tomorrow', { novel: [1] }))).status).toBe(204);
  });

  it('of participants is told to embedders, without names', async () => {
    const { records } = signaling;
    await records.webhooks.add({
      ...{ id: 'hook', url: 'https://example.org', secret: 'whsec_AA==', active: true },
      events: ['participant.joined', 'participant.left'],
      ...{ description: null, createdBy: 'test', createdAt: now, updatedAt: now },
      ...{ failingSince: null, stoppedBecause: null },
    });
    const { learnerIdentity } = await session();
    const learner = { identity: learnerIdentity, name: 'Wren' };
    await send(eventOf('participant_joined', { participant: learner }));
    const agent = { identity: 'agent-1', kind: 'AGENT' };
    await send(eventOf('participant_left', { participant: agent }));
    await send(eventOf('participant_left', { participant: { identity: 'observer-1' } }));
    const told = (await records.webhooks.deliveries('hook', { limit: 9 })).items;
    const heard = told.map(({ event, payload }) => [
      event,
      (payload as { data: { participant: string } }).data.participant,
    ]);
    expect(heard.sort()).toEqual([
      ['participant.joined', 'learner'],
      ['participant.left', 'agent'],
      ['participant.left', 'other'],
    ]);
    expect(JSON.stringify(told)).not.toContain('Wren');
  });

  it('is taken again where acting upon it failed', async () => {
    const body = eventOf('room_finished');
    const { records } = signaling;
    const end = records.sessions.end.bind(records.sessions);
    records.sessions.end = () => Promise.reject(new Error('the database is away'));
    expect((await send(body)).status).toBe(500);
    records.sessions.end = end;
    expect((await send(body)).status).toBe(204);
    expect((await session()).endReason).toBe('finished');
  });
});

describe('what somebody else tells', () => {
  it('without a signature, or with another’s, is refused', async () => {
    const body = eventOf('room_finished');
    expect(await deliver(body)).toEqual({ status: 401, code: 'TOKEN_MISSING' });
    const others = { ...KEYS, apiSecret: 'another-secret-another-secret-another' };
    expect(await deliver(body, await signed(body, others))).toEqual({
      ...{ status: 401, code: 'TOKEN_INVALID' },
    });
    const stranger = await signed(body, { ...others, apiKey: 'stranger' });
    expect((await deliver(body, stranger)).code).toBe('TOKEN_INVALID');
    for (const nonsense of ['nonsense', 'a.b.c', 'Bearer ', `Bearer ${created.token}x`]) {
      expect((await deliver(body, nonsense)).code).toMatch(/^TOKEN_(INVALID|MISSING)$/u);
    }
    expect((await session()).endedAt).toBeNull();
  });

  it('with a token of ours that is for something else is refused', async () => {
    expect((await deliver(eventOf('room_finished'), created.token)).code).toBe(
      'LIVEKIT_EVENT_ALTERED',
    );
  });

  it('is refused where the body was changed', async () => {
    const body = eventOf('room_finished');
    const altered = body.replace('room_finished', 'room_started ');
    expect(await deliver(altered, await signed(body))).toEqual({
      ...{ status: 401, code: 'LIVEKIT_EVENT_ALTERED' },
    });
    expect((await deliver(`${body} `, await signed(body))).code).toBe('LIVEKIT_EVENT_ALTERED');
  });

  it('is refused the second time, by whichever process', async () => {
    const body = eventOf('participant_joined');
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409, 409]);
    expect((await send(body)).code).toBe('LIVEKIT_EVENT_REPEATED');
  });

  it('is refused when it is old, or of the future; ids are kept for longer than that', async () => {
    const seconds = (ms: number) => ({
      createdAt: String(Math.floor((now.getTime() + ms) / 1_000)),
    });
    const old = await send(eventOf('room_finished', seconds(-OLDEST_MS - 1_000)));
    expect(old).toEqual({ status: 409, code: 'LIVEKIT_EVENT_STALE' });
    expect((await send(eventOf('room_finished', seconds(OLDEST_MS)))).code).toBe(
      'LIVEKIT_EVENT_STALE',
    );
    expect((await session()).endedAt).toBeNull();
    expect(KEPT_MS).toBeGreaterThan(OLDEST_MS);
  });

  it('with an expired signature is refused', async () => {
    const body = eventOf('room_finished');
    expect((await deliver(body, await signed(body, KEYS, -60))).code).toBe('TOKEN_EXPIRED');
  });

  it.each(['', 'null', '[]', '{"event":5}', '{}', 'not json', '{"event":"room_finished"}'])(
    'that is %j is no event',
    async (body) => {
      const { status, code } = await send(body);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(500);
    },
  );
});

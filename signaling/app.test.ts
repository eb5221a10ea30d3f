import { AccessToken, TokenVerifier } from 'livekit-server-sdk';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CreateSessionResponse, Problem } from './api-types.ts';
import { PROBLEMS } from './problems.ts';
import { KEYS, SCENARIO, emptyReport, testSignaling } from './testing.ts';

type App = Awaited<ReturnType<typeof testSignaling>>['app'];

async function create(app: App): Promise<CreateSessionResponse> {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/sessions',
    payload: { scenarioId: SCENARIO.id, learnerName: 'Wren' },
  });
  expect(answer.statusCode).toBe(201);
  return answer.json();
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function workerToken(sessionId: string): Promise<string> {
  const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'agent-worker' });
  token.addGrant({ roomAdmin: true, room: `lesson_${sessionId}` });
  return token.toJwt();
}

describe('a session through the API', () => {
  it('is created with a room, a dispatched agent and the least token that works', async () => {
    const { app, rooms } = await testSignaling();
    const session = await create(app);
    expect(session.roomName).toBe(`lesson_${session.sessionId}`);
    expect(rooms.opened).toMatchObject([{ sessionId: session.sessionId, scenarioId: SCENARIO.id }]);
    const claims = await new TokenVerifier(KEYS.apiKey, KEYS.apiSecret).verify(session.token);
    expect(claims.video).toMatchObject({
      room: session.roomName,
      roomJoin: true,
      canPublishSources: ['microphone'],
    });
    expect(claims.video?.roomAdmin).toBeUndefined();
    const livesS = (claims as { exp?: number }).exp! - Date.now() / 1_000;
    expect(livesS).toBeLessThanOrEqual(15 * 60);
  });

  it.each([
    { avatar: 'neural/ann', status: 201, code: undefined },
    { avatar: 'neural/nobody', status: 404, code: 'AVATAR_UNKNOWN' },
    { avatar: '../../etc', status: 400, code: 'BODY_INVALID' },
  ])('wears the avatar that was asked for: $avatar', async ({ avatar, status, code }) => {
    const { app, rooms } = await testSignaling();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/sessions',
      payload: { scenarioId: SCENARIO.id, avatar },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.json<Partial<Problem>>().code).toBe(code);
    expect(rooms.opened).toMatchObject(status === 201 ? [{ avatar }] : []);
    expect((await app.inject('/api/scenarios')).json<{ avatars: string[] }>().avatars).toContain(
      'neural/ann',
    );
  });

  it('is refreshed with its own token, and refused after its end', async () => {
    const { app } = await testSignaling();
    const { sessionId, token } = await create(app);
    const url = `/api/sessions/${sessionId}/token`;
    const refreshed = await app.inject({ method: 'POST', url, headers: bearer(token) });
    expect(refreshed.statusCode).toBe(200);
    expect(refreshed.json<{ token: string }>().token).toMatch(/^ey/);
    await app.inject({
      method: 'POST',
      url: `/api/sessions/${sessionId}/end`,
      headers: bearer(token),
    });
    const late = await app.inject({ method: 'POST', url, headers: bearer(token) });
    expect(late.json<Problem>().code).toBe('SESSION_ENDED');
  });

  it('leaves a report: pending first, then what the worker delivered', async () => {
    const { app, rooms } = await testSignaling();
    const { sessionId, token } = await create(app);
    const url = `/api/sessions/${sessionId}/report`;
    const pending = await app.inject({ url, headers: bearer(token) });
    expect([pending.statusCode, pending.json()]).toEqual([202, { status: 'pending' }]);
    const delivered = await app.inject({
      method: 'PUT',
      url: `/api/internal/sessions/${sessionId}/report`,
      headers: bearer(await workerToken(sessionId)),
      payload: emptyReport(sessionId),
    });
    expect(delivered.statusCode).toBe(204);
    expect(rooms.closed).toEqual([sessionId]);
    const ready = await app.inject({ url, headers: bearer(token) });
    expect(ready.json()).toMatchObject({ status: 'ready', report: { sessionId } });
  });

  it('takes no report from a learner, and none for another session', async () => {
    const { app } = await testSignaling();
    const { sessionId, token } = await create(app);
    const url = `/api/internal/sessions/${sessionId}/report`;
    const payload = emptyReport(sessionId);
    const asLearner = await app.inject({ method: 'PUT', url, headers: bearer(token), payload });
    expect(asLearner.json<Problem>().code).toBe('TOKEN_INVALID');
    const mixedUp = await app.inject({
      method: 'PUT',
      url,
      headers: bearer(await workerToken(sessionId)),
      payload: emptyReport('another0session'),
    });
    expect(mixedUp.json<Problem>().code).toBe('BODY_INVALID');
  });

  it('is refused with a reason when every avatar is busy, and again welcome after an end', async () => {
    const { app } = await testSignaling({ maxSessions: 1 });
    const { sessionId, token } = await create(app);
    const payload = { scenarioId: SCENARIO.id };
    const refused = await app.inject({ method: 'POST', url: '/api/sessions', payload });
    expect([refused.statusCode, refused.json<Problem>().code]).toEqual([503, 'SESSIONS_FULL']);
    expect(refused.headers['retry-after']).toBe('60');
    await app.inject({
      method: 'POST',
      url: `/api/sessions/${sessionId}/end`,
      headers: bearer(token),
    });
    await create(app);
  });

  it('gives its place back when the media server does not answer', async () => {
    const { app, rooms } = await testSignaling({ maxSessions: 1 });
    rooms.down = true;
    const payload = { scenarioId: SCENARIO.id };
    const refused = await app.inject({ method: 'POST', url: '/api/sessions', payload });
    expect(refused.json<Problem>().code).toBe('LIVEKIT_UNREACHABLE');
    rooms.down = false;
    await create(app);
  });
});

describe('bad requests', () => {
  it.each([
    ['no body', undefined],
    ['an unknown field', { scenarioId: SCENARIO.id, admin: true }],
    ['a number for a name', { scenarioId: SCENARIO.id, learnerName: 7 }],
    ['an endless name', { scenarioId: SCENARIO.id, learnerName: 'x'.repeat(100) }],
  ])('%s is told with BODY_INVALID', async (_name, payload) => {
    const { app } = await testSignaling();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/sessions',
      ...(payload === undefined ? {} : { payload }),
    });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([400, 'BODY_INVALID']);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('broken JSON is told with BODY_INVALID', async () => {
    const { app } = await testSignaling();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/sessions',
      headers: { 'content-type': 'application/json' },
      payload: '{"scenarioId":',
    });
    expect(answer.json<Problem>().code).toBe('BODY_INVALID');
  });

  it('an unknown scenario names the known ones', async () => {
    const { app } = await testSignaling();
    const payload = { scenarioId: 'no-such' };
    const answer = await app.inject({ method: 'POST', url: '/api/sessions', payload });
    expect(answer.json<Problem>()).toMatchObject({ status: 404, code: 'SCENARIO_UNKNOWN' });
    expect(answer.json<Problem>().detail).toContain(SCENARIO.id);
  });

  it.each([
    ['TOKEN_MISSING', {}],
    ['TOKEN_INVALID', bearer('ey.not.real')],
  ])('a token problem is told with %s', async (code, headers) => {
    const { app } = await testSignaling();
    const { sessionId } = await create(app);
    const answer = await app.inject({
      method: 'POST',
      url: `/api/sessions/${sessionId}/token`,
      headers,
    });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([401, code]);
  });

  it('an expired token is told with TOKEN_EXPIRED, but still reads the report', async () => {
    const { app } = await testSignaling();
    const { sessionId } = await create(app);
    const expired = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'x', ttl: -60 });
    expired.addGrant({ roomJoin: true, room: `lesson_${sessionId}` });
    const headers = bearer(await expired.toJwt());
    const refresh = await app.inject({
      method: 'POST',
      url: `/api/sessions/${sessionId}/token`,
      headers,
    });
    expect(refresh.json<Problem>().code).toBe('TOKEN_EXPIRED');
    const report = await app.inject({ url: `/api/sessions/${sessionId}/report`, headers });
    expect(report.statusCode).toBe(202);
  });

  it('the token of one session opens no other', async () => {
    const { app } = await testSignaling();
    const [one, other] = [await create(app), await create(app)];
    const answer = await app.inject({
      method: 'POST',
      url: `/api/sessions/${other.sessionId}/end`,
      headers: bearer(one.token),
    });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([
      403,
      'TOKEN_FOR_OTHER_SESSION',
    ]);
  });

  it('an id that is a path stays an id', async () => {
    const { sessions } = await testSignaling();
    await expect(sessions.find('../../etc/passwd')).rejects.toMatchObject({
      code: 'SESSION_UNKNOWN',
    });
  });

  it('every error code is explained in docs/api.md', () => {
    const documentation = readFileSync(
      new URL('../docs/api.md', import.meta.url),
      'utf8',
    ).replaceAll(/ +/g, ' ');
    for (const [code, { status }] of Object.entries(PROBLEMS)) {
      expect(documentation).toContain(`| \`${code}\` | ${String(status)} |`);
    }
  });
});

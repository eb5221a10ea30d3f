import { serviceToken, type AvatarWorkerState } from '#agents/dispatch/avatar-service.ts';
import { AccessToken } from 'livekit-server-sdk';
import { describe, expect, it } from 'vitest';
import type { Problem } from './api-types.ts';
import { KEYS, testSignaling } from './testing.ts';

type App = Awaited<ReturnType<typeof testSignaling>>['app'];

const WANTED = { livekitUrl: 'ws://localhost:7880', token: 'x'.repeat(40), avatar: 'ada' };
const SUMMARY = { id: 'a1', avatar: 'ada', room: 'r', identity: 'avatar' };

const post = async (app: App, url: string, payload: object, token?: string) =>
  app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: `Bearer ${token ?? (await serviceToken(KEYS, 'test'))}` },
  });

const beat = (app: App, name: string, state: Partial<AvatarWorkerState> = {}) =>
  post(app, '/api/avatar-workers', {
    address: `http://${name}:8093`,
    capacity: 4,
    active: 0,
    cpu: 0.5,
    draining: false,
    ...state,
  });

/** Workers that answer by name; anybody else is not reached. Keeps who was asked. */
function workers(answers: Record<string, () => Response>) {
  const asked: string[] = [];
  const send = ((url: string) => {
    const { hostname } = new URL(url);
    asked.push(hostname);
    const answer = answers[hostname];
    return answer === undefined ? Promise.reject(new Error('refused')) : Promise.resolve(answer());
  }) as typeof fetch;
  return { asked, send };
}

const entered = (): Response => Response.json(SUMMARY, { status: 201 });
const refused = (code: string, status: number) => (): Response =>
  Response.json({ code, detail: 'As it is.', status }, { status });

describe('an avatar for an agent', () => {
  it('goes to the worker with the most room, and to the next one before the next heartbeat', async () => {
    const { asked, send } = workers({ a: entered, b: entered, c: entered });
    const { app } = await testSignaling({ sendToWorker: send });
    await beat(app, 'a', { active: 2 });
    await beat(app, 'b', { capacity: 2 });
    await beat(app, 'c', { active: 1, cpu: 0.1 });
    const first = await post(app, '/api/avatars', WANTED);
    expect(first.statusCode).toBe(201);
    expect(first.json()).toEqual({ ...SUMMARY, worker: 'http://b:8093' });
    await post(app, '/api/avatars', WANTED);
    // b is now half full by our own count, as a is; c was a quarter full and is half full with this one.
    await post(app, '/api/avatars', WANTED);
    expect(asked).toEqual(['b', 'c', 'c']);
  });

  it('passes over workers that drain, are lost, or have filled up meanwhile', async () => {
    const { asked, send } = workers({
      drains: entered,
      full: refused('AVATARS_FULL', 503),
      good: entered,
    });
    const { app } = await testSignaling({ sendToWorker: send });
    await beat(app, 'drains', { draining: true });
    await beat(app, 'lost');
    await beat(app, 'full', { cpu: 0.6 });
    await beat(app, 'good', { active: 3 });
    const answer = await post(app, '/api/avatars', WANTED);
    expect(answer.json()).toMatchObject({ worker: 'http://good:8093' });
    expect(asked).toEqual(['lost', 'full', 'good']);
  });

  it('is refused with the time to come back when nobody has room', async () => {
    const { asked, send } = workers({ a: entered });
    const { app } = await testSignaling({ sendToWorker: send });
    await beat(app, 'a', { active: 4 });
    const answer = await post(app, '/api/avatars', WANTED);
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([503, 'AVATARS_FULL']);
    expect(answer.headers['retry-after']).toBe('5');
    expect(asked).toEqual([]);
  });

  it('is refused at once when the worker says that the request is at fault', async () => {
    const { asked, send } = workers({ a: refused('ROOM_REFUSED', 422), b: entered });
    const { app } = await testSignaling({ sendToWorker: send });
    await beat(app, 'a');
    await beat(app, 'b', { active: 1 });
    const answer = await post(app, '/api/avatars', WANTED);
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([422, 'ROOM_REFUSED']);
    expect(asked).toEqual(['a']);
  });

  it('is not placed on a worker that has fallen silent for more than six seconds', async () => {
    let nowMs = Date.now();
    const { send } = workers({ a: entered });
    const { app } = await testSignaling({ sendToWorker: send, now: () => new Date(nowMs) });
    await beat(app, 'a');
    nowMs += 5_900;
    expect((await post(app, '/api/avatars', WANTED)).statusCode).toBe(201);
    nowMs += 200;
    expect((await post(app, '/api/avatars', WANTED)).statusCode).toBe(503);
  });

  it('is asked for with the secret only, and by a whole body', async () => {
    const { app } = await testSignaling();
    const ofRoom = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'moderator' });
    ofRoom.addGrant({ roomAdmin: true, room: 'lesson_1' });
    for (const url of ['/api/avatars', '/api/avatar-workers']) {
      const answer = await post(app, url, WANTED, await ofRoom.toJwt());
      expect(answer.json<Problem>().code).toBe('TOKEN_INVALID');
      const bad = await post(app, url, { avatar: '../ada' });
      expect(bad.json<Problem>().code).toBe('BODY_INVALID');
    }
  });
});

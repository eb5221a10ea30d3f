import {
  serviceToken,
  type AvatarRequest,
  type AvatarSummary,
} from '#agents/dispatch/avatar-service.ts';
import { AccessToken } from 'livekit-server-sdk';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Avatars } from './avatars.ts';
import { buildHttpApi, type ApiPerformance } from './http-api.ts';
import { WORKER_PROBLEMS, WorkerProblem } from './problems.ts';
import { PROTOCOL_ERRORS } from './protocol-error.ts';

const KEYS = { apiKey: 'test-key', apiSecret: 'test-secret-test-secret-test-secret' };
const WANTED: AvatarRequest = {
  livekitUrl: 'ws://localhost:7880',
  token: 'x'.repeat(40),
  avatar: 'ada',
};

class FakePerformance implements ApiPerformance {
  closed = false;
  readonly summary: AvatarSummary;
  readonly figures = {
    picturesDrawn: 0,
    picturesDropped: 0,
    renderMsTotal: 0,
    segments: 0,
    reportsLost: 0,
    toldMarks: 0,
    qualityScore: 100,
  };
  constructor(id: string, { avatar }: AvatarRequest) {
    this.summary = { id, avatar, room: 'r', identity: 'avatar' };
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function service(capacity = 2) {
  const over = new Map<string, (reason: string) => void>();
  const changes: string[] = [];
  let failure: Error | undefined;
  const avatars = new Avatars<ApiPerformance>({
    capacity,
    enter: (request, id, onOver) => {
      over.set(id, onOver);
      return failure === undefined
        ? Promise.resolve(new FakePerformance(id, request))
        : Promise.reject(failure);
    },
    onChange: (what, _id, reason) => changes.push(`${what} ${reason}`.trim()),
  });
  const faults: unknown[] = [];
  const app = buildHttpApi({
    avatars,
    keys: KEYS,
    cpu: () => 0.25,
    onFault: (e) => faults.push(e),
  });
  const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${await serviceToken(KEYS, 'test')}` },
      ...(payload === undefined ? {} : { payload }),
    });
  return { ask, app, avatars, changes, faults, over, fail: (error: Error) => (failure = error) };
}

describe('the worker’s API', () => {
  it('has an avatar enter, lists it, and sends it away', async () => {
    const { ask, changes } = service();
    const made = await ask('POST', '/v1/avatars', WANTED);
    expect(made.statusCode).toBe(201);
    const { id } = made.json<AvatarSummary>();
    expect((await ask('GET', '/v1/avatars')).json()).toMatchObject({ avatars: [{ id }] });
    expect((await ask('GET', '/health')).json()).toEqual({
      status: 'ok',
      active: 1,
      capacity: 2,
      load: 0.5,
      cpu: 0.25,
    });
    expect((await ask('DELETE', `/v1/avatars/${id}`)).statusCode).toBe(204);
    const again = await ask('DELETE', `/v1/avatars/${id}`);
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([
      404,
      'PERFORMANCE_UNKNOWN',
    ]);
    expect(changes).toEqual(['entered', 'left it was asked to']);
  });

  it('refuses beyond its capacity, and has room again when one leaves by itself', async () => {
    const { ask, over } = service(1);
    const { id } = (await ask('POST', '/v1/avatars', WANTED)).json<AvatarSummary>();
    const full = await ask('POST', '/v1/avatars', WANTED);
    expect([full.statusCode, full.json<{ code: string }>().code]).toEqual([503, 'AVATARS_FULL']);
    expect(full.headers['retry-after']).toBe('5');
    over.get(id)!('the agent left');
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ask('POST', '/v1/avatars', WANTED)).statusCode).toBe(201);
  });

  it('gives the place back when an avatar cannot enter, and says why', async () => {
    const { ask, avatars, fail, faults } = service(1);
    fail(new WorkerProblem('ROOM_REFUSED', 'No.'));
    expect((await ask('POST', '/v1/avatars', WANTED)).json<{ code: string }>().code).toBe(
      'ROOM_REFUSED',
    );
    fail(new Error('out of paint'));
    const fault = await ask('POST', '/v1/avatars', WANTED);
    expect([fault.statusCode, fault.json<{ code: string }>().code]).toEqual([500, 'INTERNAL']);
    expect(fault.body).not.toContain('paint');
    expect([avatars.active, faults.length]).toEqual([0, 1]);
  });

  it('drains when asked: nobody new, and over when the last one has left', async () => {
    const { ask, avatars, over } = service();
    const { id } = (await ask('POST', '/v1/avatars', WANTED)).json<AvatarSummary>();
    let drained = false;
    const done = avatars.drain().then(() => (drained = true));
    expect((await ask('GET', '/health')).statusCode).toBe(503);
    expect((await ask('POST', '/v1/avatars', WANTED)).json<{ code: string }>().code).toBe(
      'DRAINING',
    );
    expect(drained).toBe(false);
    over.get(id)!('the room is closed to it');
    await done;
    expect(drained).toBe(true);
  });

  it.each([
    ['no body', undefined],
    ['no avatar', { ...WANTED, avatar: undefined }],
    ['a path for an avatar', { ...WANTED, avatar: '../ada' }],
    ['a file for a room', { ...WANTED, livekitUrl: 'file:///etc/passwd' }],
    ['an unknown field', { ...WANTED, admin: true }],
  ])('tells %s with BODY_INVALID', async (_what, payload) => {
    const { ask } = service();
    const answer = await ask('POST', '/v1/avatars', payload);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
      400,
      'BODY_INVALID',
    ]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('opens to the holder of the secret only', async () => {
    const { app } = service();
    const moderator = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'moderator' });
    moderator.addGrant({ roomAdmin: true, room: 'lesson_1' });
    const forged = await serviceToken({ ...KEYS, apiSecret: 'y'.repeat(32) }, 'test');
    for (const [token, code] of [
      [undefined, 'TOKEN_MISSING'],
      [forged, 'TOKEN_INVALID'],
      [await moderator.toJwt(), 'TOKEN_INVALID'],
    ]) {
      const answer = await app.inject({
        url: '/v1/avatars',
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, code]);
    }
  });

  it('has every code explained in the README', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const documented = [...readme.matchAll(/^\| `([A-Z_]+)` +\|/gmu)].map(([, code]) => code);
    const codes = [...Object.keys(WORKER_PROBLEMS), ...Object.keys(PROTOCOL_ERRORS)];
    expect(documented.sort()).toEqual(codes.sort());
  });
});

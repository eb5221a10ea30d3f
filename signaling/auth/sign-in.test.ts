import { beforeEach, describe, expect, it, vi } from 'vitest';
import { auditLog } from '../data/schema.ts';
import { SCENARIO, testSignaling } from '../testing.ts';
import { ABSOLUTE_MS, IDLE_MS } from './sign-ins.ts';
import { PASSWORD, TestBrowser } from './testing-browser.ts';
import { MOST_ATTEMPTS, networkOf } from './throttle.ts';

const argon = vi.hoisted(() => ({ verified: [] as string[] }));
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>();
  return {
    ...real,
    verify: (kept: string, password: string) => {
      argon.verified.push(kept);
      return real.verify(kept, password);
    },
  };
});

const EMAIL = 'ada@example.org';
const COOKIE = 'understudy-sign-in';

let nowMs: number;
let signaling: Awaited<ReturnType<typeof testSignaling>>;
beforeEach(async () => {
  nowMs = Date.parse('2026-05-01T08:00:00Z');
  argon.verified = [];
  signaling = await testSignaling({ now: () => new Date(nowMs) });
}, 60_000);

const actions = async (): Promise<string[]> => {
  const rows = await signaling.database.queries.select().from(auditLog);
  return rows.map(({ action, details }) => {
    const { why } = (details ?? {}) as { why?: string };
    return why === undefined ? action : `${action} ${why}`;
  });
};

const make = (email = EMAIL) =>
  signaling.door.people.create({
    ...{ email, displayName: 'Ada', role: 'admin' as const, password: PASSWORD },
  });

describe('signing in', () => {
  it('sets a cookie that scripts and other sites do not get at, and of which only a hash is kept', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    const answer = await browser.signIn(' ADA@example.org ');
    expect(answer.body).toMatchObject({ email: EMAIL, role: 'admin' });
    const [cookie] = answer.cookies;
    expect(cookie).toMatchObject({ name: COOKIE, httpOnly: true, sameSite: 'Lax', path: '/' });
    expect(cookie).not.toHaveProperty('secure');
    expect(cookie).not.toHaveProperty('domain');
    expect(cookie!.value).toMatch(/^[\w-]{43}$/u);
    const { rows } = (await signaling.database.queries.execute(
      'select * from sign_ins',
    )) as unknown as { rows: object[] };
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(cookie!.value);
    const me = await browser.ask('GET', '/auth/me');
    expect(me.body).toMatchObject({ signIn: 'none', provider: null, person: { email: EMAIL } });
  });

  it('over HTTPS the cookie is Secure and of this host alone', async () => {
    await make();
    const proxied = await testSignaling({ database: signaling.database, trustProxy: '127.0.0.1' });
    const browser = new TestBrowser(proxied);
    browser.headers['x-forwarded-proto'] = 'https';
    await proxied.door.people
      .create({
        ...{ email: EMAIL, displayName: 'Ada', role: 'admin', password: PASSWORD },
      })
      .catch(() => undefined);
    const [cookie] = (await browser.signIn(EMAIL)).cookies;
    expect(cookie).toMatchObject({ name: `__Host-${COOKIE}`, secure: true, path: '/' });
  });

  it('gives a new secret each time, and ends what the browser had before', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    await browser.signIn(EMAIL);
    const before = browser.cookies.get(COOKIE)!;
    await browser.signIn(EMAIL);
    expect(browser.cookies.get(COOKIE)).not.toBe(before);
    browser.cookies.set(COOKIE, before);
    expect((await browser.ask('GET', '/people')).body.code).toBe('SIGN_IN_NEEDED');
  });

  it('takes no secret that was planted', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    const planted = 'A'.repeat(43);
    browser.cookies.set(COOKIE, planted);
    await browser.signIn(EMAIL);
    expect(browser.cookies.get(COOKIE)).not.toBe(planted);
  });

  it('does not tell whether there is such an account, nor that it is disabled, by words or work', async () => {
    await make();
    const { person } = await make('off@example.org');
    await signaling.door.people.change(person.id, { disabled: true });
    const browser = new TestBrowser(signaling);
    const answers = [
      await browser.signIn('nobody@example.org'),
      await browser.signIn('off@example.org'),
      await browser.signIn(EMAIL, 'another password of it'),
    ];
    const told = answers.map(({ status, body: { requestId: _id, ...body } }) => [status, body]);
    expect(told[0]![0]).toBe(401);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    // Each time one hash of the same cost was compared.
    const costs = argon.verified.map((kept) => kept.split('$').slice(1, 4).join('$'));
    expect(costs).toEqual(Array.from({ length: 3 }, () => 'argon2id$v=19$m=19456,t=2,p=1'));
    expect(await actions()).toEqual([
      ...['sign-in.fail unknown', 'sign-in.fail disabled', 'sign-in.fail password'],
    ]);
  });

  it('is throttled for an account from an address, with the right password as well', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    const attempts = await Promise.all(
      Array.from({ length: MOST_ATTEMPTS.pair + 3 }, () => browser.signIn(EMAIL, 'wrong guess!')),
    );
    const codes = attempts.map(({ body }) => body.code);
    expect(codes.filter((code) => code === 'SIGN_IN_REFUSED')).toHaveLength(MOST_ATTEMPTS.pair);
    const waiting = await browser.signIn(EMAIL);
    expect([waiting.status, waiting.body.code]).toEqual([429, 'SIGN_IN_THROTTLED']);
    expect(waiting.headers['retry-after']).toBe('900');
    nowMs += 900_000;
    expect((await browser.signIn(EMAIL)).status).toBe(200);
  });

  it('is throttled for an address that tries many accounts; what succeeds does not count', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    for (let index = 0; index < MOST_ATTEMPTS.address; index += 1) {
      const answer = await browser.signIn(`x${String(index)}@example.org`);
      expect(answer.status).toBe(401);
    }
    expect((await browser.signIn(EMAIL)).status).toBe(429);
    nowMs += 900_000;
    for (let index = 0; index < 10; index += 1) {
      expect((await browser.signIn(EMAIL)).status).toBe(200);
    }
  });
});

describe('being signed in', () => {
  it('ends after a while of nothing, and after a week in any case', async () => {
    const { browser } = await TestBrowser.as(signaling, 'admin');
    nowMs += IDLE_MS - 1;
    expect((await browser.ask('GET', '/people')).status).toBe(200);
    nowMs += IDLE_MS;
    expect((await browser.ask('GET', '/people')).body.code).toBe('SIGN_IN_NEEDED');
    await browser.signIn('admin@example.org');
    for (let spentMs = 0; spentMs < ABSOLUTE_MS; spentMs += IDLE_MS / 2) {
      expect((await browser.ask('GET', '/people')).status).toBe(200);
      nowMs += IDLE_MS / 2;
    }
    expect((await browser.ask('GET', '/people')).body.code).toBe('SIGN_IN_NEEDED');
  });

  it('ends with signing out, also for a copy of the cookie', async () => {
    const { browser } = await TestBrowser.as(signaling, 'admin');
    const copy = new TestBrowser(signaling);
    copy.cookies.set(COOKIE, browser.cookies.get(COOKIE)!);
    expect((await browser.ask('POST', '/auth/sign-out')).status).toBe(204);
    expect(browser.cookies.has(COOKIE)).toBe(false);
    expect((await copy.ask('GET', '/people')).body.code).toBe('SIGN_IN_NEEDED');
    expect((await browser.ask('POST', '/auth/sign-out')).status).toBe(204);
    expect(await actions()).toEqual(['sign-in.succeed', 'sign-out']);
  });

  it('ends when the account is disabled, gets another role or another password', async () => {
    const { browser: admin } = await TestBrowser.as(signaling, 'admin');
    for (const [index, change] of [{ disabled: true }, { role: 'admin' }].entries()) {
      const { browser, id } = await TestBrowser.as(signaling, 'instructor', `i${String(index)}`);
      expect((await browser.ask('GET', '/reports')).status).toBe(200);
      expect((await admin.ask('PATCH', `/people/${id}`, change)).status).toBe(200);
      expect((await browser.ask('GET', '/reports')).body.code).toBe('SIGN_IN_NEEDED');
    }
    const { browser, id } = await TestBrowser.as(signaling, 'instructor', 'i2');
    const reset = await admin.ask<{ password: string }>('POST', `/people/${id}/reset-password`);
    expect((await browser.ask('GET', '/reports')).body.code).toBe('SIGN_IN_NEEDED');
    expect((await browser.signIn('i2@example.org')).status).toBe(401);
    expect((await browser.signIn('i2@example.org', reset.body.password)).status).toBe(200);
  });

  it('one changes one’s password by telling the old one', async () => {
    const { browser } = await TestBrowser.as(signaling, 'learner', 'lea');
    const newPassword = 'another long password';
    const wrong = await browser.ask('POST', '/auth/password', {
      ...{ currentPassword: 'not this one at all', newPassword },
    });
    expect(wrong.body.code).toBe('SIGN_IN_REFUSED');
    const right = await browser.ask('POST', '/auth/password', {
      ...{ currentPassword: PASSWORD, newPassword },
    });
    expect(right.status).toBe(204);
    expect((await browser.ask('GET', '/sessions')).status).toBe(200);
    expect((await browser.signIn('lea@example.org')).status).toBe(401);
    expect((await browser.signIn('lea@example.org', newPassword)).status).toBe(200);
  });
});

describe('requests that change something come from our own page', () => {
  const person = { email: 'new@example.org', displayName: 'New', role: 'admin' };
  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost.evil.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
    {},
  ] as Record<string, string>[])('not with %j', async (headers) => {
    const { browser } = await TestBrowser.as(signaling, 'admin');
    browser.headers = headers;
    const refused = await browser.ask('POST', '/people', person);
    expect([refused.status, refused.body.code]).toEqual([403, 'ORIGIN_REFUSED']);
    expect((await browser.ask('GET', '/people')).status).toBe(200);
    const out = await browser.ask('POST', '/auth/sign-out');
    expect(out.body.code).toBe('ORIGIN_REFUSED');
  });

  it.each([{ 'sec-fetch-site': 'same-origin' }, { origin: 'http://localhost:80' }] as Record<
    string,
    string
  >[])('with %j', async (headers) => {
    const { browser } = await TestBrowser.as(signaling, 'admin');
    browser.headers = headers;
    const host = { host: 'localhost:80' };
    expect((await browser.ask('POST', '/people', person, host)).status).toBe(201);
  });

  it('nobody is signed in by another site', async () => {
    await make();
    const browser = new TestBrowser(signaling);
    browser.headers = { 'sec-fetch-site': 'cross-site' };
    expect((await browser.signIn(EMAIL)).body.code).toBe('ORIGIN_REFUSED');
  });
});

describe('people', () => {
  it('are made with a password that is told once', async () => {
    const { browser } = await TestBrowser.as(signaling, 'admin');
    const wanted = { email: 'New@Example.org', displayName: 'New', role: 'instructor' };
    const again = { 'idempotency-key': 'a-key-of-an-admin-01' };
    const made = await browser.ask<{ id: string; password: string }>(
      ...(['POST', '/people', wanted, again] as const),
    );
    expect(made.status).toBe(201);
    expect(made.body.password).toMatch(/^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/u);
    const replayed = await browser.ask('POST', '/people', wanted, again);
    expect(replayed.body).toMatchObject({ id: made.body.id, password: null });
    expect((await browser.ask('POST', '/people', wanted)).body.code).toBe('PERSON_EXISTS');
    const { body } = await browser.ask('GET', `/people/${made.body.id}`);
    expect(body).toMatchObject({ email: 'new@example.org', hasPassword: true, hasProvider: false });
    expect(JSON.stringify(body)).not.toContain('argon2');
    const other = new TestBrowser(signaling);
    expect((await other.signIn('new@example.org', made.body.password)).status).toBe(200);
    expect(await actions()).toEqual(['sign-in.succeed', 'person.create', 'sign-in.succeed']);
  });

  it('somebody remains admin', async () => {
    const { browser, id } = await TestBrowser.as(signaling, 'admin');
    for (const change of [{ role: 'learner' }, { disabled: true }]) {
      const refused = await browser.ask('PATCH', `/people/${id}`, change);
      expect([refused.status, refused.body.code]).toEqual([409, 'LAST_ADMIN']);
    }
    await TestBrowser.as(signaling, 'admin', 'second');
    expect((await browser.ask('PATCH', `/people/${id}`, { role: 'learner' })).body).toMatchObject({
      ...{ role: 'learner', learnerId: expect.stringMatching(/^learner_/u) as string },
    });
  });

  it('the first admin is made once', async () => {
    const { people } = signaling.door;
    const first = await people.ensureAdmin({ email: EMAIL });
    expect(first.password).toMatch(/^[a-z2-9-]{23}$/u);
    const browser = new TestBrowser(signaling);
    expect((await browser.signIn(EMAIL, first.password!)).body).toMatchObject({ role: 'admin' });
    const again = await people.ensureAdmin({ email: 'other@example.org' });
    expect(again).toEqual({ isMade: false, password: null });
  });
});

describe('who may start a session', () => {
  const payload = { scenarioId: SCENARIO.id };
  it.each(['none', 'optional'] as const)('with %s, anybody', async (signIn) => {
    const open = await testSignaling({ signIn });
    const browser = new TestBrowser(open);
    expect((await browser.ask('POST', '/sessions', payload)).status).toBe(201);
    browser.cookies.set(COOKIE, 'B'.repeat(43));
    expect((await browser.ask('POST', '/sessions', payload)).status).toBe(201);
  });

  it('with required, whoever is signed in, and keys', async () => {
    const closed = await testSignaling({ signIn: 'required' });
    const stranger = new TestBrowser(closed);
    const refused = await stranger.ask('POST', '/sessions', payload);
    expect([refused.status, refused.body.code]).toEqual([401, 'SIGN_IN_NEEDED']);
    expect((await stranger.ask('GET', '/catalogue')).status).toBe(200);
    const { browser } = await TestBrowser.as(closed, 'admin');
    expect((await browser.ask('POST', '/sessions', payload)).status).toBe(201);
    const made = await browser.ask<{ key: string }>('POST', '/api-keys', {
      ...{ name: 'shop', scopes: ['sessions:create'] },
    });
    const key = { authorization: `Bearer ${made.body.key}` };
    expect((await stranger.ask('POST', '/sessions', payload, key)).status).toBe(201);
    const nonsense = { authorization: 'Bearer ey.no.token' };
    const bad = await stranger.ask('POST', '/sessions', payload, nonsense);
    expect(bad.body.code).toBe('SIGN_IN_NEEDED');
  });
});

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('%s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

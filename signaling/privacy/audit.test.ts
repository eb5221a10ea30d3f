import { serviceToken } from '#agents/dispatch/avatar-service.ts';
import { AccessToken } from 'livekit-server-sdk';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeApi } from '../describe-api.ts';
import { KEYS, SCENARIO, testSignaling } from '../testing.ts';
import { actionOf, UNCHANGING } from './audit.ts';

const YAML = readFileSync(
  new URL('../../config/scenarios/first-interview.yaml', import.meta.url),
  'utf8',
);
const PASSWORD = 'a long enough password 1';
const HOST = 'signaling.test';

interface Wish {
  url: string;
  payload?: object | string;
  headers?: Record<string, string>;
}
type Answer = Awaited<ReturnType<Signaling['app']['inject']>>;
type Signaling = Awaited<ReturnType<typeof testSignaling>>;
type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let signaling: Signaling;
let owner: Record<string, string>;
let service: Record<string, string>;

const send = (method: Method | 'GET', { url, payload, headers = {} }: Wish): Promise<Answer> =>
  signaling.app.inject({
    ...{ method, url: `/api/v1${url}`, headers: { host: HOST, ...owner, ...headers } },
    ...(payload === undefined ? {} : { payload }),
  });

async function made(url: string, payload: object): Promise<Record<string, string>> {
  const answer = await send('POST', { url, payload });
  expect(answer.statusCode, answer.body).toBeLessThan(300);
  return answer.json();
}

beforeAll(async () => {
  signaling = await testSignaling({
    maxSessions: 100,
    sendToWorker: () =>
      Promise.resolve(
        Response.json({ id: 'a1', avatar: 'ada', room: 'r', identity: 'avatar' }, { status: 201 }),
      ),
  });
  const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'owner' });
  token.addGrant({ roomList: true });
  owner = { authorization: `Bearer ${await token.toJwt()}` };
  service = { authorization: `Bearer ${await serviceToken(KEYS, 'test')}` };
}, 120_000);

const session = async (): Promise<Record<string, string>> =>
  made('/sessions', { scenarioId: SCENARIO.id });
const learner = async (): Promise<string> =>
  (await made('/learners', { displayName: 'Wren' }))['id']!;
const apiKey = async (): Promise<string> =>
  (await made('/api-keys', { name: 'x', scopes: ['sessions:all'] }))['id']!;
const webhook = async (): Promise<string> =>
  (await made('/webhooks', { url: 'https://example.org', events: ['report.ready'] }))['id']!;
let count = 0;
const person = async (): Promise<{ id: string; email: string }> => {
  count += 1;
  const email = `somebody${String(count)}@example.org`;
  const { id } = await made('/people', {
    ...{ email, displayName: 'Wren', role: 'learner', password: PASSWORD },
  });
  return { id: id!, email };
};
const scenario = async (): Promise<{ id: string; document: object }> => {
  count += 1;
  const id = `of-the-test-${String(count)}`;
  const { document } = (await send('GET', { url: `/scenarios/${SCENARIO.id}` })).json<{
    document: object;
  }>();
  await made('/scenarios', { scenario: { ...document, id } });
  return { id, document: { ...document, id } };
};
const any = { 'if-match': '*' };
const signedIn = async (): Promise<Record<string, string>> => {
  const { email } = await person();
  const answer = await send('POST', {
    ...{ url: '/auth/sign-in', payload: { email, password: PASSWORD } },
  });
  const cookie = String(answer.headers['set-cookie']).split(';')[0]!;
  return { cookie, authorization: '', origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' };
};

/** For each operation that may change something, a request that is answered well. */
const WISHES: Record<string, () => Promise<Wish>> = {
  createSession: async () => ({ url: '/sessions', payload: { scenarioId: SCENARIO.id } }),
  endSession: async () => ({ url: `/sessions/${(await session())['sessionId']!}/end` }),
  refreshToken: async () => {
    const { sessionId, token } = await session();
    return { url: `/sessions/${sessionId!}/token`, headers: { authorization: `Bearer ${token!}` } };
  },
  eraseSession: async () => ({ url: `/sessions/${(await session())['sessionId']!}/data` }),
  deleteRecording: async () => ({ url: `/sessions/${(await session())['sessionId']!}/recording` }),
  createLearner: async () => ({ url: '/learners', payload: { displayName: 'Wren' } }),
  exportLearner: async () => ({ url: `/learners/${await learner()}/export` }),
  eraseLearner: async () => ({ url: `/learners/${await learner()}` }),
  createApiKey: async () => ({ url: '/api-keys', payload: { name: 'x', scopes: ['report:read'] } }),
  rotateApiKey: async () => ({ url: `/api-keys/${await apiKey()}/rotate`, payload: {} }),
  revokeApiKey: async () => ({ url: `/api-keys/${await apiKey()}` }),
  createWebhook: async () => ({
    ...{ url: '/webhooks', payload: { url: 'https://example.org', events: ['report.ready'] } },
  }),
  changeWebhook: async () => ({ url: `/webhooks/${await webhook()}`, payload: { active: true } }),
  deleteWebhook: async () => ({ url: `/webhooks/${await webhook()}` }),
  redeliverWebhook: async () => {
    const { id } = await made('/webhooks', {
      url: 'https://example.org',
      events: ['session.created'],
    });
    await session();
    const log = await send('GET', { url: `/webhooks/${id!}/deliveries` });
    const [told] = log.json<{ items: { id: string }[] }>().items;
    return { url: `/webhooks/${id!}/deliveries/${told!.id}/redeliver` };
  },
  createPerson: async () => ({
    url: '/people',
    payload: { email: 'new@example.org', displayName: 'New', role: 'learner', password: PASSWORD },
  }),
  changePerson: async () => ({
    ...{ url: `/people/${(await person()).id}`, payload: { displayName: 'Other' } },
  }),
  resetPassword: async () => ({ url: `/people/${(await person()).id}/reset-password` }),
  signIn: async () => ({
    ...{ url: '/auth/sign-in', payload: { email: (await person()).email, password: PASSWORD } },
  }),
  signOut: async () => ({ url: '/auth/sign-out', headers: await signedIn() }),
  changePassword: async () => ({
    ...{ url: '/auth/password', headers: await signedIn() },
    payload: { currentPassword: PASSWORD, newPassword: `${PASSWORD} and more` },
  }),
  createScenario: async () => {
    const { document } = await scenario();
    return { url: '/scenarios', payload: { scenario: { ...document, id: 'brand-new' } } };
  },
  addScenarioVersion: async () => {
    const { id, document } = await scenario();
    const payload = { scenario: { ...document, title: 'Another' } };
    return { url: `/scenarios/${id}/versions`, payload, headers: any };
  },
  publishScenario: async () => ({
    ...{
      url: `/scenarios/${(await scenario()).id}/publish`,
      payload: { version: 1 },
      headers: any,
    },
  }),
  archiveScenario: async () => ({ url: `/scenarios/${(await scenario()).id}`, headers: any }),
  importScenario: async () => ({
    ...{ url: '/scenarios/import', payload: YAML.replace(/^id: .*/mu, 'id: imported-one') },
    headers: { 'content-type': 'application/yaml', ...any },
  }),
  placeAvatar: async () => {
    const beat = { address: 'http://w:8093', capacity: 4, active: 0, cpu: 0.5, draining: false };
    await send('POST', { url: '/avatar-workers', payload: beat, headers: service });
    const payload = { livekitUrl: 'ws://localhost:7880', token: 'x'.repeat(40), avatar: 'ada' };
    return { url: '/avatars', payload, headers: service };
  },
};

const UNSAFE = ['post', 'put', 'patch', 'delete'];

it('the name of an operation says what is done to what', () => {
  expect(actionOf('createApiKey')).toBe('api-key.create');
  expect(actionOf('endSession')).toBe('session.end');
  expect(actionOf('odd')).toBeUndefined();
});

describe('every route that may change something', async () => {
  const { paths } = (await describeApi()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => UNSAFE.includes(method))
      .map(([method, { operationId }]) => ({ path, method, operationId })),
  );

  it('is met by this test', () => {
    const met = [...Object.keys(WISHES), ...UNCHANGING].sort();
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(met);
  });

  const changing = operations.filter(({ operationId }) => operationId in WISHES);
  it.each(changing)('$method $path writes one entry', async ({ method, operationId }) => {
    const wish = await WISHES[operationId]!();
    const requestId = `request-of-${operationId}`;
    const headers = { ...wish.headers, 'x-request-id': requestId };
    const answer = await send(method.toUpperCase() as Method, { ...wish, headers });
    expect(answer.statusCode, answer.body).toBeLessThan(300);
    const { items } = await signaling.records.audit.list({}, { limit: 20 });
    const written = items.filter((entry) => entry.requestId === requestId);
    expect(written.filter(({ action }) => !/\.(?:erased)$|^sign-in\.succeed$/u.test(action)).length)
      // A sign-in is the entry itself.
      .toBe(operationId === 'signIn' ? 0 : 1);
    expect(written.length).toBeGreaterThan(0);
    for (const { actor, action, target } of written) {
      expect(actor).not.toBe('');
      expect(action).toMatch(/^[a-z-]+(?:\.[a-z-]+)?$/u);
      expect(target, action).toBeTruthy();
    }
  });

  it('writes none where it was refused, or has done it before', async () => {
    const before = (await signaling.records.audit.list({}, { limit: 1 })).items[0]!.id;
    await send('DELETE', { url: '/learners/nobody' });
    const headers = { 'idempotency-key': 'a-key-of-an-embedder-0001' };
    const wish = { url: '/learners', payload: { displayName: 'Wren' }, headers };
    await send('POST', wish);
    await send('POST', wish);
    const { items } = await signaling.records.audit.list({}, { limit: 9 });
    const since = items.filter(({ id }) => id > before);
    expect(since.map(({ action }) => action)).toEqual(['learner.create']);
  });
});

describe('the list', () => {
  it('goes page by page and by who, what and to what', async () => {
    const id = await learner();
    await send('DELETE', { url: `/learners/${id}` });
    type Page = { items: { action: string; actor: string; requestId: string }[]; next: string };
    const about = await send('GET', { url: `/audit?target=${id}` });
    expect(about.json<Page>().items.map(({ action }) => action)).toEqual([
      ...['learner.erase', 'learner.erased', 'learner.create'],
    ]);
    const created = await send('GET', { url: `/audit?action=learner.create&target=${id}` });
    expect(created.json<Page>().items).toMatchObject([{ actor: 'owner' }]);
    expect((await send('GET', { url: '/audit?action=learner.cre' })).json<Page>().items).toEqual(
      [],
    );
    const learners = await send('GET', { url: '/audit?action=learner&limit=100' });
    expect(learners.json<Page>().items.length).toBeGreaterThan(2);
    expect((await send('GET', { url: '/audit?actor=nobody' })).json<Page>().items).toEqual([]);
    const future = new Date(Date.now() + 60_000).toISOString();
    expect((await send('GET', { url: `/audit?since=${future}` })).json<Page>().items).toEqual([]);
    const first = (await send('GET', { url: '/audit?limit=2' })).json<Page>();
    const second = (await send('GET', { url: `/audit?limit=2&cursor=${first.next}` })).json<Page>();
    const both = (await send('GET', { url: '/audit?limit=4' })).json<Page>();
    expect([...first.items, ...second.items]).toEqual(both.items);
  });

  it('is for admins', async () => {
    const refused = await send('GET', { url: '/audit', headers: await signedIn() });
    expect([401, 403]).toContain(refused.statusCode);
  });

  it('entries that come together are written together, and one that cannot be is told', async () => {
    const { audit } = signaling.records;
    const entry = { actor: 'test', action: 'test.many', target: null, requestId: null };
    const at = new Date();
    await Promise.all(Array.from({ length: 450 }, () => audit.add({ ...entry, createdAt: at })));
    const seen = await audit.list({ actor: 'test' }, { limit: 500 });
    expect(seen.items).toHaveLength(450);
    await expect(
      audit.add({ ...entry, actor: null as unknown as string, createdAt: at }),
    ).rejects.toThrow();
    await audit.add({ ...entry, createdAt: at });
  });
});

/**
 * Everything that a learner, an embedder or an operator tells the API is marked; then the whole log, at debug, is searched
 * for the marks. Requests that fail are part of it: errors like to quote.
 */
import { AccessToken } from 'livekit-server-sdk';
import { beforeAll, expect, it } from 'vitest';
import { MemoryAffinity } from '../affinity/memory-affinity.ts';
import { AffinityError, NOBODY, type SessionAffinity } from '../affinity/session-affinity.ts';
import { asDatabaseError } from '../data/database-error.ts';
import { LiveKitAgentRooms } from '../failover/agent-rooms.ts';
import { Failover } from '../failover/failover.ts';
import { emptyReport, KEYS, SCENARIO, testSignaling } from '../testing.ts';
import { loggedError } from './logged-error.ts';
import { spoken } from './testing-rows.ts';

const NAME = 'Wrenfieldmark';
const WORDS = 'xylophonemark';
const PASSWORD = 'passwordmark 0123456789';
const EMAIL = 'emailmark@example.org';

async function workerToken(sessionId: string): Promise<string> {
  const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'worker' });
  token.addGrant({ roomAdmin: true, room: `lesson_${sessionId}` });
  return token.toJwt();
}

let lines = '';
/** Secrets that are only known once they were made. */
const secrets: string[] = [];

const inner = new MemoryAffinity();
/** A store that quotes what it was given, and fails. */
let isStoreDown = false;
const affinity: SessionAffinity = {
  ...{
    claim: inner.claim.bind(inner),
    renew: inner.renew.bind(inner),
    read: inner.read.bind(inner),
    release: inner.release.bind(inner),
    forget: inner.forget.bind(inner),
    list: inner.list.bind(inner),
    kept: inner.kept.bind(inner),
    close: inner.close.bind(inner),
  },
  keep: (id, fence, text) =>
    isStoreDown
      ? Promise.reject(new AffinityError(new SyntaxError(`cannot keep ${text}`)))
      : inner.keep(id, fence, text),
};

beforeAll(async () => {
  const failover = new Failover({
    affinity,
    rooms: new LiveKitAgentRooms('ws://127.0.0.1:1', KEYS.apiKey, KEYS.apiSecret),
    metadata: () => Promise.resolve(undefined),
  });
  const signaling = await testSignaling({
    agents: { failover, affinity },
    logStream: { write: (line) => (lines += line) },
  });
  const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'owner' });
  token.addGrant({ roomList: true });
  const owner = { authorization: `Bearer ${await token.toJwt()}` };
  secrets.push(owner.authorization.slice('Bearer '.length), KEYS.apiSecret);

  const send = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    payload?: object | string,
    headers: Record<string, string> = {},
  ): Promise<Record<string, string>> => {
    const url = path.startsWith('/api') ? path : `/api/v1${path}`;
    const answer = await signaling.app.inject({
      ...{ method, url, headers: { ...owner, ...headers } },
      ...(payload === undefined ? {} : { payload }),
    });
    const isJson = String(answer.headers['content-type']).includes('json') && answer.body !== '';
    return isJson ? answer.json() : {};
  };

  const { id: learnerId } = await send('POST', '/learners', {
    displayName: NAME,
    externalId: `${NAME}-7`,
  });
  await send('POST', '/learners', { displayName: NAME, externalId: `${NAME}-7` });
  await send('GET', `/learners?externalId=${NAME}-7`);
  await send('POST', '/learners', { displayName: { first: NAME } });
  await send('POST', '/learners', `{"displayName": "${NAME}`, {
    'content-type': 'application/json',
  });
  await send('GET', `/learners?cursor=${NAME}`);

  const made = await send('POST', '/sessions', {
    scenarioId: SCENARIO.id,
    learnerName: NAME,
    learnerId,
  });
  const id = made['sessionId']!;
  secrets.push(made['token']!);
  const own = { authorization: `Bearer ${made['token']!}` };
  await send('POST', `/sessions/${id}/token`, undefined, own);
  await send('GET', `/sessions/${id}`, undefined, { authorization: `Bearer ${made['token']!}x` });
  await send('GET', `/sessions/${id}/recording/call.mp4?ticket=${made['token']!}`);
  await send('POST', '/sessions', { scenarioId: NAME, learnerName: NAME });
  signaling.rooms.down = true;
  await send('POST', '/sessions', { scenarioId: SCENARIO.id, learnerName: NAME });
  signaling.rooms.down = false;

  const worker = { authorization: `Bearer ${await workerToken(id)}` };
  secrets.push(worker.authorization.slice('Bearer '.length));
  await affinity.claim(id, 0, NOBODY);
  const checkpoint = { turns: [{ text: WORDS }], messages: [{ text: WORDS }] };
  const keep = `/api/internal/sessions/${id}/checkpoint?fence=1`;
  await send('PUT', keep, checkpoint, worker);
  expect(await inner.kept(id)).toContain(WORDS);
  isStoreDown = true;
  expect((await send('PUT', keep, checkpoint, worker))['code']).toBe('AFFINITY_UNREACHABLE');
  isStoreDown = false;
  await send('GET', keep, undefined, worker);
  const report = { ...emptyReport(id), strengths: [WORDS], transcript: [spoken(WORDS)] };
  const deliver = `/api/internal/sessions/${id}/report`;
  await send('PUT', deliver, { ...report, score: WORDS }, worker);
  await send('PUT', deliver, report, worker);
  expect((await send('GET', `/sessions/${id}/report`, undefined, own))['status']).toBe('ready');
  await send('GET', `/sessions/${id}/transcript`, undefined, own);

  const person = { email: EMAIL, displayName: NAME, role: 'learner', password: PASSWORD };
  const { id: personId } = await send('POST', '/people', person);
  await send('POST', '/people', person);
  await send('POST', '/auth/sign-in', { email: EMAIL, password: PASSWORD });
  await send('POST', '/auth/sign-in', { email: EMAIL, password: `${PASSWORD} wrong` });
  secrets.push((await send('POST', `/people/${personId!}/reset-password`))['password']!);
  const key = await send('POST', '/api-keys', { name: 'x', scopes: ['sessions:all'] });
  if (key['key'] !== undefined) {
    secrets.push(key['key']);
  }
  await send('GET', '/sessions', undefined, { authorization: `Bearer ${key['key']!}` });
  await send('GET', '/learners', undefined, { authorization: `Bearer ${key['key']!}` });
  await send('GET', '/sessions', undefined, { authorization: `Bearer ${key['key']!}x` });
  const hook = { url: 'https://example.org', events: ['report.ready'] };
  secrets.push((await send('POST', '/webhooks', hook))['secret']!);

  await send('POST', `/learners/${learnerId!}/export`);
  // Rows that somebody has damaged: reading them is a fault, and is told as one.
  await signaling.database.queries.execute(
    `update transcript_turns set spoken = replace(spoken, 'us1.', 'us1.') || 'AAAA'`,
  );
  await signaling.database.queries.execute(`update reports set document = '{"odd": "${WORDS}"}'`);
  expect((await send('GET', `/sessions/${id}/report`, undefined, own))['code']).toMatch(
    /DATA_UNREADABLE|INTERNAL/u,
  );
  await send('DELETE', `/learners/${learnerId!}`);
}, 120_000);

it('the log is there', () => {
  expect(lines.split('\n').length).toBeGreaterThan(60);
  expect(lines).toContain('incoming request');
  expect(lines).toContain('request refused');
});

it.each([NAME, WORDS, PASSWORD, EMAIL, 'emailmark', 'xylophone'])('%s is not in it', (mark) => {
  expect(lines.toLowerCase()).not.toContain(mark.toLowerCase());
});

it('no token, key, password or secret is in it, nor a part of one', () => {
  expect(secrets.length).toBeGreaterThanOrEqual(6);
  for (const [at, secret] of secrets.entries()) {
    expect(secret, String(at)).toBeTypeOf('string');
    expect(secret.length).toBeGreaterThan(11);
    expect(lines).not.toContain(secret);
    // The signature of a token, the random part of a key.
    expect(lines).not.toContain(secret.slice(-20));
  }
});

it('an error that quotes is told without its words', () => {
  const quoting = (): unknown => {
    try {
      return JSON.parse(`${WORDS} {`);
    } catch (error) {
      return error;
    }
  };
  const nested = new Error('kept', { cause: quoting() });
  const told = JSON.stringify([loggedError(nested), loggedError(quoting())]);
  expect(told).not.toContain(WORDS);
  expect(told).toContain('kept');
  expect(told).toContain('logs.test.ts');
  expect(asDatabaseError(nested)).toBeUndefined();
});

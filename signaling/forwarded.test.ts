/** Whose word signaling takes for who is calling and under which name: the proxy's, and nobody else's. */
import { expect, it } from 'vitest';
import type { CreateSessionResponse } from './api-types.ts';
import { SCENARIO, testSignaling } from './testing.ts';

const PROXY = '172.30.0.9';
const FORWARDED = {
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-host': 'talk.example.org',
  'x-forwarded-proto': 'https',
};

async function createFrom(remoteAddress: string): Promise<{ serverUrl: string; ip: string }> {
  const { app } = await testSignaling({ trustProxy: '127.0.0.1, 172.30.0.0/24' });
  let ip = '';
  app.addHook('onRequest', async (request) => {
    ip = request.ip;
  });
  const answer = await app.inject({
    method: 'POST',
    url: '/api/sessions',
    headers: { host: 'signaling:8080', ...FORWARDED },
    payload: { scenarioId: SCENARIO.id },
    remoteAddress,
  });
  return { serverUrl: answer.json<CreateSessionResponse>().serverUrl, ip };
}

it('the page is told to reach LiveKit under the name that the proxy was called by', async () => {
  await expect(createFrom(PROXY)).resolves.toEqual({
    serverUrl: 'wss://talk.example.org',
    ip: '203.0.113.7',
  });
});

it('the same headers from anybody else change nothing', async () => {
  await expect(createFrom('198.51.100.1')).resolves.toEqual({
    serverUrl: 'ws://signaling:8080',
    ip: '198.51.100.1',
  });
});

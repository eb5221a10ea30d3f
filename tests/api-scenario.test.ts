/** A scenario that no file has: made through the API, published, and spoken by the agent of the next call. */
import type { CreateSessionResponse } from '#signaling/api-types.ts';
import { AccessToken } from 'livekit-server-sdk';
import { readFile } from 'node:fs/promises';
import { afterEach, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { HeadlessLearner } from './headless-learner.ts';

const ID = 'made-by-the-api';
const FILE = new URL('../config/scenarios/first-interview.yaml', import.meta.url);

let call: Call | undefined;
let learner: HeadlessLearner | undefined;
afterEach(async () => {
  await learner?.close();
  await call?.end();
});

async function asOperator(
  path: string,
  method: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const token = new AccessToken(inject('apiKey'), inject('apiSecret'), { identity: 'operator' });
  token.addGrant({ roomList: true });
  return fetch(`${inject('pageUrl')}/api/v1${path}`, {
    method,
    headers: { ...headers, authorization: `Bearer ${await token.toJwt()}` },
    ...(body === undefined ? {} : { body }),
  });
}

it('is what the learner of the next call meets', async () => {
  const yaml = (await readFile(FILE, 'utf8'))
    .replace(/^id: .*/mu, `id: ${ID}`)
    .replace(/^title: .*/mu, 'title: Made by the API')
    .replace(
      /^opening:\n(?: {2}- .*\n)+/mu,
      'opening:\n  - Welcome to the lighthouse. Sit down.\n',
    );
  // The database of earlier runs may have it.
  const imported = await asOperator('/scenarios/import?publish=true', 'POST', yaml, {
    'content-type': 'application/yaml',
    'if-match': '*',
  });
  expect([200, 201]).toContain(imported.status);

  call = await Call.start(inject('pageUrl'), ID);
  expect((call.session satisfies CreateSessionResponse).scenario.title).toBe('Made by the API');
  learner = await HeadlessLearner.join(call.session);
  await learner.untilGreeted();
  expect(learner.captioned('avatar')).toContain('lighthouse');

  const report = await call.endAndReport();
  expect(report).toMatchObject({ scenarioId: ID, scenarioTitle: 'Made by the API' });
  const transcript = await call.ask('/transcript');
  expect(await transcript.json()).toMatchObject({
    turns: [{ speaker: 'avatar', text: expect.stringContaining('lighthouse') as string }],
  });
  const archived = await asOperator(`/scenarios/${ID}`, 'DELETE', undefined, { 'if-match': '*' });
  expect(archived.status).toBe(200);
});

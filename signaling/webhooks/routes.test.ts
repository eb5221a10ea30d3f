/** What an embedder does with their webhooks, through the API, with a real receiver. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SCENARIO } from '../testing.ts';
import { TestOperator } from '../testing-operator.ts';
import { guardedPost } from './guarded-post.ts';
import { WebhookSender } from './sender.ts';
import { Receiver } from './testing/receiver.ts';

interface Delivery {
  id: string;
  event: string;
  status: string;
  attempts: number;
  responseStatus: number | null;
  responseText: string | null;
  failure: string | null;
  durationMs: number | null;
}

let operator: TestOperator;
let ask: TestOperator['ask'];
let receiver: Receiver;
let hookId: string;
let allowPrivate: boolean;
const send = (): Promise<number> =>
  new WebhookSender({
    deliveries: operator.signaling.records.deliveries,
    post: (url, headers, body) => guardedPost(url, headers, body, { allowPrivate }),
    now: () => operator.now,
  }).sendDue();
const deliveries = async (): Promise<Delivery[]> =>
  (await ask<{ items: Delivery[] }>('GET', `/webhooks/${hookId}/deliveries`)).body.items;

beforeEach(async () => {
  allowPrivate = true;
  receiver = await Receiver.open();
  operator = await TestOperator.create();
  ask = operator.ask.bind(operator) as TestOperator['ask'];
  const made = await ask<{ id: string; secret: string }>('POST', '/webhooks', {
    ...{ url: receiver.url('/hook'), events: ['session.created', 'session.ended'] },
  });
  expect(made.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/u);
  hookId = made.body.id;
}, 120_000);
afterEach(() => receiver.close());

it('a session made and ended through the API is told, and told once more on request', async () => {
  const { body } = await ask<{ sessionId: string }>('POST', '/sessions', {
    scenarioId: SCENARIO.id,
  });
  expect(await send()).toBe(1);
  await ask('POST', `/sessions/${body.sessionId}/end`, {});
  receiver.answer = (answer) => {
    answer.writeHead(410).end('no more of this');
  };
  expect(await send()).toBe(1);
  // Both may be of one millisecond.
  const told = await deliveries();
  const of = (event: string): Delivery | undefined => told.find((one) => one.event === event);
  const [ended, created] = [of('session.ended'), of('session.created')];
  expect(created).toMatchObject({ event: 'session.created', status: 'delivered', attempts: 1 });
  expect(ended).toMatchObject({
    ...{ event: 'session.ended', status: 'failed', responseStatus: 410, failure: 'STATUS' },
    responseText: 'no more of this',
  });
  const hook = await ask('GET', `/webhooks/${hookId}`);
  expect(hook.body).toMatchObject({ active: false, stoppedBecause: 'gone' });

  const again = `/webhooks/${hookId}/deliveries/${ended!.id}/redeliver`;
  expect((await ask('POST', again)).body.code).toBe('WEBHOOK_INACTIVE');
  const active = await ask('PATCH', `/webhooks/${hookId}`, { active: true });
  expect(active.body).toMatchObject({ active: true, stoppedBecause: null, failingSince: null });
  expect(await ask('POST', again)).toMatchObject({ status: 202, body: { status: 'waiting' } });
  receiver.answer = (answer) => {
    answer.writeHead(200).end();
  };
  expect(await send()).toBe(1);
  const once = (await deliveries()).find(({ id }) => id === ended!.id);
  expect(once).toMatchObject({ status: 'delivered' });
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids).toEqual([created!.id, ended!.id, ended!.id]);
});

it('what is not there cannot be told again', async () => {
  const of = (hook: string, delivery: string) =>
    ask('POST', `/webhooks/${hook}/deliveries/${delivery}/redeliver`);
  expect((await of('hook_none', 'evt_none')).body.code).toBe('WEBHOOK_UNKNOWN');
  expect((await of(hookId, 'evt_none')).body.code).toBe('WEBHOOK_DELIVERY_UNKNOWN');
});

it('an address of this network is tried in vain unless it is allowed', async () => {
  allowPrivate = false;
  await ask('POST', '/sessions', { scenarioId: SCENARIO.id });
  await send();
  expect(receiver.received).toEqual([]);
  expect(await deliveries()).toMatchObject([
    { status: 'waiting', attempts: 1, responseStatus: null, failure: 'ADDRESS_PRIVATE' },
  ]);
});

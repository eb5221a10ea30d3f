import { beforeEach, describe, expect, it } from 'vitest';
import type { Problem } from '../api-types.ts';
import { SCENARIO, emptyReport } from '../testing.ts';
import { TestOperator, type Answer } from '../testing-operator.ts';

const KEY = 'a-key-of-an-embedder-0001';

let operator: TestOperator;
let ask: TestOperator['ask'];
beforeEach(async () => {
  operator = await TestOperator.create();
  ask = operator.ask.bind(operator) as TestOperator['ask'];
}, 120_000);

describe('sending again', () => {
  const again = { 'idempotency-key': KEY };
  const payload = { scenarioId: SCENARIO.id };

  it('a repeated session is the same one, with a fresh token and one room', async () => {
    const first = await ask<{ sessionId: string; token: string }>(
      'POST',
      '/sessions',
      payload,
      again,
    );
    const second = await ask<{ sessionId: string; token: string }>(
      'POST',
      '/sessions',
      payload,
      again,
    );
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.sessionId).toBe(first.body.sessionId);
    expect(second.body.token).toMatch(/^ey/u);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(operator.signaling.rooms.opened).toHaveLength(1);
  });

  it('the same key for something else is refused, and for somewhere else is another key', async () => {
    await ask('POST', '/sessions', payload, again);
    const other = await ask('POST', '/sessions', { ...payload, learnerName: 'Ada' }, again);
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await ask('POST', '/learners', { displayName: 'Ada' }, again)).status).toBe(201);
  });

  it('of requests at the same moment one runs', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => ask('POST', '/sessions', payload, again)),
    );
    const codes = answers.map(({ status, body }) => body.code ?? status);
    expect(codes.filter((code) => code !== 201 && code !== 'IDEMPOTENCY_KEY_BUSY')).toEqual([]);
    expect(operator.signaling.rooms.opened).toHaveLength(1);
  });

  it('a request that failed may be sent again with its key', async () => {
    operator.signaling.rooms.down = true;
    const failed = await ask('POST', '/sessions', payload, again);
    expect(failed.body.code).toBe('LIVEKIT_UNREACHABLE');
    operator.signaling.rooms.down = false;
    expect((await ask('POST', '/sessions', payload, again)).status).toBe(201);
  });

  it('an answer is kept for a day', async () => {
    const first = await ask<{ sessionId: string }>('POST', '/sessions', payload, again);
    operator.now = new Date(operator.now.getTime() + 24 * 3_600_000 + 1);
    const later = await ask<{ sessionId: string }>('POST', '/sessions', payload, again);
    expect(later.body.sessionId).not.toBe(first.body.sessionId);
  });

  it.each(['short', 'with spaces in the middle of it'])('the key "%s" is no key', async (key) => {
    const refused = await ask('POST', '/sessions', payload, { 'idempotency-key': key });
    expect(refused.body.code).toBe('IDEMPOTENCY_KEY_INVALID');
  });

  it('no secret is kept: not in what is replayed, not in the database', async () => {
    const wanted = { name: 'CI', scopes: ['sessions:create'] };
    const made = await ask<{ key: string }>('POST', '/api-keys', wanted, again);
    expect(made.body.key).toMatch(/^understudy_[\w-]{43}$/u);
    const replayed = await ask<{ key: string | null; id: string }>(
      'POST',
      '/api-keys',
      wanted,
      again,
    );
    expect(replayed.body.key).toBeNull();
    const stored = await operator.signaling.records.apiKeys.find(replayed.body.id);
    expect(JSON.stringify(stored)).not.toContain(made.body.key.slice(11));
    const hook = { url: 'https://example.org/x', events: ['report.ready'] };
    const secret = await ask<{ secret: string }>('POST', '/webhooks', hook, again);
    expect(secret.body.secret).toMatch(/^whsec_/u);
    expect((await ask<{ secret: null }>('POST', '/webhooks', hook, again)).body.secret).toBeNull();
  });
});

describe('learners', () => {
  it('are made, found by the embedder’s own name, and unique by it', async () => {
    const wanted = { displayName: 'Wren', externalId: 'crm-7' };
    const made = await ask<{ id: string }>('POST', '/learners', wanted);
    expect(made.status).toBe(201);
    expect((await ask('POST', '/learners', wanted)).body.code).toBe('LEARNER_EXISTS');
    const found = await ask<{ items: unknown[] }>('GET', '/learners?externalId=crm-7');
    expect(found.body.items).toEqual([made.body]);
    expect((await ask('GET', '/learners/nobody')).body.code).toBe('LEARNER_UNKNOWN');
  });

  it('have sessions and reports, which only operators see together', async () => {
    const { body: wren } = await ask<{ id: string }>('POST', '/learners', { displayName: 'Wren' });
    const payload = { scenarioId: SCENARIO.id, learnerId: wren.id };
    const anonymous = await operator.signaling.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload,
    });
    expect(anonymous.json<Problem>().code).toBe('TOKEN_MISSING');
    const { body: created } = await ask<{ sessionId: string }>('POST', '/sessions', payload);
    await ask('POST', '/sessions', { scenarioId: SCENARIO.id });
    expect(operator.signaling.rooms.opened[0]).toMatchObject({ learnerName: 'Wren' });
    const session = await operator.signaling.sessions.find(created.sessionId);
    await operator.signaling.sessions.receiveReport(session, emptyReport(created.sessionId));
    const theirs = await ask<{ items: { sessionId: string; endReason: string }[] }>(
      'GET',
      `/sessions?learnerId=${wren.id}&status=ended`,
    );
    expect(theirs.body.items).toMatchObject([
      { sessionId: created.sessionId, endReason: 'reported' },
    ]);
    const reports = await ask<{ items: unknown[] }>('GET', `/reports?learnerId=${wren.id}`);
    expect(reports.body.items).toMatchObject([
      { sessionId: created.sessionId, status: 'too_short' },
    ]);
    const unknown = await ask('POST', '/sessions', { ...payload, learnerId: 'nobody' });
    expect(unknown.body.code).toBe('LEARNER_UNKNOWN');
  });
});

describe('API keys', () => {
  it('are rotated with grace, revoked, and then spent', async () => {
    const { body: old } = await ask<{ id: string }>('POST', '/api-keys', {
      ...{ name: 'CI', scopes: ['sessions:create', 'report:read'] },
    });
    const rotated = await ask<{ id: string; key: string; scopes: string[] }>(
      'POST',
      `/api-keys/${old.id}/rotate`,
      { graceSeconds: 60 },
    );
    expect([rotated.status, rotated.body.scopes]).toEqual([
      201,
      ['sessions:create', 'report:read'],
    ]);
    expect((await ask('GET', `/api-keys/${old.id}`)).body).toMatchObject({
      ...{
        replacedBy: rotated.body.id,
        expiresAt: new Date(operator.now.getTime() + 60_000).toISOString(),
      },
    });
    expect((await ask('POST', `/api-keys/${old.id}/rotate`, {})).body.code).toBe('API_KEY_SPENT');
    expect((await ask('DELETE', `/api-keys/${rotated.body.id}`)).status).toBe(204);
    expect((await ask('POST', `/api-keys/${rotated.body.id}/rotate`, {})).body.code).toBe(
      'API_KEY_SPENT',
    );
    expect((await ask('DELETE', '/api-keys/none')).body.code).toBe('API_KEY_UNKNOWN');
  });

  it('do not begin in the past, and hold known scopes', async () => {
    const past = { name: 'x', scopes: ['sessions:create'], expiresAt: '2020-01-01T00:00:00Z' };
    expect((await ask('POST', '/api-keys', past)).body.code).toBe('BODY_INVALID');
    expect((await ask('POST', '/api-keys', { name: 'x', scopes: ['everything'] })).status).toBe(
      400,
    );
  });
});

describe('webhooks', () => {
  it('are made, changed, removed, with a log of what was told', async () => {
    const { body: hook } = await ask<{ id: string }>('POST', '/webhooks', {
      ...{ url: 'https://example.org/hook', events: ['report.ready', 'report.ready'] },
    });
    const changed = await ask('PATCH', `/webhooks/${hook.id}`, { active: false });
    expect(changed.body).toMatchObject({ active: false, events: ['report.ready'] });
    expect(changed.body).not.toHaveProperty('secret');
    await operator.signaling.records.webhooks.addDelivery({
      ...{ id: 'told-1', webhookId: hook.id, event: 'report.ready', sessionId: null, payload: {} },
      ...{ status: 'failed', attempts: 3, responseStatus: 500, nextAttemptAt: null },
      ...{ createdAt: operator.now, deliveredAt: null, attemptedAt: operator.now },
      ...{ durationMs: 12, failure: 'STATUS', responseText: null },
    });
    const log = await ask<{ items: unknown[] }>('GET', `/webhooks/${hook.id}/deliveries`);
    expect(log.body.items).toMatchObject([{ id: 'told-1', status: 'failed', attempts: 3 }]);
    expect((await ask('DELETE', `/webhooks/${hook.id}`)).status).toBe(204);
    expect((await ask('GET', `/webhooks/${hook.id}/deliveries`)).body.code).toBe('WEBHOOK_UNKNOWN');
  });

  it.each(['ftp://example.org', 'javascript:alert(1)', 'example'])(
    'tell nobody at %s',
    async (url) => {
      expect((await ask('POST', '/webhooks', { url, events: ['report.ready'] })).status).toBe(400);
    },
  );
});

describe('lists', () => {
  it('go page by page', async () => {
    for (let index = 0; index < 5; index += 1) {
      operator.now = new Date(operator.now.getTime() + 1_000);
      await ask('POST', '/learners', { displayName: `Learner ${String(index)}` });
    }
    const names: string[] = [];
    let cursor = '';
    do {
      const page: Answer<{ items: { displayName: string }[]; next: string | null }> = await ask(
        'GET',
        `/learners?limit=2${cursor}`,
      );
      names.push(...page.body.items.map(({ displayName }) => displayName));
      cursor = page.body.next === null ? '' : `&cursor=${page.body.next}`;
    } while (cursor !== '');
    expect(names).toEqual([4, 3, 2, 1, 0].map((index) => `Learner ${String(index)}`));
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'status=asleep'])(
    '%s is told with REQUEST_INVALID',
    async (query) => {
      const refused = await ask('GET', `/sessions?${query}`);
      expect([refused.status, refused.body.code]).toEqual([400, 'REQUEST_INVALID']);
    },
  );
});

describe('sessions', () => {
  it('are read by their learner and by operators, and by no other learner', async () => {
    const [one, other] = [
      await ask<{ sessionId: string; token: string }>('POST', '/sessions', {
        scenarioId: SCENARIO.id,
      }),
      await ask<{ sessionId: string; token: string }>('POST', '/sessions', {
        scenarioId: SCENARIO.id,
      }),
    ];
    const path = `/sessions/${one.body.sessionId}`;
    expect((await ask('GET', path)).body).toMatchObject({ status: 'live', scenarioVersion: 1 });
    const own = { authorization: `Bearer ${one.body.token}` };
    expect((await ask('GET', path, undefined, own)).status).toBe(200);
    const theirs = { authorization: `Bearer ${other.body.token}` };
    expect((await ask('GET', path, undefined, theirs)).body.code).toBe('TOKEN_FOR_OTHER_SESSION');
    expect((await ask('GET', '/sessions', undefined, own)).body.code).toBe('TOKEN_INVALID');
  });

  it('whose room is gone twice in a row have ended', async () => {
    const { body } = await ask<{ sessionId: string }>('POST', '/sessions', {
      scenarioId: SCENARIO.id,
    });
    operator.now = new Date(operator.now.getTime() + 60_000);
    await operator.signaling.sessions.reconcile();
    await operator.signaling.sessions.reconcile();
    expect((await operator.signaling.sessions.find(body.sessionId)).endedAt).toBeNull();
    operator.signaling.rooms.closed.push(body.sessionId);
    await operator.signaling.sessions.reconcile();
    expect((await operator.signaling.sessions.find(body.sessionId)).endedAt).toBeNull();
    await operator.signaling.sessions.reconcile();
    expect(await operator.signaling.sessions.find(body.sessionId)).toMatchObject({
      endReason: 'lost',
    });
  });
});

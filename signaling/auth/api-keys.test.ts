import { beforeEach, describe, expect, it } from 'vitest';
import { emptyReport, SCENARIO } from '../testing.ts';
import { TestOperator, type Answer } from '../testing-operator.ts';
import { auditLog } from '../data/schema.ts';
import { TestBrowser } from './testing-browser.ts';

interface Made {
  id: string;
  key: string;
}

let owner: TestOperator;
beforeEach(async () => {
  owner = await TestOperator.create();
}, 60_000);

const make = async (scopes: string[], more: object = {}): Promise<Made> => {
  const made = await owner.ask<Made & Record<string, unknown>>('POST', '/api-keys', {
    ...{ name: 'shop', scopes },
    ...more,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
};

const ask = <Body = Record<string, unknown>>(
  { key }: { key: string },
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  payload?: object,
): Promise<Answer<Body>> =>
  owner.ask<Body>(method, path, payload, { authorization: `Bearer ${key}` });

const start = async (key: Made): Promise<string> => {
  const made = await ask<{ sessionId: string }>(key, 'POST', '/sessions', {
    scenarioId: SCENARIO.id,
  });
  expect(made.status).toBe(201);
  return made.body.sessionId;
};

const denied = async (): Promise<{ actor: string; target: string | null; details: unknown }[]> => {
  const rows = await owner.signaling.database.queries.select().from(auditLog);
  return rows.filter(({ action }) => action === 'api-key.denied');
};

const later = (ms: number): void => {
  owner.now = new Date(owner.now.getTime() + ms);
};

describe('a key', () => {
  it('opens what its scopes say, and tells which scope is missing', async () => {
    const key = await make(['learners:read']);
    expect((await ask(key, 'GET', '/learners')).status).toBe(200);
    const refused = await ask(key, 'POST', '/learners', { displayName: 'Wren' });
    expect([refused.status, refused.body.code]).toEqual([403, 'SCOPE_MISSING']);
    expect(refused.body.detail).toContain('learners:write');
    expect((await ask(key, 'GET', '/people')).body.detail).toBe('No key opens this.');
    // Anybody may start a session here; a key that has not been given that may not.
    const session = await ask(key, 'POST', '/sessions', { scenarioId: SCENARIO.id });
    expect(session.body.code).toBe('SCOPE_MISSING');
  });

  it('nobody has made opens nothing, not even what needs no token', async () => {
    const refused = await ask({ key: 'understudy_x' }, 'GET', '/catalogue');
    expect([refused.status, refused.body.code]).toEqual([401, 'KEY_INVALID']);
  });

  it('is over when it is revoked, when it expires, and after the grace of its rotation', async () => {
    const revoked = await make(['learners:read']);
    await owner.ask('DELETE', `/api-keys/${revoked.id}`);
    expect((await ask(revoked, 'GET', '/learners')).body.code).toBe('KEY_REVOKED');

    const expiresAt = new Date(owner.now.getTime() + 60_000).toISOString();
    const expiring = await make(['learners:read'], { expiresAt });
    const rotated = await make(['learners:read']);
    const next = await owner.ask<Made & Record<string, unknown>>(
      'POST',
      `/api-keys/${rotated.id}/rotate`,
      { graceSeconds: 60 },
    );
    later(59_000);
    expect((await ask(expiring, 'GET', '/learners')).status).toBe(200);
    expect((await ask(rotated, 'GET', '/learners')).status).toBe(200);
    later(1_000);
    expect((await ask(expiring, 'GET', '/learners')).body.code).toBe('KEY_EXPIRED');
    expect((await ask(rotated, 'GET', '/learners')).body.code).toBe('KEY_REPLACED');
    expect((await ask(next.body, 'GET', '/learners')).status).toBe(200);
  });

  it('has its use noted, to the minute', async () => {
    const key = await make(['learners:read']);
    const used = async (): Promise<string | undefined> =>
      (await owner.signaling.records.apiKeys.find(key.id))?.lastUsedAt?.toISOString();
    expect(await used()).toBeUndefined();
    await ask(key, 'GET', '/learners');
    const first = owner.now.toISOString();
    expect(await used()).toBe(first);
    later(59_999);
    await ask(key, 'GET', '/learners');
    expect(await used()).toBe(first);
    later(1);
    await ask(key, 'GET', '/learners');
    expect(await used()).toBe(owner.now.toISOString());
  });

  it('that is refused stands in the audit log, once a minute', async () => {
    const key = await make(['learners:read']);
    await ask(key, 'GET', '/reports');
    await ask(key, 'GET', '/reports');
    await ask({ key: 'understudy_x' }, 'GET', '/reports');
    await ask({ key: 'understudy_y' }, 'GET', '/reports');
    const details = (code: string): object => ({ code, permission: 'reports:list' });
    expect(await denied()).toMatchObject([
      { actor: `key:${key.id}`, target: key.id, details: details('SCOPE_MISSING') },
      { actor: 'anyone', target: null, details: details('KEY_INVALID') },
    ]);
    later(60_000);
    await ask(key, 'GET', '/reports');
    expect(await denied()).toHaveLength(3);
  });
});

describe('sessions of an embedder', () => {
  it('are read and ended by the key that made them, and by no other', async () => {
    const ours = await make(['sessions:create', 'report:read']);
    const theirs = await make(['sessions:create', 'report:read']);
    const sessionId = await start(ours);
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/report'],
      ['GET', '/transcript'],
      ['POST', '/token'],
      ['POST', '/end'],
    ] as const) {
      const path = `/sessions/${sessionId}${rest}`;
      const refused = await ask(theirs, method, path);
      expect([refused.status, refused.body.code], path).toEqual([403, 'SESSION_OF_OTHERS']);
      expect((await ask(ours, method, path)).status, path).toBeLessThan(300);
    }
    // Whether there is such a session cannot be found out.
    const unknown = await ask(theirs, 'GET', '/sessions/no-such-session');
    expect(unknown.body.code).toBe('SESSION_OF_OTHERS');
    const anonymous = await ask(ours, 'GET', `/sessions/${await sessionOfAnyone()}`);
    expect(anonymous.body.code).toBe('SESSION_OF_OTHERS');
  });

  it('remain those of a key that takes the place of theirs', async () => {
    const old = await make(['sessions:create']);
    const sessionId = await start(old);
    const { body: next } = await owner.ask<Made & Record<string, unknown>>(
      'POST',
      `/api-keys/${old.id}/rotate`,
      {},
    );
    expect((await ask(next, 'GET', `/sessions/${sessionId}`)).status).toBe(200);
  });

  it('are all open to a key whose scopes say all', async () => {
    const all = await make(['sessions:all', 'reports:all']);
    const sessionId = await sessionOfAnyone();
    const session = await owner.signaling.sessions.find(sessionId);
    await owner.signaling.sessions.receiveReport(session, emptyReport(sessionId));
    expect((await ask(all, 'GET', `/sessions/${sessionId}/report`)).status).toBe(200);
    const listed = await ask<{ items: object[] }>(all, 'GET', '/sessions');
    expect(listed.body.items).toMatchObject([{ sessionId }]);
    expect((await ask(all, 'POST', `/sessions/${sessionId}/token`)).body.code).toBe(
      'SCOPE_MISSING',
    );
  });
});

describe('nobody gives away more than they have', () => {
  it('an operator makes and rotates no key that reads what learners said', async () => {
    const { browser } = await TestBrowser.as(owner.signaling, 'operator');
    const wanted = { name: 'mine', scopes: ['sessions:create', 'reports:all'] };
    const refused = await browser.ask('POST', '/api-keys', wanted);
    expect([refused.status, refused.body.code]).toEqual([403, 'SCOPE_BEYOND']);
    expect(refused.body.detail).toContain('reports:all');
    const theirs = await make(['report:read']);
    const rotated = await browser.ask('POST', `/api-keys/${theirs.id}/rotate`, {});
    expect(rotated.body.code).toBe('SCOPE_BEYOND');
    expect((await browser.ask('DELETE', `/api-keys/${theirs.id}`)).status).toBe(204);
    const modest = await browser.ask('POST', '/api-keys', { ...wanted, scopes: ['sessions:all'] });
    expect(modest.status).toBe(201);
  });

  it('an admin makes every key', async () => {
    const { SCOPE_NAMES } = await import('./scopes.ts');
    const { browser } = await TestBrowser.as(owner.signaling, 'admin');
    const made = await browser.ask('POST', '/api-keys', { name: 'all', scopes: SCOPE_NAMES });
    expect(made.status).toBe(201);
  });
});

async function sessionOfAnyone(): Promise<string> {
  const payload = { scenarioId: SCENARIO.id };
  const made = await owner.signaling.app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    payload,
  });
  return made.json<{ sessionId: string }>().sessionId;
}

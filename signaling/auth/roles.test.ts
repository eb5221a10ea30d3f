import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS, type Permission } from '../authority.ts';
import { describeApi } from '../describe-api.ts';
import { emptyReport, SCENARIO, testSignaling } from '../testing.ts';
import { ROLE_NAMES, ROLES, type Role } from './roles.ts';
import { SCOPE_NAMES, SCOPES, type Scope } from './scopes.ts';
import { TestBrowser } from './testing-browser.ts';

interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`, with the id of a session of somebody else. */
  path: string;
  permission: Permission;
}
interface Description {
  paths: Record<string, Record<string, { 'x-permission'?: Permission }>>;
}

let signaling: Awaited<ReturnType<typeof testSignaling>>;
let routes: Route[];
let othersId: string;

beforeAll(async () => {
  signaling = await testSignaling();
  const payload = { scenarioId: SCENARIO.id };
  const made = await signaling.app.inject({ method: 'POST', url: '/api/v1/sessions', payload });
  othersId = made.json<{ sessionId: string }>().sessionId;
  const { paths } = (await describeApi()) as Description;
  routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { 'x-permission': permission }]) =>
      permission === undefined || permission === 'sign-in:use'
        ? []
        : [
            {
              method: method.toUpperCase() as Route['method'],
              path: path
                .replace('/api/v1', '')
                .replace('{id}', othersId)
                .replaceAll(/\{\w+\}/gu, '1'),
              permission,
            },
          ],
    ),
  );
}, 120_000);

/** Nothing is sent that a route would take: what comes after the door is refused as nonsense, or is a read. */
const NOTHING = { no: 'such field' };
const bodyOf = ({ method }: Route): object | undefined => (method === 'GET' ? undefined : NOTHING);
/** Routes without a body do what they are asked. */
const isHarmless = ({ method, path }: Route): boolean =>
  method !== 'DELETE' && !path.endsWith('/end');

const isOfOneSession = (permission: Permission): boolean =>
  ['own', 'current', 'ticket'].includes(PERMISSIONS[permission].token);

describe.each(ROLE_NAMES)('on every route, somebody who is %s', (role) => {
  it('is let in where the table says so, and nowhere else', async () => {
    const { browser } = await TestBrowser.as(signaling, role, `${role}-everywhere`);
    for (const route of routes) {
      const reach = ROLES[role][route.permission];
      if (reach === 'all' && !isHarmless(route)) {
        continue;
      }
      const answer = await browser.ask(route.method, route.path, bodyOf(route));
      const { code } = answer.body;
      const where = `${role} ${route.method} ${route.path} ${String(code)}`;
      if (reach === undefined) {
        expect(code, where).toBe('ROLE_INSUFFICIENT');
      } else if (reach === 'own' && isOfOneSession(route.permission)) {
        expect(code, where).toBe('SESSION_OF_OTHERS');
      } else {
        expect(answer.status, where).not.toBe(401);
        expect(answer.status, where).not.toBe(403);
      }
    }
  });
});

describe.each(SCOPE_NAMES)('on every route, a key with %s', (scope: Scope) => {
  it('is let in where the table says so, and nowhere else', async () => {
    const { browser: admin } = await TestBrowser.as(signaling, 'admin', `admin-${scope}`);
    const wanted = { name: scope, scopes: [scope] };
    const { body } = await admin.ask<{ key: string }>('POST', '/api-keys', wanted);
    const key = new TestBrowser(signaling);
    key.headers = { authorization: `Bearer ${body.key}` };
    const opened: Readonly<Partial<Record<Permission, string>>> = SCOPES[scope];
    for (const route of routes.filter(({ permission }) => permission !== 'catalogue:read')) {
      const reach = opened[route.permission];
      if (reach === 'all' && !isHarmless(route)) {
        continue;
      }
      const answer = await key.ask(route.method, route.path, bodyOf(route));
      const { code } = answer.body;
      const where = `${scope} ${route.method} ${route.path} ${String(code)}`;
      if (reach === undefined) {
        expect(code, where).toBe('SCOPE_MISSING');
      } else if (reach === 'own' && isOfOneSession(route.permission)) {
        expect(code, where).toBe('SESSION_OF_OTHERS');
      } else {
        expect(answer.status, where).not.toBe(401);
        expect(answer.status, where).not.toBe(403);
      }
    }
  });
});

describe('a learner', () => {
  it('sees their own sessions, report and transcript, and nobody else’s in any list', async () => {
    const { browser, learnerId } = await TestBrowser.as(signaling, 'learner', 'wren');
    const made = await browser.ask<{ sessionId: string }>('POST', '/sessions', {
      scenarioId: SCENARIO.id,
    });
    const { sessionId } = made.body;
    const session = await signaling.sessions.find(sessionId);
    expect(session.learnerId).toBe(learnerId);
    await signaling.sessions.receiveReport(session, emptyReport(sessionId));
    await signaling.sessions.receiveReport(
      await signaling.sessions.find(othersId),
      emptyReport(othersId),
    );
    for (const list of ['/sessions', '/reports']) {
      const { body } = await browser.ask<{ items: { sessionId: string }[] }>('GET', list);
      expect(
        body.items.map((item) => item.sessionId),
        list,
      ).toEqual([sessionId]);
    }
    for (const rest of ['', '/report', '/transcript']) {
      expect((await browser.ask('GET', `/sessions/${sessionId}${rest}`)).status).toBe(200);
    }
    const { browser: instructor } = await TestBrowser.as(signaling, 'instructor', 'ines');
    const { body: all } = await instructor.ask<{ items: unknown[] }>('GET', '/reports');
    expect(all.items).toHaveLength(2);
  });

  it('sees sessions that somebody else began for them', async () => {
    const { browser, learnerId } = await TestBrowser.as(signaling, 'learner', 'robin');
    const session = await signaling.sessions.create({
      ...{ scenarioId: SCENARIO.id, learnerName: 'Robin', createdBy: 'owner' },
      learnerId: learnerId!,
    });
    expect((await browser.ask('GET', `/sessions/${session.sessionId}`)).status).toBe(200);
  });

  it('begins no session as another learner', async () => {
    const { browser } = await TestBrowser.as(signaling, 'learner', 'jay');
    const refused = await browser.ask('POST', '/sessions', {
      ...{ scenarioId: SCENARIO.id, learnerId: 'learner_of_others' },
    });
    expect(refused.body.code).toBe('ROLE_INSUFFICIENT');
  });
});

it('an operator opens nothing of what learners said, as long as the table is edited', () => {
  const said = /^(?:reports?|transcript|recordings?):|^session:token$/u;
  expect(Object.keys(ROLES.operator).filter((permission) => said.test(permission))).toEqual([]);
});

it('an observer’s token opens nothing here, though it is for the room', async () => {
  const { token } = await signaling.tokens.issueForObserver(othersId);
  const observer = new TestBrowser(signaling);
  observer.headers = { authorization: `Bearer ${token}` };
  for (const [method, rest] of [
    ['POST', '/token'],
    ['POST', '/end'],
    ['GET', ''],
    ['GET', '/report'],
  ] as const) {
    const answer = await observer.ask(method, `/sessions/${othersId}${rest}`);
    expect([rest, answer.status, answer.body.code]).toEqual([rest, 401, 'TOKEN_INVALID']);
  }
});

it('docs/api.md has both tables', async () => {
  const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
  const lines = page.split('\n').map((line) => line.replaceAll(/\s+/gu, ' '));
  const cell = (role: Role, permission: Permission): string => ROLES[role][permission] ?? '–';
  for (const permission of Object.keys(PERMISSIONS) as Permission[]) {
    const { roles, scopes } = PERMISSIONS[permission];
    if (roles.length + scopes.length === 0 || permission === 'catalogue:read') {
      continue;
    }
    const byRole = ROLE_NAMES.map((role) => cell(role, permission)).join(' | ');
    const byScope = scopes.map(({ scope, reach }) => `\`${scope}\` ${reach}`).join(', ') || '–';
    expect(lines).toContain(`| \`${permission}\` | ${byRole} | ${byScope} |`);
  }
});

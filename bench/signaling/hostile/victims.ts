/** Things that exist, so that a guard that fails is seen: sessions, a learner, keys, a webhook. */
import type { CredentialKeys } from './credentials.ts';
import type { Things } from './targets.ts';

/** Asks the API as its owner; `path` is below `/api/v1`. Rejects where the answer is no good one. */
export type AskAsOwner = (method: string, path: string, body?: object) => Promise<unknown>;

/** Of the people that are made. */
export const PASSWORD = 'a long enough password of the bench';
const SCENARIO_ID = 'first-interview';

export interface Victims {
  keys: CredentialKeys;
  things: Things;
  /** Names of learners, beginning so, for whom sessions were made. */
  learnersLike: (beginning: string) => Promise<string[]>;
}

export async function prepareVictims(
  ask: AskAsOwner,
  keys: { apiKey: string; apiSecret: string },
): Promise<Victims> {
  const make = async (path: string, body: object): Promise<Record<string, string>> =>
    (await ask('POST', path, body)) as Record<string, string>;
  const session = await make('/sessions', { scenarioId: SCENARIO_ID });
  const other = await make('/sessions', { scenarioId: SCENARIO_ID });
  const learner = await make('/learners', { displayName: 'Wren' });
  const scopes = ['learners:read'];
  const good = await make('/api-keys', { name: 'learners', scopes });
  const revoked = await make('/api-keys', {
    name: 'revoked',
    scopes: ['scenarios:write', 'scenarios:read'],
  });
  await ask('DELETE', `/api-keys/${revoked['id'] ?? ''}`);
  const hook = await make('/webhooks', { url: 'https://example.org', events: ['report.ready'] });
  for (const role of ['learner', 'operator', 'admin'] as const) {
    await make('/people', {
      ...{ email: `${role}@example.org`, displayName: role, role },
      password: PASSWORD,
    });
  }
  const of = (made: Record<string, string>, field: string): string => made[field] ?? '';
  return {
    keys: {
      ...keys,
      sessionId: of(session, 'sessionId'),
      otherSessionId: of(other, 'sessionId'),
      revokedKey: of(revoked, 'key'),
      learnersKey: of(good, 'key'),
    },
    things: {
      sessions: [of(session, 'sessionId'), of(other, 'sessionId')],
      scenarios: [SCENARIO_ID],
      learners: [of(learner, 'id')],
      'api-keys': [of(good, 'id'), of(revoked, 'id')],
      webhooks: [of(hook, 'id')],
    },
    learnersLike: async (beginning) => {
      const { items } = (await ask('GET', '/sessions?limit=100')) as {
        items: { learnerName: string }[];
      };
      return items.flatMap(({ learnerName }) =>
        learnerName.startsWith(beginning) ? [learnerName] : [],
      );
    },
  };
}

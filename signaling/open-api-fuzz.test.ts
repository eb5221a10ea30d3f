import fc from 'fast-check';
import { AccessToken } from 'livekit-server-sdk';
import { beforeAll, expect, it } from 'vitest';
import type { Problem } from './api-types.ts';
import { describeApi } from './describe-api.ts';
import { PROBLEMS } from './problems.ts';
import { KEYS, SCENARIO, emptyReport, testSignaling } from './testing.ts';
import { allowed, damaged, STRANGE, type JsonSchema } from './testing-schema.ts';

/** Of the list: no answer of ours is a fault, whatever is sent. */
const REQUESTS = 2_400;
/** What an overloaded or half-started system answers on purpose. */
const ON_PURPOSE = ['SESSIONS_FULL', 'AVATARS_FULL'];

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: JsonSchema;
}
interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, unknown>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema> };
}
interface Sent {
  operation: Operation;
  method: string;
  url: string;
  headers: Record<string, string>;
  payload: string | undefined;
}

let signaling: Awaited<ReturnType<typeof testSignaling>>;
let description: Description;
let tokens: string[];
let ids: string[];

const token = (grant: object): Promise<string> => {
  const made = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'somebody' });
  made.addGrant(grant);
  return made.toJwt();
};

beforeAll(async () => {
  description = (await describeApi()) as Description;
  signaling = await testSignaling({
    maxSessions: 100,
    sendToWorker: () => Promise.reject(new Error('nobody there')),
  });
  const operator = { authorization: `Bearer ${await token({ roomList: true, roomAdmin: true })}` };
  const make = async (path: string, payload: object): Promise<Record<string, string>> => {
    const url = `/api/v1${path}`;
    const answer = await signaling.app.inject({ method: 'POST', url, headers: operator, payload });
    expect(answer.statusCode).toBe(201);
    return answer.json();
  };
  const session = await make('/sessions', { scenarioId: SCENARIO.id });
  const over = await make('/sessions', { scenarioId: SCENARIO.id });
  await signaling.sessions.receiveReport(
    await signaling.sessions.find(over['sessionId']!),
    emptyReport(over['sessionId']!),
  );
  const learner = await make('/learners', { displayName: 'Wren' });
  const key = await make('/api-keys', { name: 'x', scopes: ['sessions:all'] });
  const hook = await make('/webhooks', { url: 'https://example.org', events: ['report.ready'] });
  ids = [
    ...[session['sessionId']!, over['sessionId']!, SCENARIO.id],
    ...[learner['id']!, key['id']!, hook['id']!],
  ];
  tokens = [
    ...[operator.authorization.slice('Bearer '.length), session['token']!, over['token']!],
    ...[await token({ roomAdmin: true }), await token({ roomAdmin: true, room: 'lesson_x' })],
    'ey.no.token',
  ];
}, 120_000);

/** Any text as a header takes it. */
const headerText = fc
  .string({ maxLength: 40 })
  .map((text) => text.replaceAll(/[^\x20-\x7e]/gu, ''));

/** A request to one of the routes: mostly well made, in part not. */
function request(): fc.Arbitrary<Sent> {
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
  return fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const { schemas } = description.components;
    const given = operation.parameters ?? [];
    const inPath = given.filter((one) => one.in === 'path');
    const values = inPath.map(() =>
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...idsOf(path)) },
        { weight: 2, arbitrary: fc.constantFrom(...ids) },
        { weight: 1, arbitrary: fc.constantFrom('1', '2', '0', '99999999999', 'call.mp4', '%00') },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }) },
      ),
    );
    const query = fc.record(
      Object.fromEntries(
        given
          .filter((one) => one.in === 'query')
          .map(({ name, schema }) => [
            name,
            fc.oneof(allowed(schema, schemas), fc.constantFrom(...ids), STRANGE),
          ]),
      ),
      { requiredKeys: [] },
    );
    const headers = fc.record(
      {
        authorization: fc.oneof(
          { weight: 12, arbitrary: fc.constant(`Bearer ${tokens[0]!}`) },
          { weight: 6, arbitrary: fc.constantFrom(...tokens).map((one) => `Bearer ${one}`) },
          { weight: 1, arbitrary: headerText },
        ),
        'if-match': fc.oneof(fc.constantFrom('*', '"1"', '"2"', '"99999999999"'), headerText),
        'idempotency-key': fc.oneof(
          fc.constantFrom('the-same-key-again-1', 'the-same-key-again-2'),
          headerText,
        ),
        range: fc.oneof(fc.constantFrom('bytes=0-1', 'bytes=-0', 'bytes=9-'), headerText),
        'x-request-id': headerText,
        'x-forwarded-host': headerText,
      },
      { requiredKeys: [] },
    );
    const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
    const valid = media === undefined ? fc.constant(undefined) : allowed(media.schema, schemas);
    const body = fc.oneof(
      { weight: 6, arbitrary: valid.map((value) => textOf(value, type)) },
      { weight: 4, arbitrary: damaged(valid).map((value) => textOf(value, type)) },
      { weight: 1, arbitrary: fc.constantFrom('{', '[', 'null', '{"__proto__":{}}', '&a [*a]') },
    );
    const sentType = fc.oneof(
      { weight: 9, arbitrary: fc.constant(type ?? 'application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'nonsense', '') },
    );
    return fc
      .tuple(fc.tuple(...values), query, headers, body, sentType)
      .map(([parts, search, head, payload, contentType]) => {
        const address = inPath.reduce(
          (whole, { name }, index) =>
            whole.replace(`{${name}}`, encodeURIComponent(wellFormed(parts[index] as string))),
          path,
        );
        const asked = new URLSearchParams(
          Object.entries(search).map(([name, value]) => [name, wellFormed(wordOf(value))]),
        );
        const carries = media !== undefined && payload !== undefined;
        return {
          operation,
          method: method.toUpperCase(),
          url: `${address}?${asked.toString()}`,
          headers: { ...head, ...(carries ? { 'content-type': contentType } : {}) },
          payload: carries ? payload : undefined,
        };
      });
  });
}

/** Ids of things that are at this address. */
const idsOf = (path: string): string[] => {
  const [sessionId, overId, scenarioId, learnerId, keyId, hookId] = ids as [
    ...[string, string, string, string, string, string],
  ];
  const byResource: Record<string, string[]> = {
    ...{ sessions: [sessionId, overId], scenarios: [scenarioId], learners: [learnerId] },
    ...{ 'api-keys': [keyId], webhooks: [hookId] },
  };
  return byResource[path.split('/')[3] ?? ''] ?? ids;
};

const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const textOf = (value: unknown, type: string | undefined): string | undefined =>
  type === 'application/yaml' && typeof value === 'string' ? value : JSON.stringify(value);

it('whatever is sent, each answer is one that the route tells of, and none is a fault', async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(request(), async ({ operation, method, url, headers, payload }) => {
      const answer = await signaling.app.inject({
        method: method as 'GET',
        url,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      const { statusCode: status } = answer;
      const group = `${operation.operationId} ${String(status)}`;
      seen.set(group, (seen.get(group) ?? 0) + 1);
      if (status < 400) {
        expect(Object.keys(operation.responses), group).toContain(String(status));
        return;
      }
      expect(answer.headers['content-type'], group).toMatch(/^application\/problem\+json/u);
      const problem = answer.json<Problem>();
      expect(Object.keys(PROBLEMS)).toContain(problem.code);
      expect(status >= 500 && !ON_PURPOSE.includes(problem.code) ? problem : 'good').toBe('good');
      // An address that was damaged may be no address of ours.
      if (problem.code !== 'ROUTE_UNKNOWN') {
        const told = JSON.stringify(operation.responses[String(status)] ?? '');
        expect(told, `${group} ${problem.code} ${problem.detail}`).toContain(`\`${problem.code}\``);
      }
    }),
    { numRuns: REQUESTS, endOnFailure: true },
  );
  // Not all was refused at the door: most routes have answered well.
  const good = new Set(
    [...seen.keys()].filter((group) => / 2\d\d$/u.test(group)).map((group) => group.split(' ')[0]),
  );
  expect(good.size, [...seen].map(String).sort().join('\n')).toBeGreaterThan(15);
}, 300_000);

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { PERMISSIONS } from './authority.ts';
import { describeApi, OPENAPI_FILE } from './describe-api.ts';
import { PROBLEMS } from './problems.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema?: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema: object }> }>;
  security?: object[];
  'x-permission'?: string;
}
interface Description {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

/** Of no route at all, or of those for our own processes, which are not described. */
const BESIDE_ROUTES = [
  'ROUTE_UNKNOWN',
  'OWNER_STALE',
  'AFFINITY_UNREACHABLE',
  'LIVEKIT_EVENT_ALTERED',
  'LIVEKIT_EVENT_STALE',
  'LIVEKIT_EVENT_REPEATED',
];

let description: Description;
let operations: { path: string; method: string; operation: Operation }[];
beforeAll(async () => {
  description = (await describeApi()) as Description;
  operations = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
});

/** Every object of `value`, itself included. */
function* objects(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) {
    yield value as Record<string, unknown>;
    for (const inner of Object.values(value)) {
      yield* objects(inner);
    }
  }
}

it('docs/openapi.json is what the routes are: `npm run openapi` writes it', async () => {
  expect(JSON.parse(await readFile(OPENAPI_FILE, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(description)),
  );
});

describe('as OpenAPI 3.1', () => {
  it('it says what it is', () => {
    expect(description.openapi).toMatch(/^3\.1\.\d+$/u);
    expect(description.info.title).not.toBe('');
    expect(description.info.version).not.toBe('');
  });

  it('every operation has an id of its own, a summary and a tag', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of operations) {
      expect(operation.operationId, `${method} ${path}`).toMatch(/^[a-z]\w+$/u);
      expect(operation.summary, `${method} ${path}`).toBeTruthy();
      expect(operation.tags, `${method} ${path}`).toHaveLength(1);
      expect(['get', 'put', 'post', 'delete', 'patch']).toContain(method);
    }
  });

  it('path parameters are those of the address, each required; no parameter stands twice', () => {
    for (const { path, method, operation } of operations) {
      const inAddress = [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name);
      const given = operation.parameters ?? [];
      const inPath = given.filter((one) => one.in === 'path');
      expect(inPath.map(({ name }) => name).sort(), `${method} ${path}`).toEqual(inAddress.sort());
      expect(inPath.every(({ required }) => required)).toBe(true);
      const places = given.map((one) => `${one.in} ${one.name}`);
      expect(new Set(places).size).toBe(places.length);
      for (const one of given) {
        expect(['path', 'query', 'header', 'cookie']).toContain(one.in);
        expect(one.schema).toBeDefined();
      }
    }
  });

  it('every answer has a description, and its status is one', () => {
    for (const { path, method, operation } of operations) {
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status, `${method} ${path}`).toMatch(/^[2-5]\d\d$/u);
        expect(response.description, `${method} ${path} ${status}`).toBeTruthy();
      }
    }
  });

  it('every reference leads somewhere, and every component is referred to', () => {
    const references = [...objects(description)].flatMap(({ $ref }) =>
      typeof $ref === 'string' ? [$ref] : [],
    );
    const components = Object.keys(description.components.schemas).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect([...new Set(references)].sort()).toEqual(components.sort());
  });

  it('schemas are JSON Schema 2020-12: no keyword of OpenAPI 3.0 is left', () => {
    for (const schema of objects(description.components.schemas)) {
      expect(schema).not.toHaveProperty('nullable');
      expect(typeof schema['exclusiveMinimum']).not.toBe('boolean');
      if (typeof schema['type'] === 'string' && !('properties' in schema && 'name' in schema)) {
        expect(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']).toContain(
          schema['type'],
        );
      }
    }
  });
});

describe('what an embedder relies on', () => {
  it('every route below /api/v1 says what it needs, and asks for a token where it needs one', () => {
    for (const { path, method, operation } of operations) {
      if (path === '/health') continue;
      const permission = operation['x-permission'] as keyof typeof PERMISSIONS | undefined;
      expect(permission, `${method} ${path}`).toBeDefined();
      const open = PERMISSIONS[permission!].token === 'anyone';
      const needs = operation.security ?? [];
      expect(JSON.stringify(needs).startsWith('[{}'), `${method} ${path}`).toBe(open);
      expect(needs, `${method} ${path}`).toContainEqual({ token: [] });
    }
  });

  it('every permission has a route, or is for our own processes', () => {
    const used = new Set(operations.map(({ operation }) => operation['x-permission']));
    const unused = Object.keys(PERMISSIONS).filter((permission) => !used.has(permission));
    expect(unused).toEqual(['report:deliver']);
  });

  it('every creation may be sent again', () => {
    const creations = operations.filter(
      ({ method, operation }) => method === 'post' && /^create/u.test(operation.operationId ?? ''),
    );
    expect(creations.length).toBeGreaterThanOrEqual(5);
    for (const { path, operation } of creations) {
      const names = (operation.parameters ?? []).map(({ name }) => name);
      expect(names, path).toContain('idempotency-key');
    }
  });

  it('every list goes page by page', () => {
    const lists = operations.filter(({ operation }) => /^list/u.test(operation.operationId ?? ''));
    // Kept as they were: a folder of recordings, and the workers of the last seconds.
    const whole = ['listRecordings', 'listAvatarWorkers'];
    for (const { path, operation } of lists) {
      if (whole.includes(operation.operationId ?? '')) continue;
      const names = (operation.parameters ?? []).map(({ name }) => name);
      expect(names, path).toEqual(expect.arrayContaining(['limit', 'cursor']));
    }
  });

  it('every code of the catalogue is told of by a route, or comes before any route', () => {
    const told = JSON.stringify(operations.map(({ operation }) => operation.responses));
    const untold = Object.keys(PROBLEMS).filter((code) => !told.includes(`\`${code}\``));
    expect(untold.filter((code) => !BESIDE_ROUTES.includes(code))).toEqual([]);
  });
});

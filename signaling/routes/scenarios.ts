/** Scenarios: listed, read, made, changed by new versions, published, taken out, checked; YAML in and out. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AuditLog } from '../data/audit-log.ts';
import type { ScenarioHead, ScenarioVersion } from '../data/scenario-records.ts';
import type { Idempotency } from '../idempotency.ts';
import { pageRequest } from '../page-request.ts';
import { ProblemError } from '../problems.ts';
import { etagOf, revisionOf } from '../revision.ts';
import { readScenario, yamlOf, type Scenarios } from '../scenarios.ts';
import { idempotencyHeaders, idParameters, pageQuery, revisionHeaders } from '../schemas/common.ts';
import {
  createScenario,
  exportQuery,
  importQuery,
  publishScenario,
  scenarioHead,
  scenarioPage,
  scenarioVersion,
  scenarioVersionPage,
  scenarioVersionParameters,
  scenarioWithDocument,
  validateScenario,
  validation,
  yamlText,
} from '../schemas/scenario.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface ScenarioRouteDependencies {
  scenarios: Scenarios;
  records: { audit: AuditLog };
  idempotency: Idempotency;
  now: () => Date;
}

const tags = ['Scenarios'];
const CHANGES = ['REVISION_MISSING', 'REVISION_STALE', 'SCENARIO_UNKNOWN'] as const;
const YAML = 'application/yaml';

export function registerScenarioRoutes(
  api: Api,
  { scenarios, records, idempotency, now }: ScenarioRouteDependencies,
): void {
  const noted = async (
    request: FastifyRequest,
    action: string,
    head: ScenarioHead,
  ): Promise<ScenarioHead> => {
    await records.audit.add({
      actor: request.principal.id,
      action: `scenario.${action}`,
      target: head.id,
      requestId: request.id,
      details: { version: head.latestVersion, published: head.publishedVersion ?? 0 },
      createdAt: now(),
    });
    return head;
  };
  const tagged = (reply: FastifyReply, head: ScenarioHead): z.output<typeof scenarioHead> => {
    reply.header('etag', etagOf(head));
    return outside(head);
  };

  api.get(
    '/scenarios',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'listScenarios', summary: 'Those that are not archived' },
        querystring: pageQuery,
        response: answers({ 200: scenarioPage }, WITH.token),
      },
    },
    async ({ query }) => {
      const found = await scenarios.list(pageRequest(query));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.post(
    '/scenarios',
    {
      config: { permission: 'scenarios:write' },
      schema: {
        ...{ tags, operationId: 'createScenario', summary: 'Make a scenario, as version 1' },
        headers: idempotencyHeaders,
        body: createScenario,
        response: answers(
          { 201: scenarioHead },
          ...[WITH.token, WITH.body, WITH.key],
          ...(['SCENARIO_EXISTS', 'SCENARIO_INVALID'] as const),
        ),
      },
    },
    async (request, reply) => {
      const { scenario, publish } = request.body;
      // Names that nobody defines are found here; the schema sees one field at a time.
      const checked = readScenario(JSON.stringify(scenario));
      return idempotency.answer(request, reply, AS_IT_IS, async () => {
        const options = { source: null, createdBy: request.principal.id, publish };
        const head = await scenarios.create(checked, options);
        return tagged(reply, await noted(request, 'create', head));
      });
    },
  );

  api.get(
    '/scenarios/:id',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'readScenario', summary: 'One, with its newest document' },
        params: idParameters,
        response: answers({ 200: scenarioWithDocument }, WITH.token, 'SCENARIO_UNKNOWN'),
      },
    },
    async ({ params: { id } }, reply) => {
      const head = await scenarios.head(id);
      const { document } = await scenarios.version(id, head.latestVersion);
      return { ...tagged(reply, head), document };
    },
  );

  api.delete(
    '/scenarios/:id',
    {
      config: { permission: 'scenarios:write' },
      schema: {
        ...{ tags, operationId: 'archiveScenario', summary: 'Take it out of the catalogue' },
        description: 'Sessions and reports of it stay; a new version brings it back.',
        params: idParameters,
        headers: revisionHeaders,
        response: answers({ 200: scenarioHead }, WITH.token, WITH.body, CHANGES),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const head = await scenarios.archive(id, revisionOf(request.headers['if-match']));
      return tagged(reply, await noted(request, 'archive', head));
    },
  );

  api.get(
    '/scenarios/:id/versions',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'listScenarioVersions', summary: 'Its versions, newest first' },
        params: idParameters,
        querystring: pageQuery,
        response: answers({ 200: scenarioVersionPage }, WITH.token, 'SCENARIO_UNKNOWN'),
      },
    },
    async ({ params: { id }, query: { limit, cursor } }) => {
      await scenarios.head(id);
      const before = cursor === undefined ? undefined : versionOf(cursor);
      const found = await scenarios.versions(id, { limit: limit + 1, before });
      const items = found.slice(0, limit).map(({ sourceHash: _hash, ...version }) => ({
        ...version,
        createdAt: version.createdAt.toISOString(),
        publishedAt: version.publishedAt?.toISOString() ?? null,
      }));
      return { items, next: found.length > limit ? String(items.at(-1)?.version) : null };
    },
  );

  api.post(
    '/scenarios/:id/versions',
    {
      config: { permission: 'scenarios:write' },
      schema: {
        ...{ tags, operationId: 'addScenarioVersion', summary: 'A new version' },
        params: idParameters,
        headers: revisionHeaders,
        body: createScenario,
        response: answers(
          { 201: scenarioHead },
          ...[WITH.token, WITH.body, CHANGES, 'SCENARIO_INVALID' as const],
        ),
      },
    },
    async (request, reply) => {
      const { scenario, publish } = request.body;
      const revision = revisionOf(request.headers['if-match']);
      if (scenario.id !== request.params.id) {
        throw new ProblemError('SCENARIO_INVALID', 'id: differs from the address.');
      }
      const checked = readScenario(JSON.stringify(scenario));
      const options = { source: null, createdBy: request.principal.id, publish };
      const head = await scenarios.addVersion(checked, revision, options);
      return reply.code(201).send(tagged(reply, await noted(request, 'version', head)));
    },
  );

  api.get(
    '/scenarios/:id/versions/:version',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'readScenarioVersion', summary: 'A version with its document' },
        params: scenarioVersionParameters,
        response: answers({ 200: scenarioVersion }, WITH.token, 'SCENARIO_VERSION_UNKNOWN'),
      },
    },
    async ({ params: { id, version } }) => versionOutside(await scenarios.version(id, version)),
  );

  api.post(
    '/scenarios/:id/publish',
    {
      config: { permission: 'scenarios:write' },
      schema: {
        ...{ tags, operationId: 'publishScenario', summary: 'What learners get from now on' },
        params: idParameters,
        headers: revisionHeaders,
        body: publishScenario,
        response: answers(
          { 200: scenarioHead },
          ...[WITH.token, WITH.body, CHANGES, 'SCENARIO_VERSION_UNKNOWN' as const],
        ),
      },
    },
    async (request, reply) => {
      const { version } = request.body;
      const revision = revisionOf(request.headers['if-match']);
      const head = await scenarios.publish(request.params.id, revision, version);
      return tagged(reply, await noted(request, 'publish', head));
    },
  );

  api.get(
    '/scenarios/:id/export',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'exportScenario', summary: 'As YAML, with its comments' },
        params: idParameters,
        querystring: exportQuery,
        response: answers(
          {
            200: { description: 'YAML', content: { [YAML]: { schema: yamlText } } },
          } as unknown as { 200: typeof yamlText },
          ...[WITH.token, 'SCENARIO_UNKNOWN' as const, 'SCENARIO_VERSION_UNKNOWN' as const],
        ),
      },
    },
    async ({ params: { id }, query }, reply) => {
      const head = await scenarios.head(id);
      const version = await scenarios.version(id, query.version ?? head.latestVersion);
      return reply
        .type(`${YAML}; charset=utf-8`)
        .header('etag', etagOf(head))
        .header('content-disposition', `attachment; filename="${head.id}.yaml"`)
        .serializer((text) => text as string)
        .send(yamlOf(version));
    },
  );

  api.post(
    '/scenarios/validate',
    {
      config: { permission: 'scenarios:read' },
      schema: {
        ...{ tags, operationId: 'validateScenario', summary: 'What is wrong with it' },
        description: 'Keeps nothing.',
        body: validateScenario,
        response: answers({ 200: validation }, WITH.token, WITH.body),
      },
    },
    ({ body }) => {
      try {
        readScenario('yaml' in body ? body.yaml : JSON.stringify(body.scenario ?? null));
        return Promise.resolve({ valid: true, problems: [] });
      } catch (error) {
        if (!(error instanceof ProblemError)) {
          throw error;
        }
        return Promise.resolve({ valid: false, problems: [...(error.problems ?? [])] });
      }
    },
  );

  // Only here is YAML a body.
  void api.register((yaml: Api, _options, done) => {
    yaml.removeAllContentTypeParsers();
    yaml.addContentTypeParser(
      [YAML, 'application/x-yaml', 'text/yaml', 'text/x-yaml'],
      { parseAs: 'string' },
      (_request, text, parsed) => {
        parsed(null, text);
      },
    );
    yaml.post(
      '/scenarios/import',
      {
        config: { permission: 'scenarios:write' },
        schema: {
          ...{ tags, operationId: 'importScenario', summary: 'From YAML' },
          description: 'A new scenario, or a new version of one: that needs `If-Match`.',
          consumes: [YAML],
          headers: revisionHeaders,
          querystring: importQuery,
          body: yamlText,
          response: answers(
            { 200: scenarioHead, 201: scenarioHead },
            ...[WITH.token, WITH.body, CHANGES],
            ...(['SCENARIO_INVALID', 'SCENARIO_EXISTS'] as const),
          ),
        },
      },
      async (request, reply) => {
        const scenario = readScenario(request.body);
        const options = {
          source: request.body,
          createdBy: request.principal.id,
          publish: request.query.publish === 'true',
        };
        const known = await scenarios.knows(scenario.id);
        const head = known
          ? await scenarios.addVersion(scenario, revisionOf(request.headers['if-match']), options)
          : await scenarios.create(scenario, options);
        reply.code(known ? 200 : 201);
        return tagged(reply, await noted(request, 'import', head));
      },
    );
    done();
  });
}

const AS_IT_IS = {
  status: 201,
  strip: (answer: z.output<typeof scenarioHead>): unknown => answer,
  restore: (kept: unknown) => scenarioHead.parse(kept),
};

/** A cursor among versions is the number of the last one. */
function versionOf(cursor: string): number {
  if (!/^\d{1,9}$/u.test(cursor)) {
    throw new ProblemError('REQUEST_INVALID', 'cursor: take `next` of the page before.');
  }
  return Number(cursor);
}

const outside = (head: ScenarioHead): z.output<typeof scenarioHead> => ({
  id: head.id,
  origin: head.origin,
  latestVersion: head.latestVersion,
  publishedVersion: head.publishedVersion,
  archivedAt: head.archivedAt?.toISOString() ?? null,
  revision: head.revision,
  createdAt: head.createdAt.toISOString(),
  updatedAt: head.updatedAt.toISOString(),
});

const versionOutside = (kept: ScenarioVersion): z.output<typeof scenarioVersion> => ({
  scenarioId: kept.scenarioId,
  version: kept.version,
  createdBy: kept.createdBy,
  createdAt: kept.createdAt.toISOString(),
  publishedAt: kept.publishedAt?.toISOString() ?? null,
  document: kept.document,
});

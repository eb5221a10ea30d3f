import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Scenarios } from '../scenarios.ts';
import { SCENARIO } from '../testing.ts';
import { TestOperator, type Answer } from '../testing-operator.ts';

const YAML = readFileSync(
  new URL('../../config/scenarios/first-interview.yaml', import.meta.url),
  'utf8',
);

let operator: TestOperator;
let ask: TestOperator['ask'];
beforeEach(async () => {
  operator = await TestOperator.create();
  ask = operator.ask.bind(operator) as TestOperator['ask'];
});

interface Head {
  id: string;
  latestVersion: number;
  publishedVersion: number | null;
  origin: string;
}

const importYaml = (yaml: string, path = '/scenarios/import', more = {}): Promise<Answer<Head>> =>
  ask<Head>('POST', path, yaml, { 'content-type': 'application/yaml', ...more });
const renamed = YAML.replace(/^id: .*/mu, 'id: own-interview');

async function document(): Promise<Record<string, unknown>> {
  const { body } = await ask<{ document: Record<string, unknown> }>(
    'GET',
    `/scenarios/${SCENARIO.id}`,
  );
  return body.document;
}

describe('scenarios', () => {
  it('a scenario made by API is a draft, then published, then what a call is dispatched with', async () => {
    const scenario = { ...(await document()), id: 'of-the-api', title: 'Made by API' };
    const made = await ask<Head>('POST', '/scenarios', { scenario });
    expect([made.status, made.body.latestVersion, made.body.publishedVersion]).toEqual([
      201,
      1,
      null,
    ]);
    const payload = { scenarioId: 'of-the-api' };
    expect((await ask('POST', '/sessions', payload)).body.code).toBe('SCENARIO_UNKNOWN');
    const published = await ask(
      'POST',
      '/scenarios/of-the-api/publish',
      { version: 1 },
      { 'if-match': String(made.headers['etag']) },
    );
    expect(published.status).toBe(200);
    const created = await ask<{ sessionId: string }>('POST', '/sessions', payload);
    expect(created.status).toBe(201);
    expect(operator.signaling.rooms.opened.at(-1)).toMatchObject({
      ...{ sessionId: created.body.sessionId, scenarioId: 'of-the-api' },
      scenario: { id: 'of-the-api', title: 'Made by API' },
    });
    const catalogue = await ask<{ scenarios: Head[] }>('GET', '/catalogue');
    expect(catalogue.body.scenarios.map(({ id }) => id)).toContain('of-the-api');
  });

  it('a change needs the revision that it is based on', async () => {
    const scenario = { ...(await document()), title: 'Another title' };
    const path = `/scenarios/${SCENARIO.id}/versions`;
    const body = { scenario, publish: true };
    expect((await ask('POST', path, body)).body.code).toBe('REVISION_MISSING');
    const read = await ask('GET', `/scenarios/${SCENARIO.id}`);
    const tag = { 'if-match': String(read.headers['etag']) };
    expect((await ask('POST', path, body, tag)).status).toBe(201);
    expect((await ask('POST', path, body, tag)).body.code).toBe('REVISION_STALE');
    expect((await ask('POST', path, body, { 'if-match': 'nonsense' })).status).toBe(412);
    expect((await ask('POST', path, body, { 'if-match': '*' })).body).toMatchObject({
      ...{ latestVersion: 3, publishedVersion: 3, origin: 'api' },
    });
  });

  it('of two changes from one revision, one is made', async () => {
    const scenario = await document();
    const tag = { 'if-match': '"1"' };
    const path = `/scenarios/${SCENARIO.id}/versions`;
    const both = await Promise.all([
      ask('POST', path, { scenario }, tag),
      ask('POST', path, { scenario }, tag),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 412]);
  });

  it('YAML goes in and comes out with its comments', async () => {
    const yaml = `# A comment of the teacher.\n${renamed}`;
    const made = await importYaml(yaml, '/scenarios/import?publish=true');
    expect([made.status, made.body.publishedVersion]).toEqual([201, 1]);
    const out = await ask<{ text: string }>('GET', '/scenarios/own-interview/export');
    expect([out.headers['content-type'], out.body.text]).toEqual([
      'application/yaml; charset=utf-8',
      yaml,
    ]);
    expect((await importYaml(yaml)).body.code).toBe('REVISION_MISSING');
    const again = await importYaml(yaml, '/scenarios/import', { 'if-match': '*' });
    expect([again.status, again.body.latestVersion, again.body.publishedVersion]).toEqual([
      200, 2, 1,
    ]);
    // What came as JSON comes out as YAML of the same meaning.
    await ask('POST', '/scenarios', { scenario: { ...(await document()), id: 'as-json' } });
    const written = await ask<{ text: string }>('GET', '/scenarios/as-json/export');
    const checked = await ask('POST', '/scenarios/validate', { yaml: written.body.text });
    expect(checked.body).toEqual({ valid: true, problems: [] });
  });

  it('what is wrong is told line by line', async () => {
    const wrong = renamed.replace('difficulty: ', 'difficulty: very-');
    const line = wrong.split('\n').findIndex((text) => text.startsWith('difficulty')) + 1;
    const refused = await importYaml(wrong);
    expect([refused.status, refused.body.code]).toEqual([422, 'SCENARIO_INVALID']);
    expect(refused.body.problems?.[0]).toContain(`scenario:${String(line)}: difficulty: `);
    const checked = await ask<{ problems: string[] }>('POST', '/scenarios/validate', {
      yaml: wrong,
    });
    expect(checked.body.problems).toEqual(refused.body.problems);
    const scenario = {
      ...(await document()),
      id: 'x-y',
      reactions: [{ to: 'nobody-knows', say: ['Hm.'] }],
    };
    expect((await ask('POST', '/scenarios', { scenario })).body.code).toBe('SCENARIO_INVALID');
  });

  it('one that is archived leaves the catalogue, and its versions stay', async () => {
    const archived = await ask('DELETE', `/scenarios/${SCENARIO.id}`, undefined, {
      'if-match': '*',
    });
    expect(archived.status).toBe(200);
    expect((await ask<{ scenarios: Head[] }>('GET', '/catalogue')).body.scenarios).toEqual([]);
    expect((await ask('GET', `/scenarios/${SCENARIO.id}/versions/1`)).status).toBe(200);
    expect((await ask('GET', `/scenarios/${SCENARIO.id}/versions/2`)).body.code).toBe(
      'SCENARIO_VERSION_UNKNOWN',
    );
  });

  it('files that change become versions; what the API has changed is left alone', async () => {
    const [seed] = [
      {
        yaml: YAML,
        scenario: (await operator.signaling.scenarios.published(SCENARIO.id)).scenario,
      },
    ];
    const edited = {
      yaml: `${YAML}\n# more`,
      scenario: { ...seed.scenario, title: 'From the file' },
    };
    await operator.signaling.scenarios.seed([edited]);
    expect(await operator.signaling.scenarios.published(SCENARIO.id)).toMatchObject({
      version: 2,
      scenario: { title: 'From the file' },
    });
    await operator.signaling.scenarios.seed([edited]);
    expect((await operator.signaling.scenarios.head(SCENARIO.id)).latestVersion).toBe(2);
    await operator.signaling.scenarios.seed([]);
    expect(await operator.signaling.scenarios.catalogue()).toEqual([]);
    await operator.signaling.scenarios.seed([edited]);
    expect(await operator.signaling.scenarios.catalogue()).toHaveLength(1);
    await ask(
      'POST',
      `/scenarios/${SCENARIO.id}/versions`,
      { scenario: { ...seed.scenario, title: 'From the API' }, publish: true },
      { 'if-match': '*' },
    );
    await operator.signaling.scenarios.seed([edited]);
    expect((await operator.signaling.scenarios.published(SCENARIO.id)).scenario.title).toBe(
      'From the API',
    );
  });
});

describe('what was asked for a moment ago', () => {
  it('is not asked of the database again, until it is no longer fresh or changes here', async () => {
    const elsewhere = new Scenarios(operator.signaling.records.scenarios, () => operator.now);
    const first = await elsewhere.catalogue();
    expect(await elsewhere.catalogue()).toBe(first);
    await elsewhere.published(SCENARIO.id);
    // Through another process: met within a second.
    await operator.signaling.scenarios.archive(SCENARIO.id, 'any');
    await expect(operator.signaling.scenarios.published(SCENARIO.id)).rejects.toMatchObject({
      code: 'SCENARIO_UNKNOWN',
    });
    expect((await elsewhere.published(SCENARIO.id)).version).toBe(1);
    operator.now = new Date(operator.now.getTime() + 1_000);
    await expect(elsewhere.published(SCENARIO.id)).rejects.toMatchObject({
      code: 'SCENARIO_UNKNOWN',
    });
    expect(await elsewhere.catalogue()).toEqual([]);
  });

  it('a page that has the catalogue is told that it is still right', async () => {
    const first = await ask('GET', '/catalogue');
    const etag = String(first.headers['etag']);
    const again = await ask('GET', '/catalogue', undefined, { 'if-none-match': etag });
    expect([again.status, again.body]).toEqual([304, { text: '' }]);
    await operator.signaling.scenarios.archive(SCENARIO.id, 'any');
    const changed = await ask('GET', '/catalogue', undefined, { 'if-none-match': etag });
    expect([changed.status, changed.body]).toMatchObject([200, { scenarios: [] }]);
    expect(changed.headers['etag']).not.toBe(etag);
  });
});

/** Scenarios, their versions, and YAML. */
import { scenarioSummarySchema } from '#agents/dispatch/catalogue.ts';
import { scenarioSchema } from '#agents/dispatch/scenario.ts';
import { z } from 'zod';
import { id, moment, pageOf } from './common.ts';

/** PostgreSQL's integer. */
const MOST_VERSIONS = 2_147_483_647;
const versionNumber = z.coerce.number().int().min(1).max(MOST_VERSIONS);

/** As it is kept: all that may be left out when it is written is there. */
const document = z
  .record(z.string(), z.unknown())
  .describe('The scenario: as in `config/scenarios`, as JSON');

const written = scenarioSchema.meta({ id: 'Scenario' });

const publish = z
  .boolean()
  .default(false)
  .describe('Learners get it from now on; otherwise it is a draft');

export const createScenario = z
  .strictObject({ scenario: written, publish })
  .meta({ id: 'CreateScenario' });

export const publishScenario = z
  .strictObject({ version: z.number().int().min(1).max(MOST_VERSIONS) })
  .meta({ id: 'PublishScenario' });

const headShape = {
  id: scenarioSummarySchema.shape.id,
  origin: z.enum(['file', 'api']).describe('`file`: follows its file in `config/scenarios`'),
  latestVersion: z.number().int(),
  publishedVersion: z.number().int().nullable().describe('Null: learners do not see it'),
  archivedAt: moment.nullable(),
  revision: z.number().int().describe('Counts every change; the `ETag`'),
  createdAt: moment,
  updatedAt: moment,
};

export const scenarioHead = z.object(headShape).meta({ id: 'ScenarioHead' });
export const scenarioPage = pageOf(scenarioHead).meta({ id: 'ScenarioPage' });
export const scenarioWithDocument = z
  .object({ ...headShape, document })
  .meta({ id: 'ScenarioWithDocument' });

const versionShape = {
  scenarioId: z.string(),
  version: z.number().int(),
  createdBy: z.string(),
  createdAt: moment,
  publishedAt: moment.nullable(),
};
export const scenarioVersion = z
  .object({ ...versionShape, document })
  .meta({ id: 'ScenarioVersion' });
export const scenarioVersionPage = pageOf(z.object(versionShape)).meta({
  id: 'ScenarioVersionPage',
});

export const scenarioVersionParameters = z.object({ id, version: versionNumber });
export const exportQuery = z.object({
  version: versionNumber.optional().describe('The newest one where it is absent'),
});
export const importQuery = z.object({
  publish: z.enum(['true', 'false']).default('false'),
});
export const yamlText = z.string().max(256_000).describe('A scenario as YAML');

export const validateScenario = z
  .union([z.strictObject({ yaml: yamlText }), z.strictObject({ scenario: z.unknown() })])
  .meta({ id: 'ValidateScenario' });
export const validation = z
  .object({
    valid: z.boolean(),
    problems: z.array(z.string()).describe('`scenario:line: field: what is wrong`'),
  })
  .meta({ id: 'ScenarioValidation' });

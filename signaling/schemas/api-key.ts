/** API keys. */
import { SCOPE_NAMES } from '../auth/scopes.ts';
import { z } from 'zod';
import { label, moment, pageOf } from './common.ts';

const scope = z.enum(SCOPE_NAMES);
/** A week: long enough to bring a new key to every machine. */
const LONGEST_GRACE_S = 604_800;

export const createApiKey = z
  .strictObject({
    name: label(100).describe('What it is for'),
    scopes: z.array(scope).min(1).max(50).describe('What it may do'),
    expiresAt: moment.nullable().default(null).describe('Null: until it is revoked'),
  })
  .meta({ id: 'CreateApiKey' });

export const rotateApiKey = z
  .strictObject({
    graceSeconds: z
      .number()
      .int()
      .min(0)
      .max(LONGEST_GRACE_S)
      .default(0)
      .describe('For so long the old key is good as well'),
  })
  .meta({ id: 'RotateApiKey' });

const shape = {
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: moment,
  expiresAt: moment.nullable(),
  revokedAt: moment.nullable(),
  lastUsedAt: moment.nullable(),
  replacedBy: z.string().nullable(),
};

export const apiKey = z.object(shape).meta({ id: 'ApiKey' });
export const apiKeyPage = pageOf(apiKey).meta({ id: 'ApiKeyPage' });
export const createdApiKey = z
  .object({
    ...shape,
    key: z.string().nullable().describe('Told once; null where the answer is repeated'),
  })
  .meta({ id: 'CreatedApiKey' });

/** Learners. */
import { z } from 'zod';
import { label, moment, pageOf, pageQuery } from './common.ts';

const shape = {
  displayName: label(60).describe('What the persona calls them'),
  externalId: label(200).nullable().default(null).describe('Your own name for them; unique'),
  language: z
    .string()
    .regex(/^[a-z]{2}$/)
    .nullable()
    .default(null),
};

export const createLearner = z.strictObject(shape).meta({ id: 'CreateLearner' });
export const learner = z
  .object({
    id: z.string(),
    displayName: z.string(),
    externalId: z.string().nullable(),
    language: z.string().nullable(),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: 'Learner' });
export const learnerPage = pageOf(learner).meta({ id: 'LearnerPage' });
export const learnerQuery = pageQuery.extend({ externalId: z.string().max(200).optional() });

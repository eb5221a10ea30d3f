/** Learners: people whose sessions belong together. */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Learner, LearnerRecords } from '../data/learner-records.ts';
import type { Idempotency } from '../idempotency.ts';
import { pageRequest } from '../page-request.ts';
import { ProblemError } from '../problems.ts';
import { idempotencyHeaders, idParameters } from '../schemas/common.ts';
import { createLearner, learner, learnerPage, learnerQuery } from '../schemas/learner.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface LearnerRouteDependencies {
  records: { learners: LearnerRecords };
  idempotency: Idempotency;
  now: () => Date;
}

const tags = ['Learners'];

export function registerLearnerRoutes(
  api: Api,
  { records: { learners }, idempotency, now }: LearnerRouteDependencies,
): void {
  api.post(
    '/learners',
    {
      config: { permission: 'learners:write' },
      schema: {
        ...{ tags, operationId: 'createLearner', summary: 'Make a learner' },
        headers: idempotencyHeaders,
        body: createLearner,
        response: answers(
          { 201: learner },
          ...[WITH.token, WITH.body, WITH.key, 'LEARNER_EXISTS' as const],
        ),
      },
    },
    (request, reply) => {
      const keeping = {
        status: 201,
        strip: (answer: z.output<typeof learner>): unknown => answer,
        restore: (kept: unknown) => learner.parse(kept),
        about: ({ id }: z.output<typeof learner>) => ({ learnerId: id }),
      };
      return idempotency.answer(request, reply, keeping, async () => {
        const at = now();
        const made: Learner = {
          ...request.body,
          id: `learner_${randomBytes(10).toString('hex')}`,
          createdBy: request.principal.id,
          createdAt: at,
          updatedAt: at,
        };
        if (!(await learners.add(made))) {
          throw new ProblemError('LEARNER_EXISTS', 'Find them by externalId.');
        }
        return outside(made);
      });
    },
  );

  api.get(
    '/learners',
    {
      config: { permission: 'learners:read' },
      schema: {
        ...{ tags, operationId: 'listLearners', summary: 'All learners, newest first' },
        querystring: learnerQuery,
        response: answers({ 200: learnerPage }, WITH.token),
      },
    },
    async ({ query: { externalId, ...page } }) => {
      const found = await learners.list({ externalId }, pageRequest(page));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.get(
    '/learners/:id',
    {
      config: { permission: 'learners:read' },
      schema: {
        ...{ tags, operationId: 'readLearner', summary: 'One learner' },
        params: idParameters,
        response: answers({ 200: learner }, WITH.token, 'LEARNER_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => {
      const found = await learners.find(id);
      if (found === undefined) {
        throw new ProblemError('LEARNER_UNKNOWN', 'They may have been erased.');
      }
      return outside(found);
    },
  );
}

const outside = (kept: Learner): z.output<typeof learner> => ({
  id: kept.id,
  displayName: kept.displayName,
  externalId: kept.externalId,
  language: kept.language,
  createdAt: kept.createdAt.toISOString(),
  updatedAt: kept.updatedAt.toISOString(),
});

/** Request bodies against their schemas. */
import { z } from 'zod';
import { ProblemError } from './problems.ts';

/** Throws ProblemError BODY_INVALID, which names each field. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const detail = parsed.error.issues
      .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
      .join('; ');
    throw new ProblemError('BODY_INVALID', detail);
  }
  return parsed.data;
}

/** Text that PostgreSQL cannot keep: the character of code 0, and halves of surrogate pairs. No person writes either. */
import type { FastifyRequest } from 'fastify';
import { Stream } from 'node:stream';
import { ProblemError } from './problems.ts';

/** With the flag u, only a half that stands alone is in this range. */
const UNKEEPABLE = /[\0\ud800-\udfff]/u;

/** Throws ProblemError BODY_INVALID or REQUEST_INVALID. */
export function refuseUnkeepable({ body, query, params }: FastifyRequest): void {
  if (holdsUnkeepable(body)) {
    throw new ProblemError(
      'BODY_INVALID',
      'Text may not hold the character of code 0 or half a pair.',
    );
  }
  if (holdsUnkeepable(query) || holdsUnkeepable(params)) {
    throw new ProblemError('REQUEST_INVALID', 'The address may not hold the character of code 0.');
  }
}

/**
 * Without recursion: a body may be nested as deeply as it is long. A body that a route reads as a stream, such as what is
 * passed on to LiveKit, is left alone: it is no text yet, and leads through half of Node.
 */
function holdsUnkeepable(value: unknown): boolean {
  if (value instanceof Stream) {
    return false;
  }
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (UNKEEPABLE.test(next)) {
        return true;
      }
    } else if (typeof next === 'object' && next !== null && !ArrayBuffer.isView(next)) {
      for (const [key, inner] of Object.entries(next)) {
        open.push(key, inner);
      }
    }
  }
  return false;
}

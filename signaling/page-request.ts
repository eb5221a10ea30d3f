/** `limit` and `cursor` of a request as the database takes them. */
import { parseCursor, type PageRequest } from './data/paging.ts';
import { ProblemError } from './problems.ts';

/** Throws ProblemError REQUEST_INVALID. */
export function pageRequest(query: { limit: number; cursor?: string | undefined }): PageRequest {
  if (query.cursor === undefined) {
    return { limit: query.limit };
  }
  const cursor = parseCursor(query.cursor);
  if (cursor === undefined) {
    throw new ProblemError('REQUEST_INVALID', 'cursor: take `next` of the page before.');
  }
  return { limit: query.limit, cursor };
}

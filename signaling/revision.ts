/** `If-Match` and `ETag` of scenarios. */
import { ProblemError } from './problems.ts';
import type { Revision } from './scenarios.ts';

/** PostgreSQL's integer has ten digits, of which the first nine are enough. */
const TAG = /^"(\d{1,9})"$/u;

export const etagOf = ({ revision }: { revision: number }): string => `"${String(revision)}"`;

/** Throws ProblemError REVISION_MISSING or, for what is no tag of ours, REVISION_STALE. */
export function revisionOf(ifMatch: string | undefined): Revision {
  if (ifMatch === undefined) {
    throw new ProblemError('REVISION_MISSING', 'If-Match takes the ETag of the scenario, or "*".');
  }
  if (ifMatch.trim() === '*') {
    return 'any';
  }
  const tag = TAG.exec(ifMatch.trim())?.[1];
  if (tag === undefined) {
    throw new ProblemError('REVISION_STALE', 'If-Match is no ETag of a scenario.');
  }
  return Number(tag);
}

/** Whether a region is well, from probe to probe. Pure: `next` is all there is to it. */

export interface Health {
  healthy: boolean;
  /** Probes in a row that said otherwise. */
  against: number;
}

/** A region that has failed so often in a row gets nothing. */
export const BAD_PROBES = 2;
/** One that was away gets sessions again after so many good probes in a row. */
export const GOOD_PROBES = 3;

/** Nothing is known yet: the first failure counts. */
export const UNKNOWN: Health = { healthy: true, against: BAD_PROBES - 1 };
/** A session could not be made there, which says more than a probe. */
export const FAILED: Health = { healthy: false, against: 0 };

export function next({ healthy, against }: Health, good: boolean): Health {
  if (good === healthy) {
    return { healthy, against: 0 };
  }
  const turns = against + 1 >= (healthy ? BAD_PROBES : GOOD_PROBES);
  return turns ? { healthy: good, against: 0 } : { healthy, against: against + 1 };
}

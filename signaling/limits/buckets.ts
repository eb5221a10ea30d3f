/** Token buckets by name: a bucket is full at first, every request takes one token, and tokens come back evenly. */

export interface BucketSize {
  /** Tokens that a full bucket has: so many requests at once. */
  burst: number;
  /** Tokens that come back. */
  perSecond: number;
}

export interface Taken {
  /** Whether there was a token. A refusal takes nothing. */
  admitted: boolean;
  /** Tokens left, rounded down. */
  left: number;
  /** Until the bucket is full, or, where it was refused, until there is a token; milliseconds. */
  waitMs: number;
}

export interface Buckets {
  /** Takes one token. May reject where the store is away. */
  take(name: string, size: BucketSize): Promise<Taken>;
  close(): Promise<void>;
}

/** How long an empty bucket takes to fill; whole seconds, at least one. */
export const fillSeconds = ({ burst, perSecond }: BucketSize): number =>
  Math.max(1, Math.round(burst / perSecond));

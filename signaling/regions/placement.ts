/** Which region a session goes to. Pure. */
import type { Location } from './region-file.ts';

export interface Candidate {
  id: string;
  healthy: boolean;
  /** Live sessions. */
  live: number;
  capacity: number;
  location: Location | null;
}

/** Milliseconds there and back, by region, as the learner's page has measured them. */
export type Latencies = Readonly<Record<string, number>>;

export const PLACE_REASONS = [
  'only',
  'nearest',
  'least-loaded',
  'nearer-unhealthy',
  'nearer-full',
  'nearer-busy',
] as const;
/**
 * `only`: there is one. `nearest`: the fewest milliseconds away. `least-loaded`: nothing was measured. `nearer-…`: the nearest
 * is not well, full, or so busy that a farther one serves better.
 */
export type PlaceReason = (typeof PLACE_REASONS)[number];

export type Place =
  | { kind: 'placed'; id: string; reason: PlaceReason }
  /** No region is well. */
  | { kind: 'unhealthy' }
  /** Those that are well are full. */
  | { kind: 'full' };

/** A region that was not measured, and whose place says nothing, is taken to be as far away as another continent. */
export const UNKNOWN_LATENCY_MS = 250;
/** Light in fibre, there and back, on ways that are no straight lines. */
const MS_PER_KM = 1 / 65;
const EARTH_RADIUS_KM = 6_371;
/** What a region's load is worth: half full 20 ms, nine tenths 180 ms, nineteen twentieths 380 ms. */
const LOAD_MS = 20;

/**
 * What a session there would cost its learner, in milliseconds: the way there, and what a busy region adds. Infinite for a
 * region that may get nothing; otherwise it grows with the latency, and with the load.
 */
export function scoreOf(candidate: Candidate, latencyMs: number): number {
  const { healthy, live, capacity } = candidate;
  return healthy && live < capacity
    ? latencyMs + (LOAD_MS * live) / (capacity - live)
    : Number.POSITIVE_INFINITY;
}

/** `latenciesMs` may lack regions, and name some that there are not. */
export function place(candidates: readonly Candidate[], latenciesMs: Latencies): Place {
  const measured = candidates.filter(({ id }) => isLatency(latenciesMs[id]));
  const scored = candidates.map((candidate) => {
    const latencyMs = latencyTo(candidate, measured, latenciesMs);
    return { ...candidate, latencyMs, score: scoreOf(candidate, latencyMs) };
  });
  const best = scored.reduce<(typeof scored)[number] | undefined>(
    (found, one) => (one.score < (found?.score ?? Number.POSITIVE_INFINITY) ? one : found),
    undefined,
  );
  if (best === undefined) {
    return { kind: candidates.some(({ healthy }) => healthy) ? 'full' : 'unhealthy' };
  }
  return { kind: 'placed', id: best.id, reason: reasonFor(best, scored, measured.length > 0) };
}

function reasonFor(
  best: Candidate & { latencyMs: number },
  all: readonly (Candidate & { latencyMs: number })[],
  isMeasured: boolean,
): PlaceReason {
  if (all.length === 1) {
    return 'only';
  }
  if (!isMeasured) {
    return 'least-loaded';
  }
  const nearest = all.reduce((found, one) => (one.latencyMs < found.latencyMs ? one : found));
  if (best.latencyMs <= nearest.latencyMs) {
    return 'nearest';
  }
  return !nearest.healthy
    ? 'nearer-unhealthy'
    : nearest.live >= nearest.capacity
      ? 'nearer-full'
      : 'nearer-busy';
}

/** Of a region that was not measured: at most the way to one that was, and from there. */
function latencyTo(
  candidate: Candidate,
  measured: readonly Candidate[],
  latenciesMs: Latencies,
): number {
  const own = latenciesMs[candidate.id];
  if (isLatency(own)) {
    return own;
  }
  const estimates = measured.flatMap((other) =>
    candidate.location === null || other.location === null
      ? []
      : [(latenciesMs[other.id] ?? 0) + kmBetween(candidate.location, other.location) * MS_PER_KM],
  );
  return measured.length === 0 ? 0 : Math.min(UNKNOWN_LATENCY_MS, ...estimates);
}

const isLatency = (value: number | undefined): value is number =>
  value !== undefined && Number.isFinite(value) && value >= 0;

/** Along the surface of a sphere. */
export function kmBetween(one: Location, other: Location): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const half = (from: number, to: number): number => Math.sin(radians(to - from) / 2) ** 2;
  const chord =
    half(one.lat, other.lat) +
    Math.cos(radians(one.lat)) * Math.cos(radians(other.lat)) * half(one.lon, other.lon);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

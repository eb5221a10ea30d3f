/** How far away each region is: measured while the learner reads, so that a session is placed where it answers soonest. */
import { fetchRegions } from './client.ts';

export type RegionLatencies = Record<string, number>;
interface Probed {
  id: string;
  probeUrl: string;
}

/** The first probe of a region looks up its name and shakes hands; it is not counted. */
const PROBES = 4;
/** A region that takes longer is not measured. */
const PROBE_WITHIN_MS = 2_000;
/** A learner who is ready does not wait for a measurement. */
const READY_WITHIN_MS = 600;
/** People move, and networks change. */
const GOOD_FOR_MS = 5 * 60_000;

/** The middle one, or between the two in the middle; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[half - 1], sorted[half]];
  return sorted.length % 2 === 1 || low === undefined || high === undefined
    ? high
    : (low + high) / 2;
}

/** Milliseconds of one request there and back; undefined where none came. */
export type Probe = (url: string) => Promise<number | undefined>;

/** Regions that answered, all at the same time, each one probe after the other. */
export async function measure(
  regions: readonly Probed[],
  probe: Probe = probeOnce,
): Promise<RegionLatencies> {
  const found = await Promise.all(
    regions.map(async ({ id, probeUrl }) => {
      const times: number[] = [];
      for (let count = 0; count < PROBES; count += 1) {
        const timeMs = await probe(probeUrl);
        if (timeMs === undefined) break;
        if (count > 0) times.push(timeMs);
      }
      return [id, median(times)] as const;
    }),
  );
  return Object.fromEntries(
    found.flatMap(([id, timeMs]) => (timeMs === undefined ? [] : [[id, Math.round(timeMs)]])),
  );
}

async function probeOnce(url: string): Promise<number | undefined> {
  const startMs = performance.now();
  try {
    // What it answers is of no interest, and another origin's answer could not be read.
    await fetch(url, {
      mode: 'no-cors',
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(PROBE_WITHIN_MS),
    });
    return performance.now() - startMs;
  } catch {
    return undefined;
  }
}

let measured: { latencies: Promise<RegionLatencies>; atMs: number } | null = null;

/** Begins to measure, unless it was done lately. Never rejects; empty where there is nothing to choose. */
export function regionLatencies(): Promise<RegionLatencies> {
  const nowMs = performance.now();
  if (measured === null || nowMs - measured.atMs > GOOD_FOR_MS) {
    const latencies = fetchRegions().then(
      ({ regions }) => measure(regions.filter(({ healthy }) => healthy)),
      () => ({}),
    );
    measured = { latencies, atMs: nowMs };
  }
  return measured.latencies;
}

/** What is known when a session is asked for; undefined where that is nothing. */
export async function latenciesSoFar(): Promise<RegionLatencies | undefined> {
  const late = new Promise<RegionLatencies>((resolve) => {
    setTimeout(() => {
      resolve({});
    }, READY_WITHIN_MS);
  });
  const latencies = await Promise.race([regionLatencies(), late]);
  return Object.keys(latencies).length === 0 ? undefined : latencies;
}

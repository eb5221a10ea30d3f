/**
 * The batcher itself on a simulated device, where a run costs a fixed part and a part per row. Sessions ask for pictures as
 * calls in rooms did (`arrivals.json`), or steadily with the jitter of a room's event loop. Time is simulated, so that this
 * is exact and takes no time.
 */
import { readFileSync } from 'node:fs';
import { Batcher } from '#gpu-runtime/batcher/batcher.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { percentile } from '../turn/figures.ts';
import { show, type Row, type SectionResult } from './report.ts';

export interface SimulatedLoad {
  sessions: number;
  perSecond: number;
  seconds: number;
  /** Cost of one run: `fixedMs + rows × perRowMs`. */
  fixedMs: number;
  perRowMs: number;
  /** Requests come up to this much after their time. */
  jitterMs: number;
  timeoutMs: number;
  maxBatchRows: number;
  /** Recorded requests of calls, in ms; sessions begin somewhere in one of them and go round. Else a steady pace. */
  callsMs?: readonly (readonly number[])[];
}

export interface SimulatedResult {
  latencyMs: number[];
  /** Runs by the number of rows. */
  runsOfRows: number[];
  late: number;
}

export async function simulateBatching(load: SimulatedLoad, seed = 1): Promise<SimulatedResult> {
  const clock = new FakeClock();
  const random = randomOf(seed);
  const result: SimulatedResult = { latencyMs: [], runsOfRows: [], late: 0 };
  const batcher = new Batcher<number, number>({
    clock,
    instances: 1,
    maxBatchRows: load.maxBatchRows,
    run: (_key, jobs) =>
      new Promise((resolve) => {
        result.runsOfRows[jobs.length] = (result.runsOfRows[jobs.length] ?? 0) + 1;
        clock.after(load.fixedMs + jobs.length * load.perRowMs, () => {
          resolve(jobs);
        });
      }),
  });
  for (let session = 0; session < load.sessions; session += 1) {
    for (const [at, arrivalMs] of arrivalsOf(load, session, random).entries()) {
      clock.after(arrivalMs, () => {
        const sentMs = clock.nowMs();
        const scheduling = {
          priority: 0 as const,
          timeoutMs: load.timeoutMs,
          session: String(session),
          batchKey: '',
        };
        batcher.submit({ job: at, key: 'face', rows: 1, scheduling }).then(
          () => {
            result.latencyMs.push(clock.nowMs() - sentMs);
          },
          () => {
            result.late += 1;
          },
        );
      });
    }
  }
  await clock.advanceAsync((load.seconds + 1) * 1_000, 0.5);
  await batcher.close();
  return result;
}

/** When a session asks, in ms. */
function arrivalsOf(load: SimulatedLoad, session: number, random: () => number): number[] {
  const { callsMs, perSecond, seconds, jitterMs } = load;
  if (callsMs === undefined) {
    const intervalMs = 1_000 / perSecond;
    const offsetMs = random() * intervalMs;
    return Array.from(
      { length: perSecond * seconds },
      (_, at) => offsetMs + at * intervalMs + random() * jitterMs,
    );
  }
  const call = callsMs[session % callsMs.length]!;
  const lengthMs = call.at(-1)! + 1_000;
  const startMs = random() * lengthMs;
  return call
    .map((atMs) => (atMs - startMs + lengthMs) % lengthMs)
    .filter((atMs) => atMs < seconds * 1_000)
    .sort((a, b) => a - b);
}

const ARRIVALS = new URL('./arrivals.json', import.meta.url);

export function recordedCalls(): number[][] {
  return (JSON.parse(readFileSync(ARRIVALS, 'utf8')) as { callsMs: number[][] }).callsMs;
}

export async function measureBatching(): Promise<SectionResult> {
  const rows: Row[] = [];
  const detail: Record<string, object> = {};
  // A picture on a GPU: most of a run's cost is fixed. Source: the field notes' 12 streams and 0.6 TFLOPS.
  const gpu = { perSecond: 25, seconds: 10, fixedMs: 4, perRowMs: 1, jitterMs: 8, timeoutMs: 200 };
  const cases = ['steady', 'recorded'].flatMap((pace) =>
    [1, 4, 12, 24].flatMap((sessions) =>
      [1, 8].map((maxBatchRows) => ({ pace, sessions, maxBatchRows })),
    ),
  );
  for (const { pace, sessions, maxBatchRows } of cases) {
    const { latencyMs, runsOfRows, late } = await simulateBatching({
      ...gpu,
      sessions,
      maxBatchRows,
      ...(pace === 'recorded' ? { callsMs: recordedCalls() } : {}),
    });
    const runs = runsOfRows.reduce((sum, count) => sum + (count ?? 0), 0);
    const answered = latencyMs.length;
    const [p50, p95] = [percentile(latencyMs, 0.5), percentile(latencyMs, 0.95)];
    const name = `simulated, ${pace}, ${String(sessions)} sessions, batch ≤ ${String(maxBatchRows)}`;
    detail[name] = { p50, p95, late, runsOfRows: { ...runsOfRows } };
    rows.push({
      figure: name,
      reach: 'report',
      measured: `${show(p50, '', 1)} / ${show(p95, ' ms', 1)}, ${show(runs === 0 ? null : answered / runs, '', 1)} rows a run, ${String(late)} late`,
      n: String(answered + late),
    });
  }
  return { figures: {}, rows, detail };
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator of Numerical Recipes). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

import { describe, expect, it } from 'vitest';
import { percentile } from '../turn/figures.ts';
import { recordedCalls, simulateBatching, type SimulatedLoad } from './batching.ts';

const LOAD: SimulatedLoad = {
  sessions: 12,
  perSecond: 25,
  seconds: 2,
  fixedMs: 4,
  perRowMs: 1,
  jitterMs: 8,
  timeoutMs: 200,
  maxBatchRows: 8,
};

describe('simulated batching', () => {
  it('answers every request of a load that batches carry, and is the same every time', async () => {
    const first = await simulateBatching(LOAD);
    expect(first.latencyMs).toHaveLength(12 * 25 * 2);
    expect(first.late).toBe(0);
    expect(await simulateBatching(LOAD)).toEqual(first);
    const rows = first.runsOfRows.reduce((sum, runs, size) => sum + (runs ?? 0) * size, 0);
    expect(rows).toBe(first.latencyMs.length);
  });

  it('tells of lateness where single runs do not carry the load', async () => {
    const { latencyMs, late } = await simulateBatching({ ...LOAD, maxBatchRows: 1 });
    expect(late).toBeGreaterThan(0);
    expect(percentile(latencyMs, 1)).toBeLessThan(LOAD.timeoutMs + LOAD.fixedMs + 2);
    expect(latencyMs.length + late).toBe(12 * 25 * 2);
  });

  it('takes one row at once when nothing else is there', async () => {
    const { latencyMs } = await simulateBatching({ ...LOAD, sessions: 1 });
    expect(percentile(latencyMs, 1)).toBeLessThan(LOAD.fixedMs + LOAD.perRowMs + 1);
  });

  it('carries twelve calls as they were recorded, most runs with several rows when all speak', async () => {
    const load = { ...LOAD, seconds: 10, callsMs: recordedCalls() };
    const { latencyMs, late, runsOfRows } = await simulateBatching(load);
    expect(late).toBe(0);
    expect(latencyMs.length).toBeGreaterThan(12 * 60);
    const runs = runsOfRows.reduce((sum, count) => sum + (count ?? 0), 0);
    expect(latencyMs.length / runs).toBeGreaterThan(1);
    const alone = await simulateBatching({ ...load, maxBatchRows: 1 });
    expect(percentile(latencyMs, 0.95)!).toBeLessThan(percentile(alone.latencyMs, 0.95)!);
  });
});

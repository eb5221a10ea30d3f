/** The runtime's figures as JSON and as a table. */
import type { MachineNote } from '../machine-note.ts';

export const SECTION_NAMES = [
  'rpc',
  'triton',
  'batching',
  'whisper',
  'voice',
  'cache',
  'face',
  'failover',
  'gpu',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** Null: not measured; `detail.failures` says why. */
export interface RuntimeFigures {
  /** From the moment a request is due until its answer is there. */
  rpcP99Ms: number | null;
  /** Requests without an answer. */
  lost: number | null;
  requestsPerSecond: number | null;
  tritonRequestsPerSecond: number | null;
  /** What the runtime adds, as a share of the bare model: 0.1 is 10 %. */
  faceOverheadRatio: number | null;
  faceModelMs: number | null;
  atlasPsnrDb: number | null;
  atlasMs: number | null;
  faceUnbatchedFps: number | null;
  faceBatchedFps: number | null;
  whisperGatheredMs: number | null;
  whisperOneByOneMs: number | null;
  ttsAdapterFirstByteMs: number | null;
  cacheFirstByteMs: { memory: number | null; redis: number | null };
  failover: {
    soundHoles: number | null;
    pictureHoldMs: { p95: number | null };
    sessionsLost: number | null;
  };
  gpu: object | null;
}

export interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

/** What one section measured. */
export interface SectionResult {
  figures: Partial<RuntimeFigures>;
  rows: readonly Row[];
  /** For looking closer, under `detail` in the JSON. */
  detail?: object;
}

export interface RuntimeReport extends RuntimeFigures {
  detail: {
    sections: Partial<Record<SectionName, object>>;
    /** Sections, or figures of them, that could not be measured, and why. */
    failures: Partial<Record<SectionName, string>>;
    machine: MachineNote;
  };
}

export const NOTHING_MEASURED: RuntimeFigures = {
  rpcP99Ms: null,
  lost: null,
  requestsPerSecond: null,
  tritonRequestsPerSecond: null,
  faceOverheadRatio: null,
  faceModelMs: null,
  atlasPsnrDb: null,
  atlasMs: null,
  faceUnbatchedFps: null,
  faceBatchedFps: null,
  whisperGatheredMs: null,
  whisperOneByOneMs: null,
  ttsAdapterFirstByteMs: null,
  cacheFirstByteMs: { memory: null, redis: null },
  failover: { soundHoles: null, pictureHoldMs: { p95: null }, sessionsLost: null },
  gpu: null,
};

export function runtimeTable(report: RuntimeReport, rows: readonly Row[]): string {
  const { failures, machine } = report.detail;
  const head: Row = { figure: 'figure', reach: 'reach', measured: 'measured', n: 'n' };
  const all = [head, ...rows];
  const wide = (of: (row: Row) => string): number => Math.max(...all.map((row) => of(row).length));
  const [a, b, c] = [wide((r) => r.figure), wide((r) => r.reach), wide((r) => r.measured)];
  return [
    ...all.map(({ figure, reach, measured, n }) =>
      `${figure.padEnd(a)}  ${reach.padEnd(b)}  ${measured.padEnd(c)}  ${n}`.trimEnd(),
    ),
    ...Object.entries(failures).map(([section, why]) => `Not measured: ${section}: ${why}`),
    `${String(machine.cores)} cores (${machine.model}), Node ${machine.node}, load ${String(machine.loadBefore)} before, ` +
      `${String(machine.loadAfter)} after, ${String(machine.minutes)} min`,
  ].join('\n');
}

/** A number as the table shows it. */
export function show(value: number | null, unit = '', digits = 2): string {
  return value === null ? '–' : `${String(Number(value.toFixed(digits)))}${unit}`;
}

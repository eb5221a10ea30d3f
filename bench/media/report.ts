/** The figures of the media bench as JSON and as a table. */
import type { MachineNote } from '../machine-note.ts';

export const SECTION_NAMES = [
  'buffer',
  'hour',
  'skew',
  'cpu',
  'stop',
  'memory',
  'network',
  'recording',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** Null: not measured; `detail.failures` says why. */
export interface MediaFigures {
  underrunsPerTenMinutes: { ours: number | null; fixed: number | null; none: number | null };
  addedDelayMs: { p50: number | null };
  /** `p50` is signed, positive when the picture comes after its sound; `p95` is of the absolute value. */
  avSkewMs: { p50: number | null; p95: number | null };
  peerAvSkewMs: { p50: number | null; p95: number | null };
  /** Cores that one stream keeps busy, encoding included. */
  cpuPerStream: number | null;
  peerCpuPerStream: number | null;
  /** Streams on this machine's cores with at least 99 % of pictures on time. */
  streams: number | null;
  peerStreams: number | null;
  stopMs: { p50: number | null; p95: number | null };
  recordingLostMs: { max: number | null };
  memorySlopeMbPerHour: number | null;
}

export interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

/** What one section measured. */
export interface SectionResult {
  figures: Partial<MediaFigures>;
  rows: readonly Row[];
  /** For looking closer, under `detail` in the JSON. */
  detail?: object;
}

export interface MediaReport extends MediaFigures {
  detail: {
    sections: Partial<Record<SectionName, object>>;
    /** Sections that could not be measured, and why. */
    failures: Partial<Record<SectionName, string>>;
    machine: MachineNote;
  };
}

export const NOTHING_MEASURED: MediaFigures = {
  underrunsPerTenMinutes: { ours: null, fixed: null, none: null },
  addedDelayMs: { p50: null },
  avSkewMs: { p50: null, p95: null },
  peerAvSkewMs: { p50: null, p95: null },
  cpuPerStream: null,
  peerCpuPerStream: null,
  streams: null,
  peerStreams: null,
  stopMs: { p50: null, p95: null },
  recordingLostMs: { max: null },
  memorySlopeMbPerHour: null,
};

export function mediaTable(report: MediaReport, rows: readonly Row[]): string {
  const { failures, machine } = report.detail;
  const all = [{ figure: 'figure', reach: 'reach', measured: 'measured', n: 'n' }, ...rows];
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
export function show(value: number | null, digits = 0): string {
  return value === null ? '–' : String(Number(value.toFixed(digits)));
}

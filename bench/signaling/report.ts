/** The figures of the signaling bench as JSON and as a table. */
import type { MachineNote } from '../machine-note.ts';

export const SECTION_NAMES = [
  'door',
  'creation',
  'hostile',
  'soak',
  'failover',
  'reconnect',
  'restarts',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** Null: not measured; `detail.failures` says why. */
export interface SignalingFigures {
  /** Session creations a second held through NGINX, and the P99 of that pace. */
  sessionsPerSecond: number | null;
  p99Ms: number | null;
  failoverMs: { p95: number | null };
  turnsLost: number | null;
  reconnectMs: { p95: number | null };
  restartsSessionsLost: number | null;
  hostile: {
    requests: number | null;
    serverErrors: number | null;
    wronglyAdmitted: number | null;
  };
  soak: { sessions: number | null; memorySlopeKbPerSession: number | null };
}

export interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

/** What one section measured. */
export interface SectionResult {
  figures: Partial<SignalingFigures>;
  rows: readonly Row[];
  /** For looking closer, under `detail` in the JSON. */
  detail?: object | undefined;
}

/** What a section is told. */
export interface SectionOptions {
  /** Shorter runs, for checking the bench itself. */
  quick: boolean;
  /** Of everything that is drawn by chance. */
  seed: number;
  /** Where signaling writes a processor profile when it ends; absent: none. */
  profileFolder?: string | undefined;
  say: (line: string) => void;
}

export interface SignalingReport extends SignalingFigures {
  detail: {
    sections: Partial<Record<SectionName, object>>;
    /** Sections that could not be measured, and why. */
    failures: Partial<Record<SectionName, string>>;
    seed: number;
    machine: MachineNote;
  };
}

export const NOTHING_MEASURED: SignalingFigures = {
  sessionsPerSecond: null,
  p99Ms: null,
  failoverMs: { p95: null },
  turnsLost: null,
  reconnectMs: { p95: null },
  restartsSessionsLost: null,
  hostile: { requests: null, serverErrors: null, wronglyAdmitted: null },
  soak: { sessions: null, memorySlopeKbPerSession: null },
};

export function signalingTable(report: SignalingReport, rows: readonly Row[]): string {
  const { failures, machine, seed } = report.detail;
  const all = [{ figure: 'figure', reach: 'reach', measured: 'measured', n: 'n' }, ...rows];
  const wide = (of: (row: Row) => string): number => Math.max(...all.map((row) => of(row).length));
  const [a, b, c] = [wide((r) => r.figure), wide((r) => r.reach), wide((r) => r.measured)];
  return [
    ...all.map(({ figure, reach, measured, n }) =>
      `${figure.padEnd(a)}  ${reach.padEnd(b)}  ${measured.padEnd(c)}  ${n}`.trimEnd(),
    ),
    ...Object.entries(failures).map(([section, why]) => `Not measured: ${section}: ${why}`),
    `Seed ${String(seed)}; ${String(machine.cores)} cores (${machine.model}), Node ${machine.node}, load ` +
      `${String(machine.loadBefore)} before, ${String(machine.loadAfter)} after, ${String(machine.minutes)} min`,
  ].join('\n');
}

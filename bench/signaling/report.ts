/** The figures of the signaling bench as JSON and as a table. */
import { tableOf, type Measured, type Row, type SectionsReport } from '../sections.ts';

export type { Row };

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

/** What one section measured. */
export type SectionResult = Measured<SignalingFigures>;

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

export type SignalingReport = SectionsReport<SectionName, SignalingFigures> & {
  detail: { seed: number };
};

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

export function signalingTable({ detail }: SignalingReport, rows: readonly Row[]): string {
  return tableOf(detail, rows, `Seed ${String(detail.seed)}; `);
}

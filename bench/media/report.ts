/** The figures of the media bench as JSON and as a table. */
import type { Measured, Row, SectionsReport } from '../sections.ts';

export type { Row };

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

/** What one section measured. */
export type SectionResult = Measured<MediaFigures>;

export type MediaReport = SectionsReport<SectionName, MediaFigures>;

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

/** A number as the table shows it. */
export function show(value: number | null, digits = 0): string {
  return value === null ? '–' : String(Number(value.toFixed(digits)));
}

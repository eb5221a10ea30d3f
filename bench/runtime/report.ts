/** The runtime's figures as JSON and as a table. */
import type { Measured, Row, SectionsReport } from '../sections.ts';

export type { Row };

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

/** What one section measured. */
export type SectionResult = Measured<RuntimeFigures>;

export type RuntimeReport = SectionsReport<SectionName, RuntimeFigures>;

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

/** A number as the table shows it. */
export function show(value: number | null, unit = '', digits = 2): string {
  return value === null ? '–' : `${String(Number(value.toFixed(digits)))}${unit}`;
}

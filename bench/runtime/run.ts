/** `npm run bench -- runtime`: runs the sections one after another and gathers their figures. */
import { measureBatching } from './batching.ts';
import { runSections, tableOf, tell } from '../sections.ts';
import type { RuntimeOptions } from './options.ts';
import {
  NOTHING_MEASURED,
  type RuntimeReport,
  type SectionName,
  type SectionResult,
} from './report.ts';
import { measureRpc } from './rpc.ts';
import { measureTritonPair } from './triton-pair.ts';

/** A section that cannot be measured here throws, and its message says why. Engines are loaded only when asked for. */
const SECTIONS: Readonly<Record<SectionName, (quick: boolean) => Promise<SectionResult>>> = {
  rpc: (quick) => measureRpc(quick ? 4 : 20),
  triton: (quick) =>
    measureTritonPair(quick ? { rounds: 2, secondsEach: 1 } : { rounds: 7, secondsEach: 3 }),
  batching: measureBatching,
  whisper: async (quick) => {
    const { measureWhisperRooms } = await import('./whisper-rooms.ts');
    return measureWhisperRooms({ rounds: quick ? 1 : 5, weights: 'tiny.en' });
  },
  voice: async (quick) => (await import('./voice-adapter.ts')).measureVoiceAdapter(quick),
  cache: async (quick) => (await import('./cache.ts')).measureCache(quick),
  face: async (quick) => (await import('./face.ts')).measureFace(quick),
  failover: async (quick) => (await import('./failover.ts')).measureFailover(quick),
  gpu: notYet('no GPU is at hand'),
};

/** Prints the table; writes the figures where asked. `progress` is told what is being measured. */
export async function runtimeBench(
  options: RuntimeOptions,
  progress: (line: string) => void,
): Promise<RuntimeReport> {
  const { sections, jsonPath } = options;
  const { report, rows } = await runSections(
    sections,
    NOTHING_MEASURED,
    (name) => SECTIONS[name](options.quick),
    progress,
  );
  await tell(report, tableOf(report.detail, rows), jsonPath);
  return report;
}

function notYet(why: string): () => Promise<SectionResult> {
  return () => Promise.reject(new Error(why));
}

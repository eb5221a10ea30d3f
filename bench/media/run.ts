/** `npm run bench -- media`: runs the sections one after another and gathers their figures. */
import { runSections, tableOf, tell } from '../sections.ts';
import type { MediaOptions } from './options.ts';
import {
  NOTHING_MEASURED,
  type MediaReport,
  type SectionName,
  type SectionResult,
} from './report.ts';

type Say = (line: string) => void;

/** A section that cannot be measured here throws, and its message says why. Each is loaded only when asked for. */
const SECTIONS: Readonly<
  Record<SectionName, (options: MediaOptions, say: Say) => Promise<SectionResult>>
> = {
  buffer: async ({ quick }) => (await import('./buffer/measure.ts')).measureBuffer(quick),
  hour: async ({ quick }) => (await import('./hour/measure.ts')).measureHour(quick),
  skew: async ({ quick }, say) => (await import('./skew.ts')).measureSkew(quick, say),
  cpu: async ({ quick }, say) => (await import('./cpu.ts')).measureCpu(quick, say),
  stop: async ({ quick }, say) => (await import('./stop.ts')).measureStop(quick, say),
  memory: async ({ minutes }, say) => (await import('./memory.ts')).measureMemory(minutes, say),
  network: async ({ quick }) => (await import('./network/measure.ts')).measureNetwork(quick),
  recording: async ({ quick }) => (await import('./recording/measure.ts')).measureRecording(quick),
};

/** Prints the table; writes the figures where asked. `progress` is told what is being measured. */
export async function mediaBench(options: MediaOptions, progress: Say): Promise<MediaReport> {
  const { sections, jsonPath } = options;
  const { report, rows } = await runSections(
    sections,
    NOTHING_MEASURED,
    (name, say) => SECTIONS[name](options, say),
    progress,
  );
  await tell(report, tableOf(report.detail, rows), jsonPath);
  return report;
}

/** `npm run bench -- signaling`: runs the sections one after another and gathers their figures. */
import { runSections, tell } from '../sections.ts';
import type { SignalingOptions } from './options.ts';
import {
  NOTHING_MEASURED,
  signalingTable,
  type SectionName,
  type SectionOptions,
  type SectionResult,
  type SignalingReport,
} from './report.ts';

/** A section that cannot be measured here throws, and its message says why. Each is loaded only when asked for. */
const SECTIONS: Readonly<Record<SectionName, (options: SectionOptions) => Promise<SectionResult>>> =
  {
    door: async ({ quick }) => {
      const { rows, detail } = await (await import('./door.ts')).measureDoor(quick);
      return { figures: {}, rows, detail };
    },
    creation: async (options) => (await import('./creation.ts')).measureCreation(options),
    hostile: async (options) => (await import('./hostile.ts')).measureHostile(options),
    soak: async (options) => (await import('./soak.ts')).measureSoak(options),
    failover: async (options) => (await import('./failover.ts')).measureFailover(options),
    reconnect: async (options) => (await import('./reconnect.ts')).measureReconnect(options),
    restarts: async (options) => (await import('./restarts.ts')).measureRestarts(options),
  };

/** Prints the table; writes the figures where asked. `progress` is told what is being measured. */
export async function signalingBench(
  options: SignalingOptions,
  progress: (line: string) => void,
): Promise<SignalingReport> {
  const { sections, quick, seed, profileFolder, jsonPath } = options;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // What was started ends with this process, by listeners of its exit.
    process.once(signal, () => process.exit(1));
  }
  const { report: measured, rows } = await runSections(
    sections,
    NOTHING_MEASURED,
    (name, say) => SECTIONS[name]({ quick, seed, profileFolder, say }),
    progress,
  );
  const report: SignalingReport = { ...measured, detail: { ...measured.detail, seed } };
  await tell(report, signalingTable(report, rows), jsonPath);
  return report;
}

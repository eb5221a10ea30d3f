/** `npm run bench -- signaling`: runs the sections one after another and gathers their figures. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { laterSection } from './later-section.ts';
import type { SignalingOptions } from './options.ts';
import {
  NOTHING_MEASURED,
  signalingTable,
  type Row,
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
    failover: (options) => laterSection('failover', 'measureFailover', options),
    reconnect: (options) => laterSection('reconnect', 'measureReconnect', options),
    restarts: (options) => laterSection('restarts', 'measureRestarts', options),
  };

/** Prints the table; writes the figures where asked. `progress` is told what is being measured. */
export async function signalingBench(
  options: SignalingOptions,
  progress: (line: string) => void,
): Promise<SignalingReport> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const loadBefore = load();
  const rows: Row[] = [];
  const failures: SignalingReport['detail']['failures'] = {};
  const details: SignalingReport['detail']['sections'] = {};
  let figures = NOTHING_MEASURED;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // What was started ends with this process, by listeners of its exit.
    process.once(signal, () => process.exit(1));
  }
  for (const name of options.sections) {
    progress(name);
    try {
      const result = await SECTIONS[name]({
        quick: options.quick,
        seed: options.seed,
        profileFolder: options.profileFolder,
        say: (line) => {
          progress(`${name}: ${line}`);
        },
      });
      figures = { ...figures, ...result.figures };
      rows.push(...result.rows);
      if (result.detail !== undefined) {
        details[name] = result.detail;
      }
    } catch (error) {
      failures[name] = error instanceof Error ? error.message : String(error);
      progress(`${name}: not measured: ${failures[name]}`);
    }
  }
  const report: SignalingReport = {
    ...figures,
    detail: {
      sections: details,
      failures,
      seed: options.seed,
      machine: {
        cores: availableParallelism(),
        model: cpus()[0]?.model ?? 'unknown',
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        loadBefore,
        loadAfter: load(),
        startedAt,
        minutes: Number(((performance.now() - startedMs) / 60_000).toFixed(1)),
      },
    },
  };
  process.stdout.write(`${signalingTable(report, rows)}\n`);
  if (options.jsonPath !== undefined) {
    await writeFile(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  }
  return report;
}

function load(): number {
  return Number(loadavg()[0]!.toFixed(2));
}

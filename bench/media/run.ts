/** `npm run bench -- media`: runs the sections one after another and gathers their figures. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { MediaOptions } from './options.ts';
import { laterSection } from './later-section.ts';
import {
  mediaTable,
  NOTHING_MEASURED,
  type MediaReport,
  type Row,
  type SectionName,
  type SectionResult,
} from './report.ts';

type Say = (line: string) => void;

/** A section that cannot be measured here throws, and its message says why. Each is loaded only when asked for. */
const SECTIONS: Readonly<
  Record<SectionName, (options: MediaOptions, say: Say) => Promise<SectionResult>>
> = {
  buffer: ({ quick }) => laterSection('buffer', 'measureBuffer', quick),
  hour: async ({ quick }) => (await import('./hour/measure.ts')).measureHour(quick),
  skew: async ({ quick }, say) => (await import('./skew.ts')).measureSkew(quick, say),
  cpu: async ({ quick }, say) => (await import('./cpu.ts')).measureCpu(quick, say),
  stop: async ({ quick }, say) => (await import('./stop.ts')).measureStop(quick, say),
  memory: async ({ minutes }, say) => (await import('./memory.ts')).measureMemory(minutes, say),
  network: ({ quick }) => laterSection('network', 'measureNetwork', quick),
  recording: ({ quick }) => laterSection('recording', 'measureRecording', quick),
};

/** Prints the table; writes the figures where asked. `progress` is told what is being measured. */
export async function mediaBench(options: MediaOptions, progress: Say): Promise<MediaReport> {
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const loadBefore = load();
  const rows: Row[] = [];
  const failures: MediaReport['detail']['failures'] = {};
  const details: MediaReport['detail']['sections'] = {};
  let figures = NOTHING_MEASURED;
  for (const name of options.sections) {
    progress(name);
    try {
      const result = await SECTIONS[name](options, (line) => {
        progress(`${name}: ${line}`);
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
  const report: MediaReport = {
    ...figures,
    detail: {
      sections: details,
      failures,
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
  process.stdout.write(`${mediaTable(report, rows)}\n`);
  if (options.jsonPath !== undefined) {
    await writeFile(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  }
  return report;
}

function load(): number {
  return Number(loadavg()[0]!.toFixed(2));
}

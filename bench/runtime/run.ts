/** `npm run bench -- runtime`: runs the sections one after another and gathers their figures. */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { measureBatching } from './batching.ts';
import type { RuntimeOptions } from './options.ts';
import {
  NOTHING_MEASURED,
  runtimeTable,
  type Row,
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
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const loadBefore = load();
  const rows: Row[] = [];
  const failures: RuntimeReport['detail']['failures'] = {};
  const details: RuntimeReport['detail']['sections'] = {};
  let figures = NOTHING_MEASURED;
  for (const name of options.sections) {
    progress(name);
    try {
      const result = await SECTIONS[name](options.quick);
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
  const report: RuntimeReport = {
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
  process.stdout.write(`${runtimeTable(report, rows)}\n`);
  if (options.jsonPath !== undefined) {
    await writeFile(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`);
  }
  return report;
}

function load(): number {
  return Number(loadavg()[0]!.toFixed(2));
}

function notYet(why: string): () => Promise<SectionResult> {
  return () => Promise.reject(new Error(why));
}

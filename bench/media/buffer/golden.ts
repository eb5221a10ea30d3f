/** The golden results: what a short, seeded run of every trace gave when somebody last looked at it and found it right. */
import { readFile, writeFile } from 'node:fs/promises';
import { simulate } from './simulation.ts';
import { readTraces } from './trace.ts';

export const GOLDEN_SESSIONS = 10;
const SEED = 20;
const FILE = new URL('../../traces/golden.json', import.meta.url).pathname;
const EXPLANATION =
  'Ten sessions of ten minutes on each trace, seed 20. Underruns are per session and not rounded: 0.3 are three in ten ' +
  'sessions. Made with: node --import tsx bench/media/buffer/main.ts --golden. Change it only with a change of the buffer ' +
  'that explains the difference.';

export interface GoldenTrace {
  underruns: { ours: number; fixed: number; none: number };
  addedDelayMs: { ours: number; fixed: number; none: number };
  concealedShare: number;
  stretchedShare: number;
}

export interface Golden {
  explanation: string;
  traces: Record<string, GoldenTrace>;
}

export async function makeGolden(): Promise<Golden> {
  const traces: Record<string, GoldenTrace> = {};
  for (const trace of await readTraces()) {
    const { ours, fixed, none } = simulate(trace, GOLDEN_SESSIONS, SEED).players;
    traces[trace.name] = {
      underruns: {
        ours: ours.underrunsPerTenMinutes,
        fixed: fixed.underrunsPerTenMinutes,
        none: none.underrunsPerTenMinutes,
      },
      addedDelayMs: {
        ours: ours.addedDelayMs.p50,
        fixed: fixed.addedDelayMs.p50,
        none: none.addedDelayMs.p50,
      },
      concealedShare: Number(ours.concealedShare.toFixed(5)),
      stretchedShare: Number(ours.stretchedShare.toFixed(5)),
    };
  }
  return { explanation: EXPLANATION, traces };
}

export async function readGolden(): Promise<Golden> {
  return JSON.parse(await readFile(FILE, 'utf8')) as Golden;
}

export async function writeGolden(): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(await makeGolden(), null, 2)}\n`);
}

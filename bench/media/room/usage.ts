/** What a process has used, as the kernel counts it: the same for Node and Python, all threads included. */
import { readFile } from 'node:fs/promises';
import { monotonicMs } from './monotonic.ts';

export interface Usage {
  atMs: number;
  cpuMs: number;
  residentMb: number;
}

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Throws when there is no such process. */
export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  // The second field is the program's name in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const residentKb = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return {
    atMs: monotonicMs(),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    residentMb: residentKb / 1_024,
  };
}

/** Cores that were busy between two looks. */
export function coresBetween(before: Usage, after: Usage): number {
  return (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs);
}

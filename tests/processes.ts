/** Processes of this machine: who runs what, under whom, connected to where. Linux alone. */
import { readdir, readFile, readlink } from 'node:fs/promises';

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Children of `parent` whose command line holds `fragment`. */
export async function childrenOf(parent: number, fragment: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/u.test(entry)) {
      const ppid = /^PPid:\t(\d+)$/mu.exec(await read(`/proc/${entry}/status`))?.[1];
      if (ppid === String(parent) && (await read(`/proc/${entry}/cmdline`)).includes(fragment)) {
        found.push(Number(entry));
      }
    }
  }
  return found;
}

/** The job processes of a worker, idle ones among them. */
export const jobsOf = (workerPid: number): Promise<number[]> =>
  childrenOf(workerPid, 'job_proc_lazy_main');

/** Of `pids`, those with an open connection to TCP port `port` of this machine. */
export async function connectedTo(port: number, pids: readonly number[]): Promise<number[]> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const ESTABLISHED = '01';
  const inodes = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    for (const row of (await read(`/proc/net/${table}`)).split('\n').slice(1)) {
      const fields = row.trim().split(/\s+/u);
      if (fields[2]?.endsWith(wanted) === true && fields[3] === ESTABLISHED) {
        inodes.add(`socket:[${String(fields[9])}]`);
      }
    }
  }
  const found: number[] = [];
  for (const pid of pids) {
    const folder = `/proc/${String(pid)}/fd`;
    const handles = await readdir(folder).catch(() => [] as string[]);
    const links = await Promise.all(
      handles.map((handle) => readlink(`${folder}/${handle}`).catch(() => '')),
    );
    if (links.some((link) => inodes.has(link))) {
      found.push(pid);
    }
  }
  return found;
}

/** Processor time of a process so far, in hundredths of a second. */
export async function ticksOf(pid: number): Promise<number> {
  const stat = await read(`/proc/${String(pid)}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Ends a process, or with `group` all of its group, at once and without a word. */
export function kill(pid: number, group: 'alone' | 'group' = 'alone'): void {
  process.kill(group === 'group' ? -pid : pid, 'SIGKILL');
}

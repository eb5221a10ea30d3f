/** A program that the bench runs beside itself: started, watched by its processor time, ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

export interface ProgramOptions {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  logPath: string;
  /** Resolves when it answers. */
  ready: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 10_000;
/** Linux counts processor time in these. */
const TICK_MS = 10;

export class Program {
  readonly child: ChildProcess;
  readonly #name: string;
  readonly #ended: Promise<string>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.child = child;
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(signal ?? `exit code ${String(code)}`);
      });
    });
  }

  /** Throws an Error naming the log when it ends at once or never answers. */
  static async start(options: ProgramOptions): Promise<Program> {
    const { name, command, args, env, logPath, ready } = options;
    const log = openSync(logPath, 'a');
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const endWithUs = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', endWithUs);
    const program = new Program(name, child);
    void program.#ended.then(() => process.off('exit', endWithUs));
    const late = AbortSignal.timeout(READY_WITHIN_MS);
    try {
      await Promise.race([
        ready(child, late),
        program.#ended.then((how) => {
          throw new Error(`${name} ended at once (${how}). Its log: ${logPath}`);
        }),
      ]);
    } catch (error) {
      child.kill('SIGKILL');
      throw late.aborted
        ? new Error(`${name} does not answer. Its log: ${logPath}`, { cause: error })
        : error;
    }
    return program;
  }

  get name(): string {
    return this.#name;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      this.child.kill('SIGTERM');
    }
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Processor time of a process and all below it, in milliseconds; of what has ended in between, nothing. */
export async function processorMs(pid: number): Promise<number> {
  const found = new Map<number, { parent: number; ticks: number }>();
  for (const entry of await readdir('/proc')) {
    const text = /^\d+$/u.test(entry)
      ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '')
      : '';
    // The second field is the name in parentheses, which may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields.length > 12) {
      const ticks = Number(fields[11]) + Number(fields[12]);
      found.set(Number(entry), { parent: Number(fields[1]), ticks });
    }
  }
  const isBelow = (one: number): boolean => {
    for (let at = one; at > 1; at = found.get(at)?.parent ?? 0) {
      if (at === pid) {
        return true;
      }
    }
    return false;
  };
  return [...found.entries()]
    .filter(([one]) => isBelow(one))
    .reduce((sum, [, { ticks }]) => sum + ticks * TICK_MS, 0);
}

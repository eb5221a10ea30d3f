/** A network namespace whose only way out is a line that can be made bad: `impair.py` behind a class. Needs root. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);
const IMPAIR = fileURLToPath(new URL('impair.py', import.meta.url));

const counters = z.object({
  passed: z.number(),
  passed_bytes: z.number(),
  lost: z.number(),
  overflowed: z.number(),
});
const answer = z.object({
  ok: z.boolean(),
  reason: z.string().optional(),
  down: counters.optional(),
  up: counters.optional(),
});

export interface LineCounters {
  passed: number;
  passedBytes: number;
  lost: number;
  overflowed: number;
}

/** The line could not be made, or did not understand. */
export class BadLineError extends Error {
  override readonly name = 'BadLineError';
}

/** Why no such line can be made here; undefined where it can. */
export async function whyNoBadLine(): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return 'network namespaces are Linux’s own';
  }
  if (process.getuid?.() !== 0) {
    return 'network namespaces need root';
  }
  if (!existsSync('/dev/net/tun')) {
    return 'there is no /dev/net/tun';
  }
  const probe = `understudy-probe-${String(process.pid)}`;
  try {
    await run('python3', ['--version']);
    await run('ip', ['netns', 'add', probe]);
    await run('ip', ['netns', 'del', probe]);
    return undefined;
  } catch (error) {
    return `no network namespace can be made: ${error instanceof Error ? error.message.split('\n')[0]! : String(error)}`;
  }
}

export class BadLine {
  /** Of the namespace; a program runs in it with `ip netns exec NAME`. */
  readonly namespace: string;
  /** This side's address, at which the namespace finds servers of this machine. */
  readonly nearAddress: string;
  readonly farAddress: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;
  #errors = '';
  #asking: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(name: string, net: number) {
    this.namespace = name;
    this.nearAddress = `10.77.${String(net)}.1`;
    this.farAddress = `10.77.${String(net)}.2`;
    this.#child = spawn('python3', [
      IMPAIR,
      ...['--namespace', name, '--device', `us-line${String(net)}`],
      ...['--near', this.nearAddress, '--far', this.farAddress],
    ]);
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString();
    });
    // A write to a process that has ended; the answer that never comes says so.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface(this.#child.stdout);
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** Makes a namespace and a perfect line to it. `net` keeps several apart, 0..255. */
  static async lay(net = 0): Promise<BadLine> {
    const name = `understudy-${String(process.pid)}-${String(net)}`;
    await run('ip', ['netns', 'add', name]);
    const line = new BadLine(name, net);
    try {
      await line.#answer();
      return line;
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  /** For example `loss 5`, `down rate 300`, `stall 2000`; impair.py lists them. Resolves when it holds. */
  async tell(command: string): Promise<{ down: LineCounters; up: LineCounters }> {
    const asked = this.#asking.then(async () => {
      this.#child.stdin.write(`${command}\n`);
      const { down, up } = await this.#answer();
      return { down: named(down), up: named(up) };
    });
    this.#asking = asked.catch(() => undefined);
    return asked;
  }

  /** Command and arguments that run a program behind the line. */
  behind(command: string, args: readonly string[]): [string, string[]] {
    return ['ip', ['netns', 'exec', this.namespace, command, ...args]];
  }

  /** Takes line and namespace away. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#remove();
    return this.#closing;
  }

  async #remove(): Promise<void> {
    const ended =
      this.#child.exitCode === null && this.#child.signalCode === null
        ? new Promise((resolve) => this.#child.once('exit', resolve))
        : undefined;
    this.#child.stdin.end('quit\n');
    await ended;
    this.#lines.close();
    await run('ip', ['netns', 'del', this.namespace]);
  }

  async #answer(): Promise<z.infer<typeof answer>> {
    const { value, done } = await this.#answers.next();
    if (done === true) {
      throw new BadLineError(`The line has ended: ${this.#errors.trim()}`);
    }
    const parsed = answer.parse(JSON.parse(value) as unknown);
    if (!parsed.ok) {
      throw new BadLineError(parsed.reason ?? 'The line refused.');
    }
    return parsed;
  }
}

function named(given: z.infer<typeof counters> | undefined): LineCounters {
  return {
    passed: given?.passed ?? 0,
    passedBytes: given?.passed_bytes ?? 0,
    lost: given?.lost ?? 0,
    overflowed: given?.overflowed ?? 0,
  };
}

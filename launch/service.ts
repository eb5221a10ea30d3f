/** One long-running process of the system: started, watched, restarted when it dies, stopped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { LaunchProblem } from './problem.ts';

export interface ServiceOptions {
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  logPath: string;
  /** Resolves when the service answers. Called after each start. */
  ready: (signal: AbortSignal) => Promise<void>;
  readyWithinMs: number;
}

/** A service that dies more often than this within the window is given up. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 60_000;
/** The first restart leaves the machine to those who take over; each that follows within the window waits twice as long. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8_000;
/** How long a service may take to finish before it is killed. */
const STOP_WITHIN_MS = 20_000;

export class Service {
  readonly #options: ServiceOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #stopping = false;
  #restartsMs: number[] = [];
  #cancelBackoff: () => void = () => undefined;
  #onGivenUp: (reason: string) => void = () => undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logPath, { flags: 'a' });
  }

  /** Called once when the service has died too often. */
  onGivenUp(listener: (reason: string) => void): void {
    this.#onGivenUp = listener;
  }

  /** Starts it and waits until it answers. Throws LaunchProblem. */
  async start(): Promise<void> {
    const { name, ready, readyWithinMs, logPath } = this.#options;
    const abort = new AbortController();
    const died = this.#spawn();
    const timer = setTimeout(() => {
      abort.abort();
    }, readyWithinMs);
    try {
      await Promise.race([
        ready(abort.signal),
        died.then((reason) => {
          throw new LaunchProblem(`${name} ended at once (${reason}). Its log: ${logPath}`);
        }),
      ]);
    } catch (error) {
      if (this.#child !== undefined) {
        killGroup(this.#child);
      }
      throw abort.signal.aborted
        ? new LaunchProblem(`${name} does not answer. Its log: ${logPath}`, error)
        : error;
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
    void died.then((reason) => this.#revive(reason));
  }

  /** Of the running process; undefined while there is none. */
  get pid(): number | undefined {
    const child = this.#child;
    return child?.exitCode === null && child.signalCode === null ? child.pid : undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelBackoff();
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => {
          resolve();
        });
      });
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
      killGroup(child);
    }
    this.#log.end();
  }

  #spawn(): Promise<string> {
    const { command, args, env } = this.#options;
    // Its own process group: Ctrl-C reaches the launcher alone, which stops the services in order.
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    return new Promise((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(signal ?? `exit code ${String(code)}`);
      });
    });
  }

  async #revive(reason: string): Promise<void> {
    if (this.#stopping) {
      return;
    }
    const nowMs = performance.now();
    this.#restartsMs = [
      ...this.#restartsMs.filter((atMs) => nowMs - atMs < RESTART_WINDOW_MS),
      nowMs,
    ];
    if (this.#restartsMs.length > MAX_RESTARTS) {
      this.#onGivenUp(
        `${this.#options.name} keeps ending (${reason}). Its log: ${this.#options.logPath}`,
      );
      return;
    }
    const backoffMs = Math.min(
      FIRST_BACKOFF_MS * 2 ** (this.#restartsMs.length - 1),
      LONGEST_BACKOFF_MS,
    );
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, backoffMs);
      this.#cancelBackoff = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (this.#stopping) {
      return;
    }
    try {
      await this.start();
    } catch (error) {
      // What it needs may be away, too: it counts as one more death.
      await this.#revive(error instanceof Error ? error.message : String(error));
    }
  }
}

/** Ends all of a service's process group: helpers of a process that was killed would outlive it otherwise. */
function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

/** Polls an address until it answers with any status below 500. */
export async function untilAnswers(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const answer = await fetch(url, { signal });
      await answer.arrayBuffer();
      if (answer.status < 500) {
        return;
      }
    } catch {
      signal.throwIfAborted();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}
const POLL_EVERY_MS = 60;

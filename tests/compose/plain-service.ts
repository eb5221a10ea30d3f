/** A service of the Compose file as a plain process of this machine: its command, its environment, its health check. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { ComposeService } from './compose-file.ts';

/** How a container's paths, names and ports become this machine's. */
export type Adapt = (text: string) => string;

export interface PlainOptions {
  folder: string;
  adapt: Adapt;
  /** Added to the service's own. */
  environment?: NodeJS.ProcessEnv;
  moreArguments?: readonly string[];
  /** Whom it runs as, where that is not whoever runs the tests. */
  uid?: number;
}

const LOG_CHARACTERS = 6_000;

export class PlainService {
  readonly name: string;
  readonly #service: ComposeService;
  readonly #options: PlainOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #log = '';
  #end: string | undefined;

  constructor(name: string, service: ComposeService, options: PlainOptions) {
    this.name = name;
    this.#service = service;
    this.#options = options;
    const [program, ...args] = [
      ...[...service.entrypoint, ...service.command].map(options.adapt),
      ...(options.moreArguments ?? []),
    ];
    this.#child = spawn(program!, args, {
      cwd: options.folder,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    const keep = (chunk: Buffer): void => {
      this.#log = (this.#log + chunk.toString()).slice(-LOG_CHARACTERS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', ({ message }) => {
        resolve(message);
      });
      this.#child.once('close', (code, signal) => {
        resolve(signal ?? String(code));
      });
    });
    void this.#ended.then((end) => {
      this.#end = end;
    });
  }

  get log(): string {
    return this.#log;
  }

  /** Runs the health check as the engine would, until it passes. Rejects with the log when the process ends first, or late. */
  async untilHealthy({ everyMs, tries }: { everyMs: number; tries: number }): Promise<void> {
    for (let left = tries; ; left -= 1) {
      if (left === 0) {
        throw new Error(`${this.name} does not become healthy: ${this.#log}`);
      }
      if (this.#end !== undefined) {
        throw new Error(`${this.name} has ended (${this.#end}): ${this.#log}`);
      }
      if ((await this.#check()) === 0) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  /** For one that does its work and ends. */
  async untilCompleted(): Promise<void> {
    const end = await this.#ended;
    if (end !== '0') {
      throw new Error(`${this.name} has ended (${end}): ${this.#log}`);
    }
  }

  /** As the engine does: SIGTERM, and SIGKILL when it takes too long. Resolves with how it ended. */
  async stop(withinMs: number): Promise<string> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), withinMs);
    const end = await this.#ended;
    clearTimeout(timer);
    return end;
  }

  #check(): Promise<number> {
    const test = this.#service.healthcheck?.test ?? [];
    const [kind, ...rest] = (Array.isArray(test) ? test : ['CMD-SHELL', test]).map(
      this.#options.adapt,
    );
    const [program, ...args] = kind === 'CMD-SHELL' ? ['sh', '-c', rest.join(' ')] : rest;
    return new Promise((resolve) => {
      const child = spawn(program!, args, {
        cwd: this.#options.folder,
        env: this.#environment(),
        stdio: 'ignore',
      });
      child.once('error', () => {
        resolve(127);
      });
      child.once('close', (code) => {
        resolve(code ?? 1);
      });
    });
  }

  /** The image's own, the service's, and nothing of whoever runs the tests. */
  #environment(): NodeJS.ProcessEnv {
    const { adapt, environment } = this.#options;
    return {
      PATH: process.env['PATH'],
      HOME: this.#options.folder,
      ...Object.fromEntries(
        Object.entries(this.#service.environment).map(([name, value]) => [name, adapt(value)]),
      ),
      ...environment,
    };
  }
}

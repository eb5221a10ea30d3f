/**
 * Runs NGINX as the public door: makes its configuration, starts it, and reloads it without dropping a connection when
 * the certificate or the addresses behind the upstreams' names change. `node --import tsx nginx/door.ts --help`.
 */
import { systemClock, type Clock } from '#media/clock.ts';
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { doorConfiguration } from './generate.ts';
import { isMain } from './is-main.ts';
import { DoorOptionError, OPTIONS_HELP, readDoorArguments, type DoorOptions } from './options.ts';

const HELP = `Runs NGINX as the public door, and reloads it when the certificate or the addresses of upstreams change.

Usage: node --import tsx nginx/door.ts --cert FILE --key FILE [OPTIONS]

  --nginx PROGRAM             [nginx]
  --check-seconds N           how often certificate and addresses are looked at [10]

SIGHUP looks at once. SIGTERM lets requests end, and ends WebSockets after 10 s.

${OPTIONS_HELP}`;

/** Debian's place for the stream module; elsewhere it is mostly built in. */
const DEBIAN_STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
const DRAIN_MS = 10_000;

export interface DoorSettings {
  options: DoorOptions;
  nginx: string;
  checkEveryMs: number;
  clock?: Clock;
  /** Addresses of a name; for tests. */
  resolve?: (name: string) => Promise<string[]>;
  say?: (line: string) => void;
  stdio?: StdioOptions;
}

export class Door {
  readonly #settings: Required<DoorSettings>;
  readonly #configuration: string;
  #child: ChildProcess | undefined;
  #seen = '';
  #cancelCheck: () => void = () => undefined;
  #checking: Promise<boolean> = Promise.resolve(false);
  #ended: Promise<number> = Promise.resolve(0);
  #stopping = false;

  private constructor(settings: DoorSettings) {
    this.#settings = {
      clock: systemClock,
      resolve: async (name) =>
        (await lookup(name, { all: true, family: 4 })).map(({ address }) => address),
      say: (line) => process.stderr.write(`${line}\n`),
      stdio: 'inherit',
      ...settings,
    };
    this.#configuration = join(settings.options.run, 'nginx.conf');
  }

  /** Starts NGINX. Throws an Error with NGINX's own words when it refuses the configuration. */
  static async start(settings: DoorSettings): Promise<Door> {
    const door = new Door(settings);
    // NGINX's workers, who may be another user, reach its sockets through this folder.
    await mkdir(settings.options.run, { recursive: true, mode: 0o711 });
    const { text, fingerprint } = await door.#wanted();
    await door.#test(text);
    await writeFile(door.#configuration, text);
    door.#seen = fingerprint;
    // Left behind where an earlier one was killed; NGINX would not start over them.
    for (const socket of ['https.sock', 'turn.sock']) {
      await rm(join(settings.options.run, socket), { force: true });
    }
    door.#spawn();
    door.#checkLater();
    return door;
  }

  /** Resolves with its exit code when NGINX has ended. */
  get ended(): Promise<number> {
    return this.#ended;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Looks for a change and reloads. Resolves with whether it did; a change that cannot be used is reported, and the old one stays. */
  check(): Promise<boolean> {
    this.#checking = this.#checking.then(() => this.#check());
    return this.#checking;
  }

  /** Lets requests end, for a while. Idempotent. */
  async stop(): Promise<void> {
    this.#cancelCheck();
    if (!this.#stopping) {
      this.#stopping = true;
      this.#child?.kill('SIGQUIT');
    }
    const cancel = this.#settings.clock.after(DRAIN_MS, () => this.#child?.kill('SIGTERM'));
    await this.#ended;
    cancel();
  }

  async #check(): Promise<boolean> {
    const { say } = this.#settings;
    try {
      const { text, fingerprint } = await this.#wanted();
      if (fingerprint === this.#seen || this.#stopping) {
        return false;
      }
      await this.#test(text);
      await writeFile(this.#configuration, text);
      this.#child?.kill('SIGHUP');
      this.#seen = fingerprint;
      say('The door was reloaded: its certificate or the addresses behind it have changed.');
      return true;
    } catch (error) {
      say(
        `The door stays as it is: ${error instanceof Error ? error.message.trim() : String(error)}`,
      );
      return false;
    }
  }

  #checkLater(): void {
    this.#cancelCheck = this.#settings.clock.after(this.#settings.checkEveryMs, () => {
      void this.check().then(() => {
        if (!this.#stopping) {
          this.#checkLater();
        }
      });
    });
  }

  /** The configuration with names as addresses, and what tells it from another. */
  async #wanted(): Promise<{ text: string; fingerprint: string }> {
    const { options } = this.#settings;
    const [signaling, livekit, observer, turn] = await Promise.all([
      Promise.all(options.signaling.map((endpoint) => this.#addresses(endpoint))),
      this.#addresses(options.livekit),
      options.observer === undefined ? undefined : this.#addresses(options.observer),
      options.turnName === undefined ? undefined : this.#addresses(options.turn),
    ]);
    const text = doorConfiguration({
      ...options,
      signaling: signaling.flat(),
      livekit: livekit[0]!,
      ...(observer === undefined ? {} : { observer: observer[0]! }),
      ...(turn === undefined ? {} : { turn: turn[0]! }),
    });
    const hash = createHash('sha256').update(text);
    for (const path of [options.certificate, options.key]) {
      hash.update(await readFile(path));
    }
    return { text, fingerprint: hash.digest('hex') };
  }

  /** host:port of every address of the host, sorted: a name with several addresses is several servers. */
  async #addresses(endpoint: string): Promise<string[]> {
    const [, host, port] = /^(.+):(\d+)$/.exec(endpoint) ?? [];
    if (host === undefined || isIP(host) !== 0) {
      return [endpoint];
    }
    let found: string[];
    try {
      found = await this.#settings.resolve(host);
    } catch (cause) {
      throw new Error(`${host} has no address.`, { cause });
    }
    return [...new Set(found)].sort().map((address) => `${address}:${port ?? ''}`);
  }

  /** Has NGINX read a configuration, certificate and key included. Throws with what it says. */
  async #test(text: string): Promise<void> {
    const candidate = `${this.#configuration}.next`;
    await writeFile(candidate, text);
    const { nginx, options } = this.#settings;
    const child = spawn(nginx, ['-t', '-q', '-e', 'stderr', '-p', options.run, '-c', candidate], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const code = await ending(child);
    if (code !== 0) {
      throw new Error(`NGINX refuses the configuration: ${output}`);
    }
  }

  #spawn(): void {
    const { nginx, options, stdio } = this.#settings;
    const args = ['-p', options.run, '-c', this.#configuration, '-e', options.errorLog];
    const child = spawn(nginx, [...args, '-g', 'daemon off;'], { stdio });
    this.#child = child;
    this.#ended = ending(child);
    void this.#ended.then(() => {
      this.#stopping = true;
      this.#cancelCheck();
    });
  }
}

/** Resolves with the exit code; 127 when the program cannot be started, 1 when a signal ended it. */
function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve(127);
    });
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

async function main(args: readonly string[]): Promise<number> {
  const read = readDoorArguments(args, {
    nginx: { type: 'string' },
    'check-seconds': { type: 'string' },
  });
  if (read === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const { options, more } = read;
  const checkSeconds = Number(more['check-seconds'] ?? 10);
  if (!(checkSeconds > 0)) {
    throw new DoorOptionError('--check-seconds takes a number above 0.');
  }
  const moduleFound = options.turnName !== undefined && existsSync(DEBIAN_STREAM_MODULE);
  const door = await Door.start({
    options: { ...(moduleFound ? { streamModule: DEBIAN_STREAM_MODULE } : {}), ...options },
    nginx: more.nginx ?? 'nginx',
    checkEveryMs: checkSeconds * 1_000,
  });
  process.on('SIGHUP', () => void door.check());
  process.on('SIGTERM', () => void door.stop());
  process.on('SIGINT', () => void door.stop());
  return door.ended;
}

if (isMain(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof DoorOptionError ? 2 : 1;
  }
}

/** A whole call over a bad line: a server and a speaking avatar here, a learner in a process behind the line. */
import { readEnvironment } from '#config/environment.ts';
import { projectRoot } from '#launch/system.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BadLine } from './bad-line.ts';
import type { FarEvent, FarOrder } from './far-events.ts';
import { LineServer } from './line-server.ts';
import { SpeakingAvatar } from './speaking-avatar.ts';

/** How long the learner may take to say what is awaited: it joins over a line that may be bad. */
const PATIENCE_MS = 30_000;
const LEARNER = 'learner';
let calls = 0;

export interface Heard extends Omit<Extract<FarEvent, { type: 'heard' }>, 'type'> {
  samples: Int16Array;
  events: readonly FarEvent[];
}

/** Line and server, for one call after another. */
export class LinePlace {
  readonly line: BadLine;
  readonly server: LineServer;

  private constructor(line: BadLine, server: LineServer) {
    this.line = line;
    this.server = server;
  }

  /** Where `whyNoBadLine` has no objection. */
  static async make(net: number): Promise<LinePlace> {
    const line = await BadLine.lay(net);
    try {
      return new LinePlace(line, await LineServer.start(line.nearAddress));
    } catch (error) {
      await line.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.line.close();
  }

  /** The line is perfect while the call begins. Without `adaptive` the picture stays at its best, come what may. */
  async call(options: { adaptive: boolean; reports?: boolean }): Promise<LineCall> {
    calls += 1;
    const room = `line-${String(process.pid)}-${String(calls)}`;
    await this.line.tell('clear');
    const avatar = await SpeakingAvatar.enter({
      url: this.server.url,
      token: await this.server.token(room, 'avatar'),
      learnerIdentity: LEARNER,
      adaptive: options.adaptive,
    });
    try {
      const folder = await mkdtemp(join(tmpdir(), 'understudy-line-'));
      const order: FarOrder = {
        url: this.server.farUrl,
        token: await this.server.token(room, LEARNER),
        reports: options.reports ?? true,
        soundPath: join(folder, 'sound.pcm'),
      };
      const call = new LineCall(this.line, avatar, order, folder);
      await call.until('subscribed');
      return call;
    } catch (error) {
      await avatar.close();
      throw error;
    }
  }
}

export class LineCall {
  readonly line: BadLine;
  readonly avatar: SpeakingAvatar;
  readonly events: FarEvent[] = [];
  readonly #order: FarOrder;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();
  #complaint = '';

  constructor(line: BadLine, avatar: SpeakingAvatar, order: FarOrder, folder: string) {
    this.line = line;
    this.avatar = avatar;
    this.#order = order;
    this.#folder = folder;
    const program = join(projectRoot, 'tests', 'network', 'far-learner.ts');
    const child = spawn(...line.behind(process.execPath, ['--import', 'tsx', program]), {
      // The room SDK writes its debugging to stdout unless it is loaded in production.
      env: { ...process.env, NODE_ENV: 'production', LOG_LEVEL: readEnvironment().LOG_LEVEL },
      stdio: 'pipe',
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(order)}\n`);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text.startsWith('{')) {
        this.events.push(JSON.parse(text) as FarEvent);
        this.#news.emit('news');
      }
    });
    child.once('close', () => this.#news.emit('news'));
  }

  /** Resolves with the first event of that type. Rejects when the learner ends without, or takes too long. */
  async until<T extends FarEvent['type']>(type: T): Promise<Extract<FarEvent, { type: T }>> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) {
        return found as Extract<FarEvent, { type: T }>;
      }
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || signal.aborted) {
        throw new Error(`The learner did not say “${type}”. ${this.#complaint}`);
      }
      await once(this.#news, 'news', { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the learner has looked at its counters `times` times after that moment. */
  async untilSeconds(afterMs: number, times: number): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const looks = (): number =>
      this.events.filter((event) => event.type === 'second' && event.atMs > afterMs).length;
    while (looks() < times) {
      signal.throwIfAborted();
      await once(this.#news, 'news', { signal });
    }
  }

  /** Ends the call; resolves with what the learner heard and saw. */
  async end(): Promise<Heard> {
    try {
      await this.line.tell('clear');
      this.#child.stdin!.end();
      const { pictures, soundAtMs, connected } = await this.until('heard');
      const bytes = await readFile(this.#order.soundPath);
      const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1).slice();
      return { pictures, soundAtMs, connected, samples, events: this.events };
    } finally {
      if (this.#child.exitCode === null && this.#child.signalCode === null) {
        const closed = once(this.#child, 'close');
        const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
        await closed;
        clearTimeout(timer);
      }
      await this.avatar.close();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }
}

/** A process of the bench that is told one line of JSON and answers in lines of JSON. */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { usageOf, type Usage } from './usage.ts';

/** How long a process may take to say what is awaited. */
const PATIENCE_MS = 60_000;

export class LinesProcess<Event extends { type: string }> {
  readonly events: Event[] = [];
  readonly #child: ChildProcess;
  readonly #news = new EventEmitter();
  readonly #ended: Promise<unknown>;
  readonly #name: string;
  #complaint = '';

  constructor(options: { name: string; command: string; args: readonly string[]; order: object }) {
    this.#name = options.name;
    const child = spawn(options.command, options.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // The room SDK writes its debugging to stdout unless it is loaded in production.
      env: { ...process.env, NODE_ENV: 'production' },
    });
    this.#child = child;
    this.#ended = once(child, 'close').then(() => this.#news.emit('news'));
    // A process that is gone no longer reads: its end is noticed elsewhere.
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${JSON.stringify(options.order)}\n`);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) {
        this.events.push(JSON.parse(line) as Event);
        this.#news.emit('news');
      }
    });
  }

  /** Processor time and memory of the process so far. Rejects when it has ended, and says what it complained of. */
  async usage(): Promise<Usage> {
    try {
      return await usageOf(this.#child.pid!);
    } catch (cause) {
      throw new Error(`${this.#name} has ended. ${this.#complaint}`, { cause });
    }
  }

  /** Resolves with the first event of that type. Rejects when the process ends without, or takes too long. */
  async said<T extends Event['type']>(type: T): Promise<Extract<Event, { type: T }>> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.events.find((event) => event.type === type);
      if (found !== undefined) {
        return found as Extract<Event, { type: T }>;
      }
      if (this.#child.exitCode !== null || this.#child.signalCode !== null || signal.aborted) {
        throw new Error(`${this.#name} did not say “${type}”. ${this.#complaint}`);
      }
      await once(this.#news, 'news', { signal }).catch(() => undefined);
    }
  }

  /** Ends its input, upon which it finishes by itself; one that does not is killed. */
  async finish(): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(timer);
  }
}

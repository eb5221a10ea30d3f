/** An agent in a process of its own that drives an avatar through its framework's own class. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';

export type AgentCommand =
  { do: 'say'; path: string; sampleRateHz: number; channels: number } | { do: 'clear' };

export type AgentEvent =
  | { event: 'ready' }
  | { event: 'sent' }
  | { event: 'started' }
  | { event: 'finished'; positionS: number; interrupted: boolean };
/** With the time of this process at which it was read. */
export type TimedEvent = AgentEvent & { atMs: number };

export interface Sound {
  /** Interleaved when there are two channels. */
  samples: Int16Array;
  sampleRateHz: number;
  channels: number;
}

export interface RemoteAgentOptions {
  url: string;
  token: string;
  /** Identity of the avatar in the room. */
  avatar: string;
  /** Python that has livekit-agents; without it the agent is one of @livekit/agents. */
  python?: string | undefined;
}

const PATIENCE_MS = 60_000;
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export class RemoteAgent {
  readonly events: TimedEvent[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #news = new EventEmitter();
  #errors = '';
  #sounds = 0;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    // What is said to a process that died is lost; waiting for its events says so.
    child.stdin!.on('error', () => undefined);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      // LiveKit's SDK writes its own lines here too.
      const told = line.startsWith('{"event"') ? (JSON.parse(line) as Partial<AgentEvent>) : {};
      if (told.event !== undefined) {
        this.events.push({ ...(told as AgentEvent), atMs: performance.now() });
        this.#news.emit('event');
      }
    });
  }

  /** Resolves when it is in the room. */
  static async start(options: RemoteAgentOptions): Promise<RemoteAgent> {
    const { url, token, avatar, python } = options;
    const [command, args]: [string, string[]] =
      python === undefined
        ? [process.execPath, ['--import', 'tsx', program('./node-agent.ts')]]
        : [python, [program('./python_agent.py')]];
    const child = spawn(command, [...args, url, token, avatar], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const agent = new RemoteAgent(child, await mkdtemp(join(tmpdir(), 'understudy-agent-')));
    await agent.until('ready');
    return agent;
  }

  /** Sends all of it as one segment, faster than it is heard. */
  async say(sound: Sound): Promise<void> {
    const path = join(this.#folder, `${String(this.#sounds++)}.pcm`);
    const { samples, sampleRateHz, channels } = sound;
    await writeFile(path, new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.#tell({ do: 'say', path, sampleRateHz, channels });
  }

  clear(): void {
    this.#tell({ do: 'clear' });
  }

  /** Resolves with the `count`-th event of that kind, at once when it is there. */
  async until<K extends AgentEvent['event']>(
    kind: K,
    count = 1,
  ): Promise<Extract<TimedEvent, { event: K }>> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = this.events.filter(({ event }) => event === kind)[count - 1];
      if (found !== undefined) {
        return found as Extract<TimedEvent, { event: K }>;
      }
      await once(this.#news, 'event', { signal }).catch((cause: unknown) => {
        const seen = this.events.map(({ event }) => event).join(', ');
        throw new Error(`No ${kind} came from the agent, but: ${seen}. ${this.#errors}`, { cause });
      });
    }
  }

  /** It dies without a word to anybody. */
  async vanish(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async close(): Promise<void> {
    this.#child.stdin!.end();
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill(signal);
      await ended;
    }
  }

  #tell(command: AgentCommand): void {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
  }
}

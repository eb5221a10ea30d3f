/** A system of a test's own, whose parts are killed and come back: beside the one that the other tests share. */
import { readEnvironment } from '#config/environment.ts';
import { Progress } from '#launch/progress.ts';
import { untilAnswers } from '#launch/service.ts';
import { projectRoot, startSystem, type Part, type RunningSystem } from '#launch/system.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { connectedTo, jobsOf, kill, ticksOf } from './processes.ts';

/** Beside the ports of the systems that other tests and benches start. */
const FIRST_PORT = 20_100;
const START_WITHIN_MS = 120_000;
/** What loading takes of a job at least, in hundredths of a second; and for how many looks in a row nothing happens then. */
const LOADED_TICKS = 150;
const RESTS = 10;

/** A worker beside the one that the launcher looks after. */
export interface OtherWorker {
  readonly pid: number;
  readonly port: number;
  /** Resolves when it has ended. */
  ended: Promise<void>;
  /** `SIGKILL` ends its jobs too. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export class OwnSystem {
  readonly running: RunningSystem;
  readonly #children = new Set<ChildProcess>();
  #workerPort: number;

  private constructor(running: RunningSystem) {
    this.running = running;
    this.#workerPort = running.environment.WORKER_PORT;
  }

  /** Nobody hears: learners type. Other variables as given. */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<OwnSystem> {
    const port = (offset: number): string => String(FIRST_PORT + offset);
    const running = await startSystem({
      progress: new Progress({ quiet: true }),
      environment: readEnvironment({
        ...{ UNDERSTUDY_DATA: process.env['UNDERSTUDY_DATA'], LOG_LEVEL: process.env['LOG_LEVEL'] },
        ...{ PORT: port(0), WORKER_PORT: port(1) },
        ...{ LIVEKIT_PORT: port(20), LIVEKIT_TCP_PORT: port(21), LIVEKIT_UDP_PORT: port(22) },
        ...{ RUNTIME_PORT: port(30), RUNTIME_HTTP_PORT: port(31) },
        ...{ UNDERSTUDY_LLM: 'scripted', UNDERSTUDY_RECOGNITION: 'none' },
        ...variables,
      }),
      apart: true,
    });
    return new OwnSystem(running);
  }

  get pageUrl(): string {
    return this.running.pageUrl;
  }

  /** Starts a worker that nobody restarts, and waits until it is registered and has a warm job. */
  async startWorker(variables: NodeJS.ProcessEnv = {}): Promise<OtherWorker> {
    this.#workerPort += 1;
    const port = this.#workerPort;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(projectRoot, 'agents/worker.ts')],
      {
        env: {
          ...process.env,
          ...this.running.childEnvironment,
          WORKER_PORT: String(port),
          ...variables,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    this.#children.add(child);
    const { PORT } = this.running.environment;
    const log = createWriteStream(
      join(
        this.running.childEnvironment['UNDERSTUDY_DATA']!,
        'logs',
        String(PORT),
        `worker-${String(port)}.log`,
      ),
    );
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        this.#children.delete(child);
        resolve();
      });
    });
    const pid = child.pid!;
    await untilAnswers(`http://127.0.0.1:${String(port)}/`, AbortSignal.timeout(START_WITHIN_MS));
    await this.untilWarm(pid);
    return {
      ...{ pid, port, ended },
      signal: (name) => process.kill(name === 'SIGKILL' ? -pid : pid, name),
    };
  }

  /** Resolves when one of the worker's job processes has loaded and come to rest. */
  async untilWarm(workerPid: number): Promise<void> {
    const seen = new Map<number, { ticks: number; restedFor: number }>();
    await eventually(
      async () => {
        for (const pid of await jobsOf(workerPid)) {
          const ticks = await ticksOf(pid);
          const last = seen.get(pid);
          const rests = last !== undefined && ticks > LOADED_TICKS && ticks - last.ticks <= 1;
          seen.set(pid, { ticks, restedFor: rests ? last.restedFor + 1 : 0 });
        }
        return [...seen.values()].some(({ restedFor }) => restedFor >= RESTS);
      },
      { what: 'a warm job', withinMs: START_WITHIN_MS },
    );
  }

  /** Calls that a worker has now. */
  async callsOf(port: number): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${String(port)}/worker`);
    return ((await answer.json()) as { active_jobs: number }).active_jobs;
  }

  /** The job processes of a worker that hold a line to signaling: those in calls. */
  async busyJobsOf(workerPid: number): Promise<number[]> {
    return connectedTo(this.running.environment.PORT, await jobsOf(workerPid));
  }

  pidOf(part: Part): number {
    const pid = this.running.pidOf(part);
    if (pid === undefined) {
      throw new Error(`The ${part} does not run.`);
    }
    return pid;
  }

  /** Kills a part with all that it has started; the launcher starts it again. Resolves with when it was, on this clock. */
  kill(part: Part): number {
    const atMs = performance.now();
    kill(this.pidOf(part), 'group');
    return atMs;
  }

  /** Resolves when a part runs under another process id than `before`, and answers. */
  async untilBack(part: Part, before: number): Promise<void> {
    await eventually(
      () => {
        const pid = this.running.pidOf(part);
        return pid !== undefined && pid !== before;
      },
      { what: `the ${part} to be started again`, withinMs: START_WITHIN_MS },
    );
    await untilAnswers(this.#addressOf(part), AbortSignal.timeout(START_WITHIN_MS));
  }

  async stop(): Promise<void> {
    for (const child of this.#children) {
      process.kill(-child.pid!, 'SIGKILL');
    }
    await this.running.stop();
  }

  #addressOf(part: Part): string {
    const { environment } = this.running;
    const ports = {
      livekit: environment.LIVEKIT_PORT,
      runtime: environment.RUNTIME_HTTP_PORT,
      worker: environment.WORKER_PORT,
      signaling: environment.PORT,
    };
    return `http://127.0.0.1:${String(ports[part])}/`;
  }
}

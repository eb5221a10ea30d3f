/**
 * How a worker ends: it takes no new calls and lets the running ones come to their end; those that have not by then are
 * handed to other workers, which go on from their checkpoints.
 */
import { dispatchMetadataSchema } from '#agents/dispatch/metadata.ts';
import { SessionClient } from '#agents/checkpoint/session-client.ts';
import type { Clock } from '#media/clock.ts';

/** What of the framework's worker is needed. */
export interface DrainingWorker {
  /** Takes no new jobs from now on. What it waits for, and whether in vain, is not looked at. */
  drain(withinMs: number): Promise<void>;
  /** Ends the jobs that are left, each with its report, and the worker. */
  close(): Promise<void>;
  /** Metadata of each running job's dispatch. */
  readonly calls: readonly string[];
}

export interface WorkerDrainOptions {
  worker: DrainingWorker;
  clock: Clock;
  /** Calls have so long; 0 ends them at once, each with its report, and hands nothing over. */
  drainMs: number;
  apiKey: string;
  apiSecret: string;
  /** A call could not be handed over: it ends with its report. */
  onTrouble: (error: unknown) => void;
  send?: typeof fetch;
}

/** Jobs whose call was taken over leave within a second or two. */
const LEAVE_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;
/** Signaling may be restarting just now, too. */
const TRIES = 6;
const RETRY_MS = 500;

export class WorkerDrain {
  readonly #options: WorkerDrainOptions;
  #hurries = false;
  #ending: Promise<void> | undefined;

  constructor(options: WorkerDrainOptions) {
    this.#options = options;
  }

  /** The first time it drains; the second time it hands over what is left at once. Resolves when the worker has ended. */
  stop(): Promise<void> {
    this.#hurries = this.isDraining;
    this.#ending ??= this.#end();
    return this.#ending;
  }

  get isDraining(): boolean {
    return this.#ending !== undefined;
  }

  async #end(): Promise<void> {
    const { worker, clock, drainMs } = this.#options;
    if (drainMs > 0) {
      const endAtMs = clock.nowMs() + drainMs;
      worker.drain(drainMs).catch(() => undefined);
      while (worker.calls.length > 0 && clock.nowMs() < endAtMs && !this.#hurries) {
        await this.#pause(LOOK_EVERY_MS);
      }
      await this.#handOver();
    }
    await worker.close();
  }

  async #handOver(): Promise<void> {
    const { worker, clock } = this.#options;
    const calls = [...worker.calls];
    const handedOver = await Promise.all(calls.map((call) => this.#handOverOne(call)));
    const staying = handedOver.filter((isHanded) => !isHanded).length;
    const giveUpAtMs = clock.nowMs() + LEAVE_WITHIN_MS;
    while (worker.calls.length > staying && clock.nowMs() < giveUpAtMs) {
      await this.#pause(LOOK_EVERY_MS);
    }
  }

  async #handOverOne(metadata: string): Promise<boolean> {
    const { apiKey, apiSecret, onTrouble, send } = this.#options;
    const { sessionId, ownership } = dispatchMetadataSchema.parse(JSON.parse(metadata) as unknown);
    if (ownership === undefined) {
      return false;
    }
    const client = new SessionClient({
      ...{ sessionId, ownership, apiKey, apiSecret },
      ...(send === undefined ? {} : { send }),
    });
    for (let tried = 1; ; tried += 1) {
      try {
        return await client.handOver();
      } catch (error) {
        if (tried >= TRIES) {
          onTrouble(error);
          return false;
        }
        await this.#pause(RETRY_MS);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve);
    });
  }
}

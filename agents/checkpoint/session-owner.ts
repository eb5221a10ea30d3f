/** What a job does to keep its session, and to let another job go on with it: its line, and its checkpoints. */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import type { Clock } from '#media/clock.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import type { Checkpoint } from './checkpoint.ts';
import { LifeLine } from './life-line.ts';
import { SessionClient } from './session-client.ts';

export interface SessionOwnerOptions {
  metadata: DispatchMetadata;
  apiKey: string;
  apiSecret: string;
  workerId: string;
  jobId: string;
  gpuRuntime: string;
  clock: Clock;
  /** Another job has the session: leave without a word. */
  onStale: () => void;
  onTrouble: (error: unknown) => void;
}

export class SessionOwner {
  readonly #client: SessionClient;
  readonly #line: LifeLine;
  readonly #keeper: CheckpointKeeper;
  readonly #lostAtMs: number | undefined;
  readonly #onTrouble: (error: unknown) => void;
  #isStale = false;

  private constructor(
    options: SessionOwnerOptions,
    ownership: NonNullable<DispatchMetadata['ownership']>,
  ) {
    const { apiKey, apiSecret, clock, metadata } = options;
    const onStale = (): void => {
      if (!this.#isStale) {
        this.#isStale = true;
        options.onStale();
      }
    };
    this.#onTrouble = options.onTrouble;
    this.#lostAtMs = ownership.resume?.lostAtMs;
    const client = new SessionClient({
      sessionId: metadata.sessionId,
      ownership,
      apiKey,
      apiSecret,
    });
    this.#client = client;
    const where = new URLSearchParams({
      worker: options.workerId,
      job: options.jobId,
      runtime: options.gpuRuntime,
    });
    this.#line = new LifeLine({
      url: `${client.address('line')}&${where.toString()}`,
      authorization: () => client.authorization(),
      clock,
      onStale,
    });
    this.#keeper = new CheckpointKeeper({
      keep: (checkpoint) => client.keep(checkpoint),
      clock,
      onStale,
      onTrouble: options.onTrouble,
    });
  }

  /** Undefined where nobody looks after the job. */
  static of(options: SessionOwnerOptions): SessionOwner | undefined {
    const { ownership } = options.metadata;
    return ownership === undefined ? undefined : new SessionOwner(options, ownership);
  }

  /** Another job has the session: nothing of this one counts any more. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** False: another job has the session. */
  held(): Promise<boolean> {
    return this.#line.held();
  }

  /** Where the job before this one was; undefined where there was none, or where it left nothing. */
  async before(): Promise<{ checkpoint: Checkpoint; lostAtMs: number } | undefined> {
    if (this.#lostAtMs === undefined) {
      return undefined;
    }
    try {
      const checkpoint = await this.#client.fetch();
      return checkpoint === undefined ? undefined : { checkpoint, lostAtMs: this.#lostAtMs };
    } catch (error) {
      this.#onTrouble(error);
      return undefined;
    }
  }

  changed(make: () => Checkpoint): void {
    this.#keeper.changed(make);
  }

  /** The session is done, or another job's. */
  async close(): Promise<void> {
    await this.#keeper.close();
    await this.#line.close();
  }
}

/** What a job does to keep its session, and to let another job go on with it: its line, and its checkpoints. */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import type { Clock } from '#media/clock.ts';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import type { Checkpoint } from './checkpoint.ts';
import { LifeLine } from './life-line.ts';
import { SessionClient, StaleOwnerError } from './session-client.ts';

/** A store that lost everything, Redis without persistence, has the checkpoint again after this. */
const KEEP_AGAIN_MS = 10_000;
/** A LiveKit that restarts is back within a second or two, and takes nobody in before the room is made again. */
const ROOM_RETRY_MS = 250;
/** Signaling that restarts is back within seconds. */
const HAND_OVER_RETRY_MS = 500;
const HAND_OVER_WITHIN_MS = 120_000;
/** The last checkpoint before a handover is waited for so long; the one before it does, too. */
const KEPT_WITHIN_MS = 1_000;

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
  readonly #onStale: () => void;
  readonly #clock: Clock;
  #isStale = false;
  #cancelKeeping: () => void = () => undefined;
  #keepingRoom = false;

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
    this.#onStale = onStale;
    this.#clock = clock;
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
      onHeldAgain: () => {
        this.#keeper.again();
      },
    });
    this.#keeper = new CheckpointKeeper({
      keep: (checkpoint) => client.keep(checkpoint),
      clock,
      onStale,
      onTrouble: options.onTrouble,
    });
    this.#keepAgain();
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

  /**
   * The room's connection is broken, maybe because LiveKit was restarted and has forgotten the room: asks for it until it
   * is there, or `signal` says that it need not. Never rejects.
   */
  async keepRoom(signal: AbortSignal): Promise<void> {
    if (this.#keepingRoom) {
      return;
    }
    this.#keepingRoom = true;
    try {
      while (!signal.aborted && !this.#isStale) {
        try {
          await this.#client.keepRoom();
          return;
        } catch (error) {
          if (error instanceof StaleOwnerError) {
            this.#onStale();
            return;
          }
        }
        await this.#pause(ROOM_RETRY_MS);
      }
    } finally {
      this.#keepingRoom = false;
    }
  }

  /**
   * Has another agent take the session over, from `lostAtMs` on (milliseconds since the epoch). True: it does, or has.
   * False: the session is over, or signaling cannot be asked. Never rejects.
   */
  async handOver(lostAtMs: number): Promise<boolean> {
    this.#keeper.again();
    await Promise.race([this.#keeper.kept(), this.#pause(KEPT_WITHIN_MS)]);
    const giveUpAtMs = this.#clock.nowMs() + HAND_OVER_WITHIN_MS;
    while (!this.#isStale) {
      try {
        return await this.#client.handOver(lostAtMs);
      } catch (error) {
        if (error instanceof StaleOwnerError) {
          this.#onStale();
        } else if (this.#clock.nowMs() >= giveUpAtMs) {
          this.#onTrouble(error);
          return false;
        }
      }
      await this.#pause(HAND_OVER_RETRY_MS);
    }
    return true;
  }

  #keepAgain(): void {
    this.#cancelKeeping = this.#clock.after(KEEP_AGAIN_MS, () => {
      this.#keeper.again();
      this.#keepAgain();
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(ms, resolve);
    });
  }

  /** `isDone`: the session is reported, or another job's; without it signaling sends another agent. */
  async close(isDone: boolean): Promise<void> {
    this.#cancelKeeping();
    await this.#keeper.close();
    await this.#line.close(isDone);
  }
}

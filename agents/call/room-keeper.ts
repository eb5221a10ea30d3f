/**
 * What becomes of a call whose media server goes away. LiveKit on one node forgets its rooms when it is restarted: the
 * room is made again, the avatar holds its tongue until everybody is back, and where the SDK does not come back another
 * agent takes over. An end that somebody wanted stays an end.
 */
import type { SessionOwner } from '#agents/checkpoint/session-owner.ts';
import { watchConnection } from '#agents/room/room-connection.ts';
import type { Clock } from '#media/clock.ts';
import type { Room } from '@livekit/rtc-node';

export interface RoomKeeperOptions {
  room: Room;
  owner: SessionOwner | undefined;
  learnerIdentity: string;
  clock: Clock;
  /** Sound and lips stand still. */
  hold: () => void;
  /** They go on where they stood. */
  release: () => void;
  /** The room knows nothing of this agent any more: attributes are to be set again. */
  onBack: () => void;
}

/** A learner who is back needs this long until the first sound reaches them. */
const SUBSCRIBED_AFTER_MS = 400;
const LOOK_EVERY_MS = 100;
/** Whoever is not back by then may miss a word. */
const HOLD_AT_MOST_MS = 20_000;

export class RoomKeeper {
  readonly #options: RoomKeeperOptions;
  #broken: AbortController | undefined;
  #brokenAtMs: number | undefined;
  #holding = false;
  #isOver = false;
  #handingOver: Promise<boolean> | undefined;

  constructor(options: RoomKeeperOptions) {
    this.#options = options;
    watchConnection(options.room, {
      onBroken: () => {
        this.#onBroken();
      },
      onBack: () => {
        this.#onBack();
      },
      onOver: (wasEnded) => {
        this.#broken?.abort();
        if (!wasEnded) {
          this.giveUp();
        }
      },
    });
  }

  /** The connection is broken, or has only just come back: who is missing has not left. */
  get isBroken(): boolean {
    return this.#broken !== undefined || this.#holding;
  }

  /** The lesson has come to its end: nobody is to take it over. */
  over(): void {
    this.#isOver = true;
    this.#broken?.abort();
  }

  /** This job cannot go on with the call: another one is to, unless the lesson is over. */
  giveUp(): void {
    if (!this.#isOver) {
      const lostAtMs = this.#brokenAtMs ?? Date.now();
      this.#handingOver ??= this.#options.owner?.handOver(lostAtMs);
    }
  }

  /** Whether another job has taken the call over, or will. */
  async handedOver(): Promise<boolean> {
    return (await this.#handingOver) ?? false;
  }

  #onBroken(): void {
    const { owner, hold } = this.#options;
    this.#brokenAtMs ??= Date.now();
    this.#broken ??= new AbortController();
    if (!this.#holding) {
      this.#holding = true;
      hold();
    }
    void owner?.keepRoom(this.#broken.signal);
  }

  #onBack(): void {
    this.#broken?.abort();
    this.#broken = undefined;
    this.#brokenAtMs = undefined;
    this.#options.onBack();
    if (this.#holding) {
      this.#awaitLearner(this.#options.clock.nowMs() + HOLD_AT_MOST_MS);
    }
  }

  #awaitLearner(untilMs: number): void {
    const { clock, room, learnerIdentity, release } = this.#options;
    if (this.#broken !== undefined || this.#isOver) {
      return;
    }
    const isHere = [...room.remoteParticipants.values()].some(
      ({ identity }) => identity === learnerIdentity,
    );
    if (!isHere && clock.nowMs() < untilMs) {
      clock.after(LOOK_EVERY_MS, () => {
        this.#awaitLearner(untilMs);
      });
      return;
    }
    clock.after(SUBSCRIBED_AFTER_MS, () => {
      if (this.#broken === undefined) {
        this.#holding = false;
        release();
      }
    });
  }
}

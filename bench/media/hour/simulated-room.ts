/**
 * A room on simulated time, behaving as the SDK's sources do: sound goes out 10 ms at a time from a short queue, a writer is
 * called back when the queue has room, pictures go out at once. It notes when tones and flashes leave.
 */
import { SoundQueue } from '#agents/room/sound-queue.ts';
import type { Clock } from '#media/clock.ts';
import type { AvSink } from '#media/stage/stage.ts';
import { noteOf } from '../room/ear.ts';
import { readFlash, TINY_PX } from '../room/marker-face.ts';

const TICK_MS = 10;
/** As `agents/room/av-output.ts` asks of the SDK. */
const AHEAD_MS = 40;
/** A tone begins after this much quiet. */
const QUIET_MS = 60;

export interface SimulatedRoomOptions {
  clock: Clock;
  /** How late the writer's process handles a call-back, in ms; asked once for each. */
  latenessMs: () => number;
}

export class SimulatedRoom implements AvSink {
  /** When the first sample of each tone left, and when each flash began, in the clock's time. */
  readonly tonesMs: number[] = [];
  readonly flashes: { atMs: number; ageMs: number }[] = [];
  readonly ptsMs: number[] = [];
  readonly picturesAtMs: number[] = [];
  readonly #clock: Clock;
  readonly #latenessMs: () => number;
  readonly #queue: Int16Array[] = [];
  #resolve: (() => void) | undefined;
  #stalled = false;
  #quietMs = QUIET_MS;
  #lit = false;
  readonly #estimate = new SoundQueue({ aheadMs: AHEAD_MS, frameMs: TICK_MS });

  constructor({ clock, latenessMs }: SimulatedRoomOptions) {
    this.#clock = clock;
    this.#latenessMs = latenessMs;
    this.#tick();
  }

  get audioQueuedMs(): number {
    return this.#estimate.queuedMs(this.#clock.nowMs());
  }

  async writeAudio(samples: Int16Array): Promise<void> {
    const writtenAtMs = this.#clock.nowMs();
    this.#estimate.write(writtenAtMs);
    this.#queue.push(samples);
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      if (this.#hasRoom) {
        this.#callBack();
      }
    });
    this.#estimate.calledBack(writtenAtMs, this.#clock.nowMs());
  }

  writeVideo(frame: Uint8Array, ptsUs: bigint): void {
    const atMs = this.#clock.nowMs();
    this.ptsMs.push(Number(ptsUs) / 1_000);
    this.picturesAtMs.push(atMs);
    const { lit, ageMs } = readFlash(frame, TINY_PX, TINY_PX);
    if (lit && !this.#lit) {
      this.flashes.push({ atMs, ageMs });
    }
    this.#lit = lit;
  }

  /** The connection is gone: nothing leaves and nobody is called back until it is there again. */
  stall(ms: number): void {
    this.#stalled = true;
    this.#clock.after(ms, () => {
      this.#stalled = false;
    });
  }

  get #hasRoom(): boolean {
    return this.#queue.length * TICK_MS <= AHEAD_MS;
  }

  #tick(): void {
    this.#clock.after(TICK_MS, () => {
      this.#tick();
    });
    if (this.#stalled) {
      return;
    }
    const leaving = this.#queue.shift();
    if (leaving !== undefined) {
      this.#hear(leaving);
    }
    if (this.#resolve !== undefined && this.#hasRoom) {
      this.#callBack();
    }
  }

  #callBack(): void {
    const resolve = this.#resolve!;
    this.#resolve = undefined;
    const latenessMs = this.#latenessMs();
    if (latenessMs === 0) {
      resolve();
    } else {
      this.#clock.after(latenessMs, resolve);
    }
  }

  #hear(samples: Int16Array): void {
    const [first, last] = noteOf(samples, 0).loud;
    const frameMs = (index: number): number => (index * TICK_MS) / samples.length;
    if (first < 0) {
      this.#quietMs += TICK_MS;
      return;
    }
    if (this.#quietMs + frameMs(first) >= QUIET_MS) {
      this.tonesMs.push(this.#clock.nowMs() + frameMs(first));
    }
    this.#quietMs = TICK_MS - frameMs(last);
  }
}

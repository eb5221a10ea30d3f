/**
 * How much sound the SDK holds ahead of the wire, told from its call-backs: it calls back at once while it has room, and
 * otherwise in the moment when a frame goes out and `aheadMs` are left behind it. Between them the queue drains with the time
 * that passes.
 */

/** A call-back within this time was given at once. */
const AT_ONCE_MS = 2;
/** A call-back that is handled late makes the queue look longer than it is: upwards it is believed in such parts. */
const BELIEF = 1 / 8;

export class SoundQueue {
  readonly #aheadMs: number;
  readonly #frameMs: number;
  /** Sound written so far. */
  #writtenMs = 0;
  #levelMs = 0;
  #levelAtMs = 0;

  constructor(options: { aheadMs: number; frameMs: number }) {
    this.#aheadMs = options.aheadMs;
    this.#frameMs = options.frameMs;
  }

  /** Sound written and not yet sent; the frame that is going out counts for what is left of it. */
  queuedMs(nowMs: number): number {
    const drainedMs = this.#levelMs - (nowMs - this.#levelAtMs);
    return Math.min(this.#aheadMs + 2 * this.#frameMs, Math.max(0, drainedMs));
  }

  /** Media time of the sound that leaves now: sound written so far, less what waits. */
  leavingMs(nowMs: number): number {
    return this.#writtenMs - this.queuedMs(nowMs);
  }

  /** A frame is handed over. */
  write(nowMs: number): void {
    this.#set(this.queuedMs(nowMs) + this.#frameMs, nowMs);
    this.#writtenMs += this.#frameMs;
  }

  /** The SDK called back for the frame that was handed over at `writtenAtMs`. */
  calledBack(writtenAtMs: number, nowMs: number): void {
    if (nowMs - writtenAtMs < AT_ONCE_MS) {
      return;
    }
    const levelMs = this.queuedMs(nowMs);
    const missedMs = this.#aheadMs + this.#frameMs - levelMs;
    this.#set(levelMs + (missedMs > 0 ? missedMs * BELIEF : missedMs), nowMs);
  }

  #set(levelMs: number, atMs: number): void {
    this.#levelMs = levelMs;
    this.#levelAtMs = atMs;
  }
}

/** The avatar's pictures on their way into the room, at the size and bitrate that its quality allows. */
import { LADDER, type Rung } from '#media/quality/ladder.ts';
import { PictureShrinker, shrinks, type PictureSize } from '#media/quality/shrink.ts';
import type { Room } from '@livekit/rtc-node';
import { PictureTrack } from './picture-track.ts';

/** A track that nobody watches by then replaces the old one all the same. */
const WATCHED_WITHIN_MS = 3_000;

export interface PictureSenderOptions {
  room: Room;
  size: PictureSize;
  framesPerSecond: number;
  after: (delayMs: number, task: () => void) => () => void;
}

export class PictureSender {
  readonly #options: PictureSenderOptions;
  #track: PictureTrack;
  #rung: Rung = LADDER[0]!;
  /** Absent at full size. */
  #shrinker: PictureShrinker | undefined;
  /** The caller's buffer, which it draws into again and again. */
  #frame: Uint8Array | undefined;
  #changing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(options: PictureSenderOptions, track: PictureTrack) {
    this.#options = options;
    this.#track = track;
  }

  /** Rejects where the room does not take a track. */
  static async publish(options: PictureSenderOptions): Promise<PictureSender> {
    const { room, size, framesPerSecond } = options;
    const { maxBitrateKbps } = LADDER[0]!;
    const track = await PictureTrack.publish(room, { size, maxBitrateKbps, framesPerSecond });
    return new PictureSender(options, track);
  }

  /** Reads `frame`, an I420 buffer of the full size that owns its whole ArrayBuffer, before it returns. */
  write(frame: Uint8Array, ptsUs: bigint): void {
    this.#frame = frame;
    const size = this.#shrinker?.size ?? this.#options.size;
    this.#track.write(this.#shrinker?.shrink(frame) ?? frame, size, ptsUs);
  }

  /**
   * The size changes with the next picture, the bitrate as soon as the room has taken a new track; only the latest wish
   * is followed. A size that does not come out whole stays as it is; a room that takes no track keeps the old one.
   */
  setRung(rung: Rung): void {
    const { size } = this.#options;
    const { numerator, denominator } = rung.scale;
    this.#rung = rung;
    this.#shrinker =
      numerator === denominator || !shrinks(size, rung.scale)
        ? undefined
        : new PictureShrinker(size, rung.scale);
    this.#changing = this.#changing.then(() => this.#renew());
  }

  /** Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#changing.then(() => this.#track.close());
    return this.#closing;
  }

  async #renew(): Promise<void> {
    const { maxBitrateKbps } = this.#rung;
    const old = this.#track;
    if (maxBitrateKbps === old.maxBitrateKbps || this.#closing !== undefined) {
      return;
    }
    const { room, size, framesPerSecond } = this.#options;
    const frame = this.#frame;
    const first = frame === undefined ? undefined : (this.#shrinker?.shrink(frame) ?? frame);
    let track: PictureTrack;
    try {
      track = await PictureTrack.publish(room, {
        ...{ maxBitrateKbps, framesPerSecond, size: this.#shrinker?.size ?? size },
        ...(first === undefined ? {} : { first }),
      });
    } catch {
      return;
    }
    // A full line has no room for both: the old picture stands until the new one is there.
    this.#track = track;
    await Promise.race([track.watched(), this.#wait(WATCHED_WITHIN_MS)]);
    await old.close();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.after(ms, resolve);
    });
  }
}

/** The avatar's pictures on their way into the room, at the size and bitrate that its quality allows. */
import { LADDER, type PictureScale, type Rung } from '#media/quality/ladder.ts';
import { PictureShrinker, shrinks, type PictureSize } from '#media/quality/shrink.ts';
import type { Room } from '@livekit/rtc-node';
import { PictureTrack } from './picture-track.ts';

/** A track that nobody watches by then replaces the old one all the same. */
const WATCHED_WITHIN_MS = 3_000;
/** The old track stays so long after its last picture: the first of the new one is on its way. */
const OVERLAP_MS = 700;
/** Fits any line at any bitrate (measured: 125 kbit/s at 12.5 pictures a second) while a new track is negotiated. */
const STOPGAP: PictureScale = { numerator: 1, denominator: 4 };

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
   * The size changes with the next picture, the bitrate when the room has taken a new track and shows it; until then a
   * picture that must shrink is very small. Only the latest wish is followed. A size that does not come out whole stays
   * as it is; a room that takes no track keeps the old one.
   */
  setRung(rung: Rung): void {
    this.#rung = rung;
    this.#fit();
    this.#changing = this.#changing.then(() => this.#renew());
  }

  /** Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#changing.then(() => this.#track.close());
    return this.#closing;
  }

  async #renew(): Promise<void> {
    const { maxBitrateKbps, scale } = this.#rung;
    const old = this.#track;
    if (maxBitrateKbps === old.maxBitrateKbps || this.#closing !== undefined) {
      return;
    }
    const { room, size, framesPerSecond } = this.#options;
    const frame = this.#frame;
    const shrinker = this.#shrinkerTo(scale);
    const first = frame === undefined ? undefined : (shrinker?.shrink(frame) ?? frame);
    let track: PictureTrack;
    try {
      track = await PictureTrack.publish(room, {
        ...{ maxBitrateKbps, framesPerSecond, size: shrinker?.size ?? size },
        ...(first === undefined ? {} : { first }),
      });
    } catch {
      return;
    }
    await Promise.race([track.watched(), this.#wait(WATCHED_WITHIN_MS)]);
    this.#track = track;
    this.#fit();
    await this.#wait(OVERLAP_MS);
    await old.close();
  }

  /** The size that the track of now can carry of what is wished. */
  #fit(): void {
    const { maxBitrateKbps, scale } = this.#rung;
    this.#shrinker = this.#shrinkerTo(
      maxBitrateKbps < this.#track.maxBitrateKbps ? STOPGAP : scale,
    );
  }

  #shrinkerTo(scale: PictureScale): PictureShrinker | undefined {
    const { size } = this.#options;
    return scale.numerator === scale.denominator || !shrinks(size, scale)
      ? undefined
      : new PictureShrinker(size, scale);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.after(ms, resolve);
    });
  }
}

/**
 * One published camera track. The SDK takes the bitrate of an encoder when a track is published and never again, so a
 * new bitrate is a new track: it is published beside the old one, which goes when the new one is being watched.
 */
import type { PictureSize } from '#media/quality/shrink.ts';
import {
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  type LocalTrackPublication,
  type Room,
} from '@livekit/rtc-node';

export interface PictureTrackOptions {
  size: PictureSize;
  maxBitrateKbps: number;
  framesPerSecond: number;
  /** Shown until the next picture comes: an I420 buffer of `size`. Black when absent. */
  first?: Uint8Array;
}

export class PictureTrack {
  readonly maxBitrateKbps: number;
  readonly #room: Room;
  readonly #source: VideoSource;
  readonly #publication: LocalTrackPublication;

  private constructor(
    room: Room,
    source: VideoSource,
    publication: LocalTrackPublication,
    maxBitrateKbps: number,
  ) {
    this.#room = room;
    this.#source = source;
    this.#publication = publication;
    this.maxBitrateKbps = maxBitrateKbps;
  }

  /** Rejects where the room does not take it. */
  static async publish(room: Room, options: PictureTrackOptions): Promise<PictureTrack> {
    const { size, maxBitrateKbps, framesPerSecond } = options;
    const participant = room.localParticipant;
    if (participant === undefined) {
      throw new Error('The room is not connected.');
    }
    const source = new VideoSource(size.widthPx, size.heightPx);
    // Until its first frame the SDK's source sends black ones. This one comes before the track, so nobody sees them.
    const first = options.first?.slice() ?? new Uint8Array((size.widthPx * size.heightPx * 3) / 2);
    capture(source, first, size, 1n);
    try {
      const publication = await participant.publishTrack(
        LocalVideoTrack.createVideoTrack('avatar-camera', source),
        new TrackPublishOptions({
          source: TrackSource.SOURCE_CAMERA,
          simulcast: false,
          videoEncoding: {
            maxBitrate: BigInt(Math.round(maxBitrateKbps * 1_000)),
            maxFramerate: framesPerSecond,
          },
        }),
      );
      return new PictureTrack(room, source, publication, maxBitrateKbps);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Any size: the encoder follows. Reads `frame`, which owns its whole ArrayBuffer, before it returns. */
  write(frame: Uint8Array, size: PictureSize, ptsUs: bigint): void {
    capture(this.#source, frame, size, ptsUs);
  }

  /** Resolves when somebody watches it. */
  watched(): Promise<void> {
    return this.#publication.waitForSubscription();
  }

  /** Takes it out of the room. Never rejects. */
  async close(): Promise<void> {
    const { sid } = this.#publication;
    await this.#room.localParticipant?.unpublishTrack(sid ?? '').catch(() => undefined);
    await this.#source.close().catch(() => undefined);
  }
}

function capture(source: VideoSource, frame: Uint8Array, size: PictureSize, ptsUs: bigint): void {
  // The SDK reads from the start of the underlying buffer.
  source.captureFrame(
    new VideoFrame(frame, size.widthPx, size.heightPx, VideoBufferType.I420),
    ptsUs,
  );
}

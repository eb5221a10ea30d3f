/** Sound and picture into a LiveKit room: with audio-input, the only importer of @livekit/rtc-node's media classes. */
import type { AvSink } from '#media/stage/stage.ts';
import { FRAME_MS } from '#media/playout/playout.ts';
import type { PictureScale } from '#media/quality/ladder.ts';
import { PictureShrinker, shrinks } from '#media/quality/shrink.ts';
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  LocalVideoTrack,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoFrame,
  VideoSource,
  type Room,
} from '@livekit/rtc-node';

/**
 * 40 ms: sound that the SDK holds ahead of the wire. It bridges a pause of the event loop of that length; more would
 * delay every word and every interruption by as much.
 */
const AUDIO_AHEAD_MS = 40;
/** What an 848×480 face at 25 fps needs to look clean in VP8. */
const MAX_VIDEO_BITRATE_BPS = 1_200_000;

export interface AvFormat {
  sampleRateHz: number;
  widthPx: number;
  heightPx: number;
  framesPerSecond: number;
}

export class RoomAvOutput implements AvSink {
  readonly #room: Room;
  readonly #format: AvFormat;
  readonly #audioSource: AudioSource;
  readonly #videoSource: VideoSource;
  /** Absent at full size. */
  #shrinker: PictureShrinker | undefined;
  #closing: Promise<void> | undefined;

  private constructor(room: Room, format: AvFormat) {
    this.#room = room;
    this.#format = format;
    this.#audioSource = new AudioSource(format.sampleRateHz, 1, AUDIO_AHEAD_MS);
    this.#videoSource = new VideoSource(format.widthPx, format.heightPx);
    // Until its first frame the SDK's source sends black ones. This one comes before the track, so nobody sees it.
    this.writeVideo(new Uint8Array((format.widthPx * format.heightPx * 3) / 2), 1n);
  }

  /** Publishes a camera and a microphone track into a connected room. */
  static async publish(room: Room, format: AvFormat): Promise<RoomAvOutput> {
    const output = new RoomAvOutput(room, format);
    const participant = room.localParticipant;
    if (participant === undefined) {
      throw new Error('The room is not connected.');
    }
    const video = new TrackPublishOptions({
      source: TrackSource.SOURCE_CAMERA,
      simulcast: false,
      videoEncoding: {
        maxBitrate: BigInt(MAX_VIDEO_BITRATE_BPS),
        maxFramerate: format.framesPerSecond,
      },
    });
    const audio = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: true });
    await Promise.all([
      participant.publishTrack(
        LocalVideoTrack.createVideoTrack('avatar-camera', output.#videoSource),
        video,
      ),
      participant.publishTrack(
        LocalAudioTrack.createAudioTrack('avatar-microphone', output.#audioSource),
        audio,
      ),
    ]);
    return output;
  }

  get audioQueuedMs(): number {
    return Math.min(AUDIO_AHEAD_MS + FRAME_MS, this.#audioSource.queuedDuration);
  }

  /** Hears what is written, as it is written. It must not keep or change the samples. */
  onSound: (samples: Int16Array) => void = () => undefined;

  async writeAudio(samples: Int16Array): Promise<void> {
    this.onSound(samples);
    await this.#audioSource.captureFrame(
      new AudioFrame(samples, this.#format.sampleRateHz, 1, samples.length),
    );
  }

  /**
   * From the next picture on. The track stays: the encoder takes the new size with a key frame, and subscribers follow.
   * A size that does not come out whole stays as it is.
   */
  setScale(scale: PictureScale): void {
    this.#shrinker =
      scale.numerator === scale.denominator || !shrinks(this.#format, scale)
        ? undefined
        : new PictureShrinker(this.#format, scale);
  }

  writeVideo(frame: Uint8Array, ptsUs: bigint): void {
    const { widthPx, heightPx } = this.#shrinker?.size ?? this.#format;
    const picture = this.#shrinker?.shrink(frame) ?? frame;
    // The SDK reads from the start of the underlying buffer: `picture` must own its whole ArrayBuffer.
    this.#videoSource.captureFrame(
      new VideoFrame(picture, widthPx, heightPx, VideoBufferType.I420),
      ptsUs,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    const participant = this.#room.localParticipant;
    const publications = [...(participant?.trackPublications.values() ?? [])];
    await Promise.allSettled(
      publications.map((publication) => participant!.unpublishTrack(publication.sid ?? '')),
    );
    await Promise.allSettled([this.#audioSource.close(), this.#videoSource.close()]);
  }
}

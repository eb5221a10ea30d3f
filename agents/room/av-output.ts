/** Sound and picture into a LiveKit room: with audio-input, the only importer of @livekit/rtc-node's media classes. */
import { systemClock, type Clock } from '#media/clock.ts';
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
import { VIDEO_LEAD_MS } from './lip-timing.ts';
import { SoundQueue } from './sound-queue.ts';

/**
 * 40 ms: sound that the SDK holds ahead of the wire. It bridges a pause of the event loop of that length; more would
 * delay every word and every interruption by as much.
 */
const AUDIO_AHEAD_MS = 40;
/** What an 848×480 face at 25 fps needs to look clean in VP8. */
const MAX_VIDEO_BITRATE_BPS = 1_200_000;
/** A picture that far from the sound that leaves, the black first one for example, belongs to no sound. */
const FAR_MS = 500;

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
  readonly #clock: Clock;
  readonly #queue = new SoundQueue({ aheadMs: AUDIO_AHEAD_MS, frameMs: FRAME_MS });
  #lastPictureMs = 0;
  /** Absent at full size. */
  #shrinker: PictureShrinker | undefined;
  #closing: Promise<void> | undefined;

  private constructor(room: Room, format: AvFormat, clock: Clock) {
    this.#room = room;
    this.#clock = clock;
    this.#format = format;
    this.#audioSource = new AudioSource(format.sampleRateHz, 1, AUDIO_AHEAD_MS);
    this.#videoSource = new VideoSource(format.widthPx, format.heightPx);
    // Until its first frame the SDK's source sends black ones. This one comes before the track, so nobody sees it.
    this.writeVideo(new Uint8Array((format.widthPx * format.heightPx * 3) / 2), 1n);
  }

  /** Publishes a camera and a microphone track into a connected room. */
  static async publish(
    room: Room,
    format: AvFormat,
    clock: Clock = systemClock,
  ): Promise<RoomAvOutput> {
    const output = new RoomAvOutput(room, format, clock);
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
    return this.#queue.queuedMs(this.#clock.nowMs());
  }

  /** Hears what is written, as it is written. It must not keep or change the samples. */
  onSound: (samples: Int16Array) => void = () => undefined;

  async writeAudio(samples: Int16Array): Promise<void> {
    this.onSound(samples);
    const writtenAtMs = this.#clock.nowMs();
    this.#queue.write(writtenAtMs);
    await this.#audioSource.captureFrame(
      new AudioFrame(samples, this.#format.sampleRateHz, 1, samples.length),
    );
    this.#queue.calledBack(writtenAtMs, this.#clock.nowMs());
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
      BigInt(Math.round(this.#captureTimeMs(Number(ptsUs) / 1_000) * 1_000)),
    );
  }

  /**
   * When a picture was due, on the machine's clock: subscribers keep it in step with the sound by that time, and the SDK stamps
   * sound with the time at which it leaves. So a picture that was held up is not late for good, and a gap in the sound moves
   * the pictures after it at once.
   */
  #captureTimeMs(ptsMs: number): number {
    const nowMs = this.#clock.nowMs();
    const dueMs = nowMs + ptsMs - VIDEO_LEAD_MS - this.#queue.leavingMs(nowMs);
    // Never in the future: the SDK would take off as much from every time to come.
    const atMs = Math.abs(dueMs - nowMs) <= FAR_MS ? Math.min(dueMs, nowMs) : nowMs;
    this.#lastPictureMs = Math.max(atMs, this.#lastPictureMs + 1);
    return this.#lastPictureMs;
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

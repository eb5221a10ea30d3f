/** Sound and picture into a LiveKit room: with audio-input, the only importer of @livekit/rtc-node's media classes. */
import { systemClock, type Clock } from '#media/clock.ts';
import type { AvSink } from '#media/stage/stage.ts';
import { FRAME_MS } from '#media/playout/playout.ts';
import type { Rung } from '#media/quality/ladder.ts';
import {
  AudioFrame,
  AudioSource,
  LocalAudioTrack,
  TrackPublishOptions,
  TrackSource,
  type Room,
} from '@livekit/rtc-node';
import { VIDEO_LEAD_MS } from './lip-timing.ts';
import { PictureSender } from './picture-sender.ts';
import { SoundQueue } from './sound-queue.ts';

/**
 * 40 ms: sound that the SDK holds ahead of the wire. It bridges a pause of the event loop of that length; more would
 * delay every word and every interruption by as much.
 */
const AUDIO_AHEAD_MS = 40;
/** Clean for one voice. The SDK sends it twice against loss, so that a line carries double. */
const SOUND_BITRATE_BPS = 32_000;
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
  readonly #pictures: PictureSender;
  readonly #clock: Clock;
  readonly #queue = new SoundQueue({ aheadMs: AUDIO_AHEAD_MS, frameMs: FRAME_MS });
  #lastPictureMs = 0;
  #closing: Promise<void> | undefined;

  private constructor(
    room: Room,
    format: AvFormat,
    clock: Clock,
    audioSource: AudioSource,
    pictures: PictureSender,
  ) {
    this.#room = room;
    this.#clock = clock;
    this.#format = format;
    this.#audioSource = audioSource;
    this.#pictures = pictures;
  }

  /** Publishes a camera and a microphone track into a connected room. */
  static async publish(
    room: Room,
    format: AvFormat,
    clock: Clock = systemClock,
  ): Promise<RoomAvOutput> {
    const participant = room.localParticipant;
    if (participant === undefined) {
      throw new Error('The room is not connected.');
    }
    const audioSource = new AudioSource(format.sampleRateHz, 1, AUDIO_AHEAD_MS);
    const audio = new TrackPublishOptions({
      source: TrackSource.SOURCE_MICROPHONE,
      dtx: true,
      audioEncoding: { maxBitrate: BigInt(SOUND_BITRATE_BPS) },
    });
    const [pictures] = await Promise.all([
      PictureSender.publish({
        room,
        size: format,
        framesPerSecond: format.framesPerSecond,
        after: (delayMs, task) => clock.after(delayMs, task),
      }),
      participant.publishTrack(
        LocalAudioTrack.createAudioTrack('avatar-microphone', audioSource),
        audio,
      ),
    ]);
    return new RoomAvOutput(room, format, clock, audioSource, pictures);
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

  /** Size and bitrate of the pictures from now on. */
  setRung(rung: Rung): void {
    this.#pictures.setRung(rung);
  }

  writeVideo(frame: Uint8Array, ptsUs: bigint): void {
    const atUs = Math.round(this.#captureTimeMs(Number(ptsUs) / 1_000) * 1_000);
    this.#pictures.write(frame, BigInt(atUs));
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
    await this.#pictures.close();
    const participant = this.#room.localParticipant;
    const publications = [...(participant?.trackPublications.values() ?? [])];
    await Promise.allSettled(
      publications.map((publication) => participant!.unpublishTrack(publication.sid ?? '')),
    );
    await this.#audioSource.close().catch(() => undefined);
  }
}

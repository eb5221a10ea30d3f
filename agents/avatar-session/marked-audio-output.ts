/** The framework's audio output for avatars, which also sends the phonemes that our voices know of their sound. */
import { MARKS_TOPIC } from '#agents/room/avatar-room.ts';
import { SPEECH_USERDATA, type SpeechUserdata } from '#agents/room/avatar-output.ts';
import type { MarksMessage } from '#agents/avatar-worker/mark-book.ts';
import { voice } from '@livekit/agents';
import { AudioFrame, type Room } from '@livekit/rtc-node';

export type MarkedAudioOutputOptions = ConstructorParameters<typeof voice.DataStreamAudioOutput>[0];

export class MarkedAudioOutput extends voice.DataStreamAudioOutput {
  readonly #room: Room;
  readonly #avatar: string;
  /** Counts the segments, as the avatar does. */
  #segment = -1;
  #inSegment = false;
  /** Sound of the segment that has been handed on. */
  #sentMs = 0;

  constructor(options: MarkedAudioOutputOptions) {
    super(options);
    this.#room = options.room;
    this.#avatar = options.destinationIdentity;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    if (!this.#inSegment) {
      this.#inSegment = true;
      this.#segment += 1;
      this.#sentMs = 0;
    }
    const speech = frame.userdata[SPEECH_USERDATA] as SpeechUserdata | undefined;
    const fromMs = this.#sentMs;
    this.#sentMs += (frame.samplesPerChannel * 1_000) / frame.sampleRate;
    if (speech !== undefined && speech.phonemes.length > 0) {
      // Before its sound, so that the mouth can anticipate; streams of one participant keep their order.
      await this.#send({
        segment: this.#segment,
        phonemes: speech.phonemes.map(({ phoneme, startMs, endMs }) => [
          phoneme,
          Math.max(0, startMs + fromMs),
          Math.max(0, endMs + fromMs),
        ]),
      });
    }
    await super.captureFrame(ownBuffer(frame));
  }

  override flush(): void {
    this.#inSegment = false;
    super.flush();
  }

  async #send(message: MarksMessage): Promise<void> {
    try {
      await this.#room.localParticipant?.sendText(JSON.stringify(message), {
        topic: MARKS_TOPIC,
        destinationIdentities: [this.#avatar],
      });
    } catch {
      // The mouth listens where it has no marks.
    }
  }
}

/** The framework sends the whole buffer behind a frame: a frame that is a view into a longer one is copied out of it. */
function ownBuffer(frame: AudioFrame): AudioFrame {
  return frame.data.byteLength === frame.data.buffer.byteLength
    ? frame
    : new AudioFrame(
        frame.data.slice(),
        frame.sampleRate,
        frame.channels,
        frame.samplesPerChannel,
        frame.userdata,
      );
}

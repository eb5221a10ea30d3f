/** The learner's sound on its way in: between the room's audio stream and everything in the session that hears it. */
import type { Clock } from '#media/clock.ts';
import { EchoGate } from '#media/input/echo-gate.ts';
import { AudioFrame, FrameProcessor } from '@livekit/rtc-node';

/** The kernel hears in frames of this length. */
const FRAME_MS = 10;

export interface LearnerInputOptions {
  /** Of what the learner sends, as the session asks for it. */
  heardRateHz: number;
  /** Of the avatar's sound. */
  playedRateHz: number;
  clock: Clock;
}

/** AgentSession takes it as its noise cancellation: every frame of the learner's track passes through `process`. */
export class LearnerInput extends FrameProcessor<AudioFrame> {
  readonly #frameSamples: number;
  readonly #echo: EchoGate;
  readonly #clock: Clock;
  #enabled = true;
  /** The end of a frame that was not a whole number of ours. */
  #rest = new Int16Array(0);

  constructor(options: LearnerInputOptions) {
    super();
    this.#frameSamples = (options.heardRateHz * FRAME_MS) / 1_000;
    this.#echo = new EchoGate(options);
    this.#clock = options.clock;
  }

  override isEnabled(): boolean {
    return this.#enabled;
  }

  override setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
  }

  /** 10 ms of the avatar's sound leave for the room. */
  played(samples: Int16Array): void {
    this.#echo.play(samples, this.#clock.nowMs());
  }

  override process(frame: AudioFrame): AudioFrame {
    const nowMs = this.#clock.nowMs();
    const parts: Int16Array[] = [];
    const samples = joined([this.#rest, frame.data]);
    let at = 0;
    for (; at + this.#frameSamples <= samples.length; at += this.#frameSamples) {
      parts.push(this.#echo.hear(samples.subarray(at, at + this.#frameSamples), nowMs));
    }
    this.#rest = samples.slice(at);
    const heard = joined(parts);
    return new AudioFrame(heard, frame.sampleRate, 1, heard.length, frame.userdata);
  }

  override close(): void {
    this.#enabled = false;
  }
}

function joined(parts: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

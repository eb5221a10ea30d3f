/** The learner's sound on its way in: between the room's audio stream and everything in the session that hears it. */
import type { Clock } from '#media/clock.ts';
import { EchoGate } from '#media/input/echo-gate.ts';
import {
  InputConditioner,
  type InputLevel,
  type InputReport,
} from '#media/input/input-conditioner.ts';
import { AudioFrame, FrameProcessor } from '@livekit/rtc-node';

/** The kernel hears in frames of this length. */
const FRAME_MS = 10;

export interface LearnerInputOptions {
  /** Of what the learner sends, as the session asks for it. */
  heardRateHz: number;
  /** Of the avatar's sound. */
  playedRateHz: number;
  clock: Clock;
  /** Something worth a hint to the learner has changed. */
  onHint: (hint: InputHint) => void;
}

/** Told to the page as JSON: `understudy.input`. */
export interface InputHint {
  level: InputLevel;
  /** The avatar's own voice comes back from loudspeakers that the page does not cancel. */
  echo: boolean;
}

/** AgentSession takes it as its noise cancellation: every frame of the learner's track passes through `process`. */
export class LearnerInput extends FrameProcessor<AudioFrame> {
  readonly #frameSamples: number;
  readonly #echo: EchoGate;
  readonly #conditioner = new InputConditioner();
  readonly #clock: Clock;
  readonly #onHint: (hint: InputHint) => void;
  #hint: InputHint = { level: 'ok', echo: false };
  #enabled = true;
  /** The end of a frame that was not a whole number of ours. */
  #rest = new Int16Array(0);

  constructor(options: LearnerInputOptions) {
    super();
    this.#frameSamples = (options.heardRateHz * FRAME_MS) / 1_000;
    this.#echo = new EchoGate(options);
    this.#clock = options.clock;
    this.#onHint = options.onHint;
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

  /** Whether the avatar's voice comes back from this learner's room, and may be coming back now. */
  get echoes(): boolean {
    return this.#echo.state === 'echo' && this.#echo.avatarSounds;
  }

  /** What is known of the learner's sound. */
  get report(): InputReport {
    return this.#conditioner.report;
  }

  override process(frame: AudioFrame): AudioFrame {
    const nowMs = this.#clock.nowMs();
    const parts: Int16Array[] = [];
    const samples = joined([this.#rest, frame.data]);
    let at = 0;
    for (; at + this.#frameSamples <= samples.length; at += this.#frameSamples) {
      this.#conditioner.arrived(nowMs);
      const passed = this.#echo.hear(samples.subarray(at, at + this.#frameSamples), nowMs);
      for (let from = 0; from < passed.length; from += this.#frameSamples) {
        parts.push(this.#conditioner.process(passed.subarray(from, from + this.#frameSamples)));
      }
    }
    this.#rest = samples.slice(at);
    this.#tell();
    const heard = joined(parts);
    return new AudioFrame(heard, frame.sampleRate, 1, heard.length, frame.userdata);
  }

  #tell(): void {
    const { level } = this.#conditioner;
    const echo = this.#echo.state === 'echo';
    if (level !== this.#hint.level || echo !== this.#hint.echo) {
      this.#hint = { level, echo };
      this.#onHint(this.#hint);
    }
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

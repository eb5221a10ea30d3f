/** The bytes of one `lk.audio_stream` as the stage wants them: mono PCM at the stage's rate, whatever was sent. */
import { convertRate } from '#media/speech/rate-converter.ts';
import { ProtocolError } from './protocol-error.ts';

/** What the attributes of an audio stream say. */
export interface SoundFormat {
  /** 8,000 to 48,000. */
  sampleRateHz: number;
  channels: 1 | 2;
}

const LOWEST_RATE_HZ = 8_000;
const HIGHEST_RATE_HZ = 48_000;
/** Rates are taken to the nearest multiple of this, so that filters stay small: off by 0.16 % at worst, which nobody hears. */
const RATE_STEP_HZ = 25;
/** The longest filter of `convertRate` at these rates has this many taps at most. */
const LONGEST_FILTER = 64;
const BYTES_PER_SAMPLE = 2;

/** Throws ProtocolError SOUND_FORMAT_UNUSABLE. */
export function soundFormatOf(attributes: Readonly<Record<string, string>>): SoundFormat {
  const sampleRateHz = wholeNumber(attributes['sample_rate']);
  const channels = wholeNumber(attributes['num_channels']);
  if (!(sampleRateHz >= LOWEST_RATE_HZ && sampleRateHz <= HIGHEST_RATE_HZ)) {
    throw new ProtocolError(
      'SOUND_FORMAT_UNUSABLE',
      `sample_rate must be ${String(LOWEST_RATE_HZ)} to ${String(HIGHEST_RATE_HZ)}.`,
    );
  }
  if (channels !== 1 && channels !== 2) {
    throw new ProtocolError('SOUND_FORMAT_UNUSABLE', 'num_channels must be 1 or 2.');
  }
  return { sampleRateHz, channels };
}

/** Turns chunks of any length into samples. Sound comes out as it goes in, but for a few milliseconds of filter. */
export class StreamSound {
  readonly #format: SoundFormat;
  readonly #toHz: number;
  readonly #fromHz: number;
  /** Bytes of a sample whose rest is in the next chunk. */
  #rest: Uint8Array = new Uint8Array(0);
  /** Mono input that still waits, led by `#context` samples that were converted already. */
  #waiting: Int16Array = new Int16Array(0);
  /** Input around a block that its filter sees; a whole number of rounds of the rates' ratio, so that no phase is lost. */
  readonly #context: number;
  /** Input samples of one round, and the output samples that they make. */
  readonly #round: { from: number; to: number };
  #begun = false;

  constructor(format: SoundFormat, toHz: number) {
    this.#format = format;
    this.#toHz = toHz;
    this.#fromHz = Math.round(format.sampleRateHz / RATE_STEP_HZ) * RATE_STEP_HZ;
    const shared = greatestCommonDivisor(this.#fromHz, toHz);
    this.#round = { from: this.#fromHz / shared, to: toHz / shared };
    this.#context = Math.ceil(LONGEST_FILTER / this.#round.from) * this.#round.from;
  }

  /** Takes interleaved little-endian 16-bit PCM; returns mono samples at the stage's rate, perhaps none yet. */
  push(bytes: Uint8Array): Int16Array {
    return this.#convert(this.#mono(bytes), false);
  }

  /** What the filter still held. Half a sample at the end of the stream is dropped. */
  end(): Int16Array {
    return this.#convert(new Int16Array(0), true);
  }

  #mono(bytes: Uint8Array): Int16Array {
    const frameBytes = this.#format.channels * BYTES_PER_SAMPLE;
    const joined = new Uint8Array(this.#rest.length + bytes.length);
    joined.set(this.#rest);
    joined.set(bytes, this.#rest.length);
    const frames = Math.floor(joined.length / frameBytes);
    this.#rest = joined.slice(frames * frameBytes);
    const view = new DataView(joined.buffer);
    const mono = new Int16Array(frames);
    for (let at = 0; at < frames; at += 1) {
      const left = view.getInt16(at * frameBytes, true);
      mono[at] =
        this.#format.channels === 1
          ? left
          : (left + view.getInt16(at * frameBytes + BYTES_PER_SAMPLE, true)) / 2;
    }
    return mono;
  }

  #convert(mono: Int16Array, last: boolean): Int16Array {
    if (this.#fromHz === this.#toHz) {
      return mono;
    }
    const { from, to } = this.#round;
    const context = this.#begun ? this.#context : 0;
    const waiting = new Int16Array(this.#waiting.length + mono.length);
    waiting.set(this.#waiting);
    waiting.set(mono, this.#waiting.length);
    const fresh = waiting.length - context;
    const block = last ? fresh : Math.floor((fresh - this.#context) / from) * from;
    if (block <= 0) {
      this.#waiting = waiting;
      return new Int16Array(0);
    }
    const ahead = Math.min(waiting.length, context + block + this.#context);
    const converted = convertRate(waiting.slice(0, ahead), this.#fromHz, this.#toHz);
    const made = converted.slice(
      (context / from) * to,
      Math.round(((context + block) * to) / from),
    );
    this.#begun = true;
    // What follows sees the end of this block, or all of a shorter beginning padded to whole rounds of silence.
    const kept = new Int16Array(this.#context + fresh - block);
    const source = waiting.subarray(Math.max(0, context + block - this.#context));
    kept.set(source, kept.length - source.length);
    this.#waiting = kept;
    return made;
  }
}

function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^\d{1,6}$/u.test(text) ? Number(text) : Number.NaN;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

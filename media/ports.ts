/**
 * The ports that the conversation needs and engines implement. The consumer owns the port: nothing here knows
 * which engine stands behind it. Results return as AsyncIterable; nothing calls back up.
 */
import type { FacePose } from './face/pose.ts';

/** One sound of speech. Times are milliseconds from the first sample of the utterance. */
export interface PhonemeMark {
  /** Lower-case ARPAbet without stress (`aa`, `b`, `dh`), or `pau` for silence. Engines map their own alphabets to it. */
  phoneme: string;
  startMs: number;
  endMs: number;
}

/** One written word as it is spoken. Times are milliseconds from the first sample of the utterance. */
export interface WordMark {
  text: string;
  startMs: number;
  endMs: number;
}

/** Speech sound with its timings. Ownership of `samples` passes to the receiver. */
export interface SpeechChunk {
  /** Mono PCM, signed 16 bit. */
  samples: Int16Array;
  sampleRateHz: number;
  phonemes: PhonemeMark[];
  words: WordMark[];
}

/** Every await can be cancelled: an abort ends the iteration quietly, only faults reject. */
export interface CallOptions {
  signal?: AbortSignal;
  /** Nobody waits for it yet: where an engine serves several rooms, live conversation goes first. */
  preparation?: boolean;
}

export interface VoiceDescription {
  id: string;
  /** BCP 47, for example `en` or `sv`. */
  language: string;
  gender: 'female' | 'male';
  /** One sentence for the catalogue of voices, with the licence. */
  description: string;
}

export interface TextToSpeech {
  readonly name: string;
  readonly sampleRateHz: number;
  readonly voices: readonly VoiceDescription[];
  /** Speaks `text` clause by clause; the marks of each chunk are relative to that chunk's first sample. */
  synthesize(text: string, voiceId: string, options?: CallOptions): AsyncIterable<SpeechChunk>;
  close(): Promise<void>;
}

export interface Transcript {
  kind: 'partial' | 'final';
  text: string;
  /** 0..1, the engine's own belief. */
  confidence: number;
  /** A partial that holds all that was said before the pause that `hasten` told of. */
  whole?: boolean;
}

/** Recognises one learner's speech, utterance by utterance. */
export interface SpeechToText {
  readonly name: string;
  /** How well it hears, told to the learner. */
  readonly grade: 'basic' | 'full';
  readonly sampleRateHz: number;
  readonly languages: readonly string[];
  /** Makes the next `open` fast. Never rejects: what fails, fails in `open`. */
  warmUp?(): Promise<void>;
  open(options: { language: string }): Promise<Recognizer>;
  close(): Promise<void>;
}

/** One learner's recogniser. One utterance is open at a time. */
export interface Recognizer {
  /** Feeds mono 16-bit PCM of the open utterance at the port's rate; opens an utterance when none is open. */
  push(samples: Int16Array): void;
  /** The best text for the open utterance so far; cheap, may lag by a chunk. */
  partial(): Promise<Transcript>;
  /**
   * Decodes everything pushed since the utterance opened, as a whole, and keeps the utterance open: if speech
   * goes on, further pushes extend it. A newer call supersedes an older one, which then resolves with null.
   */
  decode(): Promise<Transcript | null>;
  /** Speech goes on: a `decode` at hand is of no more use and may be withdrawn. It then resolves with null. */
  cancel?(): void;
  /** The speaker has fallen silent: a text of all that was pushed is wanted from `partial`, soon and roughly. */
  hasten?(): void;
  /** Ends the utterance; the next push opens a new one. */
  reset(): void;
  close(): Promise<void>;
}

/** Draws a face. A drawn one is pure: the same pose gives the same picture; a filmed one moves on with every picture. */
export interface FaceRenderer {
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** How much later than its pose a mouth is seen, where it is made elsewhere; not at all when absent. */
  readonly lagMs?: number;
  /**
   * Draws one picture into `frame`, an I420 buffer (BT.601 limited range) of widthPx * heightPx * 3 / 2 bytes:
   * the Y plane, then U, then V at half size. The caller owns the buffer.
   */
  render(pose: FacePose, frame: Uint8Array): void;
  close(): void;
}

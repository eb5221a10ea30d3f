/** What passes between the flite engine and its worker thread. */
import type { FliteVoice } from './voices.ts';

export type SpokenInput =
  /** ASCII text, and its words as they will be said, in order. */
  | { kind: 'text'; text: string; words: string[] }
  /** ARPAbet phones, for sounds that no spelling gives. */
  | { kind: 'phones'; phones: string };

export interface SpeakJob {
  input: SpokenInput;
  voice: Pick<FliteVoice, 'base' | 'pitchHz' | 'stretch'>;
}

export interface TimedPhone {
  phone: string;
  startMs: number;
  endMs: number;
}

export interface SpeakResult {
  samples: Int16Array;
  sampleRateHz: number;
  phones: TimedPhone[];
  /** For each word of the request the phones that flite gives it alone; empty where it could not be told. */
  pronunciations: string[][];
}

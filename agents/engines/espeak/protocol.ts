/** What passes between the espeak-ng engine and its process. */
export interface EspeakJob {
  text: string;
  /** espeak-ng's own name, with a variant: `sv+f2`. */
  espeakVoice: string;
  /** Words per minute. */
  rate: number;
  /** 0 to 99. */
  pitch: number;
}

/** One event as espeak-ng reports it. Positions in the text count characters from 1. */
export interface EspeakEvent {
  type: string;
  id: string | number;
  textPosition: number;
  audioMs: number;
}

export interface EspeakResult {
  samples: Int16Array;
  sampleRateHz: number;
  events: EspeakEvent[];
}

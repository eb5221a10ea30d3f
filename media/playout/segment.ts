import type { PhonemeMark } from '../ports.ts';

export type SegmentKind = 'answer' | 'backchannel';

/** One stretch of speech that ends as a whole: an answer, or a short sound while listening. */
export interface Segment {
  readonly id: number;
  readonly kind: SegmentKind;
}

/** Speech with its marks, placed on the media timeline. */
export interface ScheduledSpeech {
  phonemes: readonly PhonemeMark[];
  startMs: number;
}

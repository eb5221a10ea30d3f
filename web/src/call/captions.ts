/**
 * The captions of both sides, built from transcription segments. Pure.
 * A side shows its current turn: segments join until the other side has spoken, then a new one starts afresh.
 */

export type Speaker = 'learner' | 'avatar';

export interface CaptionSegment {
  speaker: Speaker;
  /** The same id again replaces the text: interim results grow and correct themselves. */
  id: string;
  text: string;
  final: boolean;
}

export interface Captions {
  /** The current turn of each side, oldest segment first. */
  learner: readonly CaptionSegment[];
  avatar: readonly CaptionSegment[];
  /** Who spoke last. */
  last: Speaker | null;
  /** The newest finished segment, for screen readers; changes identity with each. */
  announced: CaptionSegment | null;
}

export const NO_CAPTIONS: Captions = { learner: [], avatar: [], last: null, announced: null };

/** Takes in one segment, new or grown. */
export function applySegment(captions: Captions, segment: CaptionSegment): Captions {
  const side = captions[segment.speaker];
  const known = side.findIndex((one) => one.id === segment.id);
  const announced = segment.final && segment.text.trim() !== '' ? segment : captions.announced;
  let turn: readonly CaptionSegment[];
  if (known >= 0) {
    turn = side.map((one, index) => (index === known ? segment : one));
  } else if (segment.text.trim() === '') {
    return captions;
  } else if (captions.last === segment.speaker) {
    turn = [...side, segment];
  } else {
    turn = [segment];
  }
  // A late word of a turn that was spoken over does not give its speaker the floor again.
  const last = known >= 0 ? captions.last : segment.speaker;
  return { ...captions, [segment.speaker]: turn, last, announced };
}

/** The text of a turn. */
export function turnText(segments: readonly CaptionSegment[]): string {
  return segments
    .map((segment) => segment.text.trim())
    .filter((text) => text !== '')
    .join(' ');
}

/**
 * At most `maxLength` characters: whole words are dropped from the front, in steps of a quarter of the room,
 * so that the lines on screen rest most of the time instead of reflowing with every new word.
 */
export function dropOldest(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const step = Math.max(1, Math.floor(maxLength / 4));
  const over = text.length - maxLength;
  const cut = Math.ceil(over / step) * step;
  const space = text.indexOf(' ', cut);
  // One endless word: its end is what counts.
  if (space < 0) return text.slice(-maxLength);
  return text.slice(space + 1);
}

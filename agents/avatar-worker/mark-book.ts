/** Phonemes that the agent sends beside its sound, kept until their sound comes. Where there are none, the ear's are used. */
import type { PhonemeMark } from '#media/ports.ts';
import { z } from 'zod';
import { ProtocolError } from './protocol-error.ts';

/** An hour: no segment is longer. */
const LATEST_MS = 3_600_000;
const timeMs = z.number().min(0).max(LATEST_MS);

/** One message on `understudy.marks`. Times count from the first sample of the segment's audio stream. */
const messageSchema = z.object({
  /** Which of the agent's audio streams since it met the avatar, from 0. */
  segment: z.number().int().min(0),
  phonemes: z.array(z.tuple([z.string().min(1).max(8), timeMs, timeMs])).max(4_000),
});
export type MarksMessage = z.infer<typeof messageSchema>;

const LONGEST_MESSAGE = 200_000;
/** Marks come just before their sound; for more segments ahead nobody sends them. */
const MOST_SEGMENTS = 32;
const MOST_MARKS = 40_000;
/** Marks are given to the mouth this long before their sound is here: it anticipates, but does not speak without sound. */
const AHEAD_MS = 300;

interface Page {
  marks: PhonemeMark[];
  /** Where the last mark ends: the agent knows its own sound up to here. */
  untilMs: number;
  taken: number;
}

export class MarkBook {
  readonly #pages = new Map<number, Page>();
  #given = 0;

  /** How many marks of the agent's own have been given to the mouth. */
  get given(): number {
    return this.#given;
  }

  /** Throws ProtocolError MARKS_INVALID. */
  add(message: string): void {
    const { segment, phonemes } = parse(message);
    const page = this.#pages.get(segment) ?? { marks: [], untilMs: 0, taken: 0 };
    if (page.marks.length + phonemes.length > MOST_MARKS) {
      throw new ProtocolError('MARKS_INVALID', 'There are too many marks for one segment.');
    }
    for (const [phoneme, startMs, endMs] of phonemes) {
      page.marks.push({ phoneme, startMs, endMs });
      page.untilMs = Math.max(page.untilMs, endMs);
    }
    this.#pages.set(segment, page);
    if (this.#pages.size > MOST_SEGMENTS) {
      this.#pages.delete(this.#pages.keys().next().value!);
    }
  }

  /**
   * The marks for sound of `segment` up to `untilMs`: the agent's own as far as they go, what the ear `heard` beyond.
   * Each mark is given once.
   */
  take(segment: number, untilMs: number, heard: readonly PhonemeMark[]): PhonemeMark[] {
    const page = this.#pages.get(segment);
    if (page === undefined) {
      return [...heard];
    }
    const taken: PhonemeMark[] = [];
    for (; page.taken < page.marks.length; page.taken += 1) {
      const mark = page.marks[page.taken]!;
      if (mark.startMs >= untilMs + AHEAD_MS) {
        break;
      }
      taken.push(mark);
    }
    this.#given += taken.length;
    return [...taken, ...heard.filter(({ startMs }) => startMs >= page.untilMs)];
  }

  forget(segment: number): void {
    this.#pages.delete(segment);
  }
}

function parse(message: string): MarksMessage {
  if (message.length > LONGEST_MESSAGE) {
    throw new ProtocolError('MARKS_INVALID', 'The message is too long.');
  }
  try {
    return messageSchema.parse(JSON.parse(message));
  } catch (cause) {
    throw new ProtocolError('MARKS_INVALID', '', { cause });
  }
}

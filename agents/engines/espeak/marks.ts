/** Turns espeak-ng's events into our marks. Pure. */
import type { PhonemeMark, WordMark } from '#media/ports.ts';
import { arpabetMarks } from '#media/visemes/ipa.ts';
import type { EspeakEvent } from './protocol.ts';

/** A word as it was sent: what the page shows, and where its speech begins in the text, in characters from 0. */
export interface SentWord {
  written: string;
  start: number;
}

/** An espeak phoneme name is IPA; silence has the empty name. The last phoneme lasts until `endMs`. */
export const phonemeMarks = (events: readonly EspeakEvent[], endMs: number): PhonemeMark[] => {
  const phonemes = events.filter((event) => event.type === 'phoneme');
  const marks = phonemes.map((event, index) => ({
    phoneme: String(event.id),
    startMs: index === 0 ? 0 : event.audioMs,
    endMs: phonemes[index + 1]?.audioMs ?? endMs,
  }));
  const named = arpabetMarks(marks.filter((mark) => mark.endMs > mark.startMs));
  const merged: PhonemeMark[] = [];
  for (const mark of named) {
    const last = merged.at(-1);
    if (last?.phoneme === 'pau' && mark.phoneme === 'pau') last.endMs = mark.endMs;
    // A name that means no sound to us leaves a gap, which the sound before it fills.
    else if (last !== undefined && last.endMs < mark.startMs) {
      last.endMs = mark.startMs;
      merged.push({ ...mark });
    } else merged.push({ ...mark });
  }
  return merged;
};

/**
 * The written words in time. espeak-ng reads one written word as several ("250") or several as one ("in a"), so a
 * written word lasts from its first event to the next word's; a word without an event shares the time before it.
 */
export const wordMarks = (
  events: readonly EspeakEvent[],
  words: readonly SentWord[],
  soundEndMs: number,
): WordMark[] => {
  const starts: (number | undefined)[] = words.map(() => undefined);
  let reached = 0;
  for (const event of events) {
    if (event.type !== 'word') continue;
    const position = event.textPosition - 1;
    let owner = reached;
    while (owner + 1 < words.length && words[owner + 1]!.start <= position) owner += 1;
    // espeak-ng's positions drift back inside numbers; words never do.
    reached = owner;
    starts[owner] ??= event.audioMs;
  }
  starts[0] ??= 0;
  const marks: WordMark[] = [];
  let index = 0;
  while (index < words.length) {
    let next = index + 1;
    while (next < words.length && starts[next] === undefined) next += 1;
    const startMs = Math.min(starts[index]!, soundEndMs);
    const endMs = Math.min(starts[next] ?? soundEndMs, soundEndMs);
    const share = (endMs - startMs) / (next - index);
    for (let part = index; part < next; part += 1) {
      marks.push({
        text: words[part]!.written,
        startMs: startMs + (part - index) * share,
        endMs: startMs + (part - index + 1) * share,
      });
    }
    index = next;
  }
  return marks;
};

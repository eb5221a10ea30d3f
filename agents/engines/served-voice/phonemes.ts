/** Turns the IPA of served voices into our marks. Pure. */
import type { PhonemeMark } from '#media/ports.ts';
import { arpabetOf } from '#media/visemes/ipa.ts';

/** A clause's sound as its engine describes it. */
export interface SpokenPhonemes {
  /** One sound, mark or pause each, as espeak-ng writes them: `ˈ`, `a`, `ʊ`, `,`, and a space between words. */
  phonemes: readonly string[];
  /** Their lengths in samples; empty where the engine does not tell. */
  lengths: readonly number[];
}

/** Punctuation, and what Piper puts around a sentence. */
const PAUSE = /^[.,;:!?…—–"()“”¿¡^$]$/u;
/** A shorter pause is the closure of the sound before it and no rest of the mouth. */
const SHORTEST_PAUSE_MS = 40;
/** Below this a sample is silence, for voices that do not tell how long their phonemes last. */
const AUDIBLE = 300;
const VOWEL = /^(?:aa|ae|ah|ao|aw|ax|axr|ay|eh|er|ey|ih|ix|iy|oa|oe|ow|oy|ue|uh|uw|uy)$/u;

/** The sounds of a word or phrase as names of `arpabet.ts`, diphthongs and affricates joined. */
export function namesOf(ipa: string): string[] {
  // What the engine separates by marks of stress would be read apart.
  const plain = ipa.replace(/[ˈˌ]/gu, '');
  return plain
    .split(/[\s.,;:!?…—–"()“”¿¡^$_]+/u)
    .filter((part) => part !== '')
    .flatMap(arpabetOf);
}

/**
 * The marks of a clause, one after the other from 0 to its end; stress and length belong to the sound before them, gaps
 * between words too. Without lengths they share the audible part of the sound.
 */
export function phonemeMarks(
  spoken: SpokenPhonemes,
  samples: Int16Array,
  sampleRateHz: number,
): PhonemeMark[] {
  const wholeMs = (samples.length / sampleRateHz) * 1_000;
  const { phonemes, lengths } = spoken;
  if (lengths.length !== phonemes.length || lengths.length === 0) {
    return guessedMarks(namesOf(phonemes.join('')), samples, sampleRateHz, wholeMs);
  }
  const marks: PhonemeMark[] = [];
  let at = 0;
  for (let index = 0; index < phonemes.length; index += 1) {
    const startMs = (at / sampleRateHz) * 1_000;
    at += lengths[index]!;
    const endMs = Math.min(wholeMs, (at / sampleRateHz) * 1_000);
    add(marks, phonemes[index]!, phonemes[index - 1], startMs, endMs);
  }
  const audible = marks.filter(({ startMs, endMs }) => endMs > startMs);
  return closed(audible, wholeMs);
}

function add(
  marks: PhonemeMark[],
  ipa: string,
  before: string | undefined,
  startMs: number,
  endMs: number,
): void {
  const last = marks.at(-1);
  if (PAUSE.test(ipa)) {
    const atEdge = marks.every(({ phoneme }) => phoneme === 'pau');
    if (last?.phoneme === 'pau') {
      last.endMs = endMs;
    } else if (atEdge || endMs - startMs >= SHORTEST_PAUSE_MS) {
      marks.push({ phoneme: 'pau', startMs, endMs });
    } else {
      last!.endMs = endMs;
    }
    return;
  }
  const joined = before === undefined || last === undefined ? [] : arpabetOf(before + ipa);
  const alone = ipa.trim() === '' ? [] : arpabetOf(ipa);
  if (joined.length === 1 && alone.length <= 1 && last?.phoneme !== 'pau' && joins(before!, ipa)) {
    last!.phoneme = joined[0]!;
    last!.endMs = endMs;
  } else if (alone.length === 0) {
    // Stress, length, a gap between words.
    if (last !== undefined) {
      last.endMs = endMs;
    } else {
      marks.push({ phoneme: 'pau', startMs, endMs });
    }
  } else {
    const stepMs = (endMs - startMs) / alone.length;
    alone.forEach((phoneme, part) => {
      marks.push({
        phoneme,
        startMs: startMs + part * stepMs,
        endMs: startMs + (part + 1) * stepMs,
      });
    });
  }
}

/** Two symbols that make one sound: `aɪ`, `tʃ`, a letter with the mark that follows it. */
function joins(before: string, ipa: string): boolean {
  if (before.trim() === '' || ipa.trim() === '') {
    return false;
  }
  const isMark = /^\p{M}$/u.test(ipa);
  return arpabetOf(before).length === 1 && (isMark || arpabetOf(ipa).length === 1);
}

function guessedMarks(
  names: readonly string[],
  samples: Int16Array,
  sampleRateHz: number,
  wholeMs: number,
): PhonemeMark[] {
  const first = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  if (first < 0 || names.length === 0) {
    return closed([], wholeMs);
  }
  const last = samples.findLastIndex((sample) => Math.abs(sample) > AUDIBLE);
  const startMs = (first / sampleRateHz) * 1_000;
  const spanMs = ((last + 1 - first) / sampleRateHz) * 1_000;
  // Vowels last about one and a half times as long as consonants.
  const weights = names.map((name) => (VOWEL.test(name) ? 1.5 : 1));
  const unitMs = spanMs / weights.reduce((sum, weight) => sum + weight, 0);
  let atMs = startMs;
  const marks = names.map((phoneme, index) => {
    const mark = { phoneme, startMs: atMs, endMs: atMs + weights[index]! * unitMs };
    atMs = mark.endMs;
    return mark;
  });
  return closed(marks, wholeMs);
}

/** Silence before the first and after the last, so that the marks cover the whole. */
function closed(marks: readonly PhonemeMark[], wholeMs: number): PhonemeMark[] {
  const startMs = marks[0]?.startMs ?? wholeMs;
  const endMs = marks.at(-1)?.endMs ?? wholeMs;
  return [
    ...(startMs > 0 ? [{ phoneme: 'pau', startMs: 0, endMs: startMs }] : []),
    ...marks.map((mark) => ({ ...mark })),
    ...(endMs < wholeMs ? [{ phoneme: 'pau', startMs: endMs, endMs: wholeMs }] : []),
  ];
}

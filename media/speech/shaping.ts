/** Edits a chunk of speech so that its sound and its marks stay in step. */
import type { PhonemeMark, SpeechChunk, WordMark } from '#media/ports.ts';

/** 5 ms: short enough to leave plosives alone, long enough that no edge clicks. */
const FADE_MS = 5;

const msToSamples = (ms: number, sampleRateHz: number): number =>
  Math.round((ms / 1000) * sampleRateHz);

const samplesToMs = (samples: number, sampleRateHz: number): number =>
  (samples / sampleRateHz) * 1000;

/** The length of a chunk in milliseconds. */
export const chunkDurationMs = (chunk: SpeechChunk): number =>
  samplesToMs(chunk.samples.length, chunk.sampleRateHz);

const fadeEdges = (samples: Int16Array, sampleRateHz: number): void => {
  const length = Math.min(msToSamples(FADE_MS, sampleRateHz), Math.floor(samples.length / 2));
  for (let i = 0; i < length; i += 1) {
    const gain = i / length;
    samples[i] = Math.round(samples[i]! * gain);
    const mirrored = samples.length - 1 - i;
    samples[mirrored] = Math.round(samples[mirrored]! * gain);
  }
};

const shift = <Mark extends PhonemeMark | WordMark>(
  marks: readonly Mark[],
  byMs: number,
  endMs: number,
): Mark[] =>
  marks
    .map((mark) => ({
      ...mark,
      startMs: Math.min(endMs, Math.max(0, mark.startMs - byMs)),
      endMs: Math.min(endMs, Math.max(0, mark.endMs - byMs)),
    }))
    .filter((mark) => mark.endMs > mark.startMs);

export interface SilenceLengths {
  /** Silence before the first sound. */
  leadMs: number;
  /** Silence after the last sound. */
  trailMs: number;
}

/**
 * Gives a chunk the asked silences, by its `pau` marks: longer ones are cut, shorter ones are filled with zeros.
 * Fades both edges. Marks come back contiguous from 0 to the end of the chunk. The input is not changed.
 */
export const setSilences = (
  chunk: SpeechChunk,
  { leadMs, trailMs }: SilenceLengths,
): SpeechChunk => {
  const { sampleRateHz } = chunk;
  const sounds = chunk.phonemes.filter((mark) => mark.phoneme !== 'pau');
  const soundStartMs = sounds[0]?.startMs ?? 0;
  const soundEndMs = sounds.at(-1)?.endMs ?? 0;
  const from = Math.max(0, msToSamples(soundStartMs - leadMs, sampleRateHz));
  const to = Math.min(chunk.samples.length, msToSamples(soundEndMs + trailMs, sampleRateHz));
  const kept = chunk.samples.slice(from, Math.max(from, to));
  fadeEdges(kept, sampleRateHz);
  const padBefore = Math.max(0, msToSamples(leadMs - soundStartMs, sampleRateHz));
  const padAfter = Math.max(
    0,
    msToSamples(soundEndMs + trailMs, sampleRateHz) - chunk.samples.length,
  );
  const samples = new Int16Array(padBefore + kept.length + padAfter);
  samples.set(kept, padBefore);
  const endMs = samplesToMs(samples.length, sampleRateHz);
  const byMs = samplesToMs(from - padBefore, sampleRateHz);
  const phonemes = shift(
    chunk.phonemes.filter((mark) => mark.endMs > soundStartMs && mark.startMs < soundEndMs),
    byMs,
    endMs,
  );
  const first = phonemes[0];
  if (first !== undefined && first.startMs > 0) {
    phonemes.unshift({ phoneme: 'pau', startMs: 0, endMs: first.startMs });
  }
  const last = phonemes.at(-1);
  if (last === undefined) {
    if (endMs > 0) phonemes.push({ phoneme: 'pau', startMs: 0, endMs });
  } else if (last.endMs < endMs) {
    phonemes.push({ phoneme: 'pau', startMs: last.endMs, endMs });
  }
  return { samples, sampleRateHz, phonemes, words: shift(chunk.words, byMs, endMs) };
};

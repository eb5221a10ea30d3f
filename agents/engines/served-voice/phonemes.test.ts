import { describe, expect, it } from 'vitest';
import { namesOf, phonemeMarks } from './phonemes.ts';

const RATE_HZ = 1_000;
/** Each symbol lasts 100 ms unless a length is given. */
const marks = (phonemes: string[], lengths = phonemes.map(() => 100)): string[] =>
  phonemeMarks(
    { phonemes, lengths },
    new Int16Array(lengths.reduce((sum, length) => sum + length, 0)),
    RATE_HZ,
  ).map(({ phoneme, startMs, endMs }) => `${phoneme} ${String(startMs)}-${String(endMs)}`);

describe('the marks of served voices', () => {
  it('join what is one sound, give stress and gaps to the sound before, and keep pauses', () => {
    expect(marks(['^', 'ˈ', 'a', 'ʊ', ' ', 't', 'ʃ', 'ː', ',', ' ', 'i', '$'])).toEqual([
      'pau 0-200',
      'aw 200-500',
      'ch 500-800',
      'pau 800-1000',
      'iy 1000-1100',
      'pau 1100-1200',
    ]);
  });

  it('do not join over a word’s end, nor rest the mouth for a moment', () => {
    expect(marks(['t', ' ', 'ʃ', ',', 'ɪ'], [100, 10, 100, 20, 100])).toEqual([
      't 0-110',
      'sh 110-230',
      'ih 230-330',
    ]);
  });

  it('cover silence', () => {
    expect(marks(['^', '$'])).toEqual(['pau 0-200']);
    expect(marks([])).toEqual([]);
  });

  it('share the audible part where lengths are not known', () => {
    const samples = new Int16Array(1_000);
    samples.fill(5_000, 200, 900);
    const made = phonemeMarks({ phonemes: ['m', 'ˈ', 'a', 'ɪ'], lengths: [] }, samples, RATE_HZ);
    expect(made.map(({ phoneme }) => phoneme)).toEqual(['pau', 'm', 'ay', 'pau']);
    expect(made[1]).toMatchObject({ startMs: 200, endMs: 480 });
    expect(made[2]!.endMs).toBeCloseTo(900);
    expect(made.at(-1)!.endMs).toBe(1_000);
  });

  it('name the sounds of a word alone', () => {
    expect(namesOf('mˈɔːɹnɪŋ, ')).toEqual(['m', 'ao', 'r', 'n', 'ih', 'ng']);
    expect(namesOf('')).toEqual([]);
  });
});

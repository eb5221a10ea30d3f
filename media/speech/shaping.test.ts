import { describe, expect, it } from 'vitest';
import type { SpeechChunk } from '#media/ports.ts';
import { changeSpeed } from './resample.ts';
import { chunkDurationMs, setSilences } from './shaping.ts';

const chunk = (leadMs: number, soundMs: number, trailMs: number): SpeechChunk => {
  const samples = new Int16Array((leadMs + soundMs + trailMs) * 16);
  samples.fill(1000, leadMs * 16, (leadMs + soundMs) * 16);
  return {
    samples,
    sampleRateHz: 16_000,
    phonemes: [
      { phoneme: 'pau', startMs: 0, endMs: leadMs },
      { phoneme: 'aa', startMs: leadMs, endMs: leadMs + soundMs },
      { phoneme: 'pau', startMs: leadMs + soundMs, endMs: leadMs + soundMs + trailMs },
    ],
    words: [{ text: 'Ah', startMs: leadMs, endMs: leadMs + soundMs }],
  };
};

describe('silences of a chunk', () => {
  it.each([
    ['cuts long ones', 220, 160],
    ['fills short ones', 10, 20],
    ['makes missing ones', 0, 0],
  ])('%s and keeps sound and marks in step', (_label, leadMs, trailMs) => {
    const shaped = setSilences(chunk(leadMs, 100, trailMs), { leadMs: 30, trailMs: 150 });
    expect(chunkDurationMs(shaped)).toBe(280);
    expect(shaped.phonemes).toEqual([
      { phoneme: 'pau', startMs: 0, endMs: 30 },
      { phoneme: 'aa', startMs: 30, endMs: 130 },
      { phoneme: 'pau', startMs: 130, endMs: 280 },
    ]);
    expect(shaped.words).toEqual([{ text: 'Ah', startMs: 30, endMs: 130 }]);
    expect(shaped.samples[80 * 16]).toBe(1000);
    expect(shaped.samples[20 * 16]).toBe(0);
    expect(shaped.samples[135 * 16]).toBe(0);
  });

  it('fades the edges of sound that reaches them', () => {
    const shaped = setSilences(chunk(0, 100, 0), { leadMs: 0, trailMs: 0 });
    expect(shaped.samples[0]).toBe(0);
    expect(shaped.samples[40]).toBe(500);
    expect(shaped.samples.at(-1)).toBe(0);
    expect(shaped.samples[800]).toBe(1000);
  });

  it('leaves its input alone', () => {
    const input = chunk(220, 100, 160);
    const before = structuredClone(input);
    setSilences(input, { leadMs: 0, trailMs: 0 });
    expect(input).toEqual(before);
  });
});

describe('changing speed', () => {
  it('moves the pitch and the length by the factor', () => {
    const tone = Int16Array.from(
      { length: 16_000 },
      (_, i) => 8000 * Math.sin((2 * Math.PI * 500 * i) / 16_000),
    );
    const faster = changeSpeed(tone, 1.25);
    expect(faster.length).toBe(12_800);
    const expected = (i: number): number => 8000 * Math.sin((2 * Math.PI * 625 * i) / 16_000);
    for (let i = 100; i < 12_700; i += 97)
      expect(Math.abs(faster[i]! - expected(i))).toBeLessThan(60);
  });
});

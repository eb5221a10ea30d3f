import { expect, it } from 'vitest';
import { chimeSamples, chimeWav } from './chime.ts';

it('starts and ends in silence and never clips', () => {
  const samples = chimeSamples();
  expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.001);
  expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.001);
  expect(Math.max(...samples)).toBeGreaterThan(0.2);
  expect(Math.max(...samples.map(Math.abs))).toBeLessThan(0.8);
});

it('is a WAV file whose sizes agree', () => {
  const bytes = chimeWav();
  const view = new DataView(bytes.buffer);
  expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe('RIFF');
  expect(view.getUint32(4, true)).toBe(bytes.length - 8);
  expect(view.getUint32(40, true)).toBe(chimeSamples().length * 2);
  expect(view.getUint32(24, true)).toBe(24_000);
});

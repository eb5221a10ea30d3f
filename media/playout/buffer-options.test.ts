import { expect, it } from 'vitest';
import { bufferOptions, DEFAULT_BUFFER_OPTIONS } from './buffer-options.ts';

it('has the known defaults', () => {
  expect(bufferOptions()).toEqual({
    mode: 'adaptive',
    targetMs: 160,
    minimumPlaybackMs: 40,
    initialMs: 128,
    maximumMs: 240,
    refillRatio: 0.3,
  });
  expect(bufferOptions({ mode: 'fixed' })).toEqual({ ...DEFAULT_BUFFER_OPTIONS, mode: 'fixed' });
});

it.each([
  { targetMs: 300 },
  { minimumPlaybackMs: 200 },
  { initialMs: 250 },
  { maximumMs: Number.NaN },
  { targetMs: -1, minimumPlaybackMs: -2 },
  { refillRatio: 1.2 },
  { refillRatio: Number.NaN },
])('refuses %j', (options) => {
  expect(() => bufferOptions(options)).toThrow(RangeError);
});

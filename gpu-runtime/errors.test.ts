import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asRuntimeError, RUNTIME_ERROR_CODES, RuntimeError } from './errors.ts';
import { WEIGHTS_ERROR_CODES } from './weights/weights-error.ts';

const whole = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');

/** The codes in the table under `heading`. */
const explainedUnder = (heading: string): string[] => {
  const own = whole.slice(whole.indexOf(heading) + heading.length);
  const end = own.indexOf('\n## ');
  const table = end < 0 ? own : own.slice(0, end);
  return [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code!).sort();
};

describe('errors of the runtime', () => {
  it.each([
    { heading: '## gpu-runtime', codes: RUNTIME_ERROR_CODES },
    { heading: '## Weights', codes: WEIGHTS_ERROR_CODES },
  ])(
    'are each explained in docs/errors.md, $heading, and nothing else is',
    ({ heading, codes }) => {
      expect(explainedUnder(heading)).toEqual(Object.keys(codes).sort());
    },
  );

  it('of any kind become typed', () => {
    expect(asRuntimeError(new Error('shape mismatch'))).toMatchObject({ code: 'MODEL_FAILED' });
    expect(asRuntimeError('gone').message).toContain('gone');
    const own = new RuntimeError('OVERLOADED', { retryAfterMs: 5 });
    expect(asRuntimeError(own)).toBe(own);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asRuntimeError, RUNTIME_ERROR_CODES, RuntimeError } from './errors.ts';

describe('errors of the runtime', () => {
  it('are each explained in docs/errors.md, and nothing else is', () => {
    const whole = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const own = whole.slice(whole.indexOf('## gpu-runtime'));
    const explained = [...own.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
    expect(explained.toSorted()).toEqual(Object.keys(RUNTIME_ERROR_CODES).toSorted());
  });

  it('of any kind become typed', () => {
    expect(asRuntimeError(new Error('shape mismatch'))).toMatchObject({ code: 'MODEL_FAILED' });
    expect(asRuntimeError('gone').message).toContain('gone');
    const own = new RuntimeError('OVERLOADED', { retryAfterMs: 5 });
    expect(asRuntimeError(own)).toBe(own);
  });
});

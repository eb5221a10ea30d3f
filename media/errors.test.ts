import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MEDIA_ERROR_CODES, MediaError } from './errors.ts';

describe('media errors', () => {
  it('are each explained in docs/errors.md, and nothing else is', () => {
    const documentation = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
    const own = documentation.slice(0, documentation.indexOf('\n## '));
    const documented = [...own.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, code]) => code);
    expect(documented.sort()).toEqual(Object.keys(MEDIA_ERROR_CODES).sort());
  });

  it('say what happened and keep the cause', () => {
    const cause = new Error('no such file');
    const error = new MediaError('FACE_UNKNOWN', { detail: 'It is called zoe.', cause });
    expect(error.message).toBe('The requested face is not installed. It is called zoe.');
    expect(error.cause).toBe(cause);
    expect(error.retryable).toBe(false);
  });
});

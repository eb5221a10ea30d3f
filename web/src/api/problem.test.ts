import { describe, expect, it } from 'vitest';
import { errorOf } from './problem.ts';

const problem = {
  type: 'about:blank',
  title: 'Every avatar is busy',
  status: 503,
  code: 'SESSIONS_FULL',
  detail: 'All 4 seats are taken.',
  requestId: 'r1',
};

describe('errorOf', () => {
  it('keeps the code, the detail and the suggested wait', () => {
    const error = errorOf(503, problem, '20');
    expect(error).toMatchObject({
      code: 'SESSIONS_FULL',
      status: 503,
      retryAfterS: 20,
      requestId: 'r1',
    });
    expect(error.message).toBe('All 4 seats are taken.');
  });

  it('falls back to the title without a detail', () => {
    expect(errorOf(503, { ...problem, detail: '' }, null).message).toBe('Every avatar is busy');
  });

  it('names an answer that is not a problem document', () => {
    expect(errorOf(502, null, null)).toMatchObject({
      code: 'UNREADABLE',
      status: 502,
      retryAfterS: null,
    });
  });

  it('ignores a wait that is a date or negative', () => {
    expect(errorOf(503, problem, 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfterS).toBeNull();
    expect(errorOf(503, problem, '-3').retryAfterS).toBeNull();
  });
});

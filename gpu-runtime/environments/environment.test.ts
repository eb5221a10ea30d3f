import { describe, expect, it } from 'vitest';
import { environmentNamed, pythonOf } from './environment.ts';

describe('a Python environment', () => {
  it('is a folder with an interpreter', () => {
    expect(environmentNamed('whisper', {})?.python).toMatch(/\.understudy\/whisper\/bin\/python$/u);
    expect(environmentNamed('whisper', { UNDERSTUDY_DATA: '/srv/data' })?.folder).toBe(
      '/srv/data/whisper',
    );
    expect(environmentNamed('../whisper')).toBeUndefined();
  });

  it('can be another interpreter', () => {
    expect(pythonOf('whisper', { UNDERSTUDY_PYTHON_WHISPER: '/opt/python' })).toEqual({
      python: '/opt/python',
    });
  });

  it('is missing with a reason', () => {
    expect(pythonOf('nonesuch', {})).toMatchObject({
      reason: expect.stringContaining('nonesuch') as string,
    });
  });
});

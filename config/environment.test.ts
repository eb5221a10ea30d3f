import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, describeEnvironment, readEnvironment } from './environment.ts';

describe('the environment', () => {
  it('works with nothing set', () => {
    const environment = readEnvironment({});
    expect(environment.PORT).toBe(8080);
    expect(environment.LIVEKIT_URL).toBeUndefined();
  });

  it('takes an empty value as absent', () => {
    expect(readEnvironment({ PORT: '' }).PORT).toBe(8080);
  });

  it('names every unusable value at once', () => {
    const read = () => readEnvironment({ PORT: 'many', LOG_LEVEL: 'loud' });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(/PORT[\s\S]*LOG_LEVEL/);
  });

  it('reads a secret from the file that NAME_FILE names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'understudy-secret-')), 'secret');
    writeFileSync(file, 'from the file\n');
    const read = (more: NodeJS.ProcessEnv) =>
      readEnvironment({ LIVEKIT_API_SECRET_FILE: file, ...more }).LIVEKIT_API_SECRET;
    expect(read({})).toBe('from the file');
    expect(read({ LIVEKIT_API_SECRET: 'said outright' })).toBe('said outright');
    expect(() => readEnvironment({ REDIS_URL_FILE: `${file}-gone` })).toThrow(/REDIS_URL_FILE/);
  });

  it('explains every variable', () => {
    for (const { name, meaning } of describeEnvironment()) {
      expect(meaning, name).not.toBe('');
    }
  });
});

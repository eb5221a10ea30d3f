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

  it('explains every variable', () => {
    for (const { name, meaning } of describeEnvironment()) {
      expect(meaning, name).not.toBe('');
    }
  });
});

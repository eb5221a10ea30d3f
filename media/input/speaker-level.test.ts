import { describe, expect, it } from 'vitest';
import { SpeakerLevel } from './speaker-level.ts';

const WINDOW_MS = 32;

function scene() {
  const level = new SpeakerLevel();
  const say = (db: number, lengthMs: number): boolean => {
    const amplitude = 32_768 * 10 ** (db / 20);
    const window = Int16Array.from({ length: 512 }, (_, at) =>
      Math.round(Math.SQRT2 * amplitude * Math.sin(at / 5)),
    );
    for (let saidMs = 0; saidMs < lengthMs; saidMs += WINDOW_MS) {
      level.hear(window, WINDOW_MS);
    }
    const { distant } = level;
    level.end(!distant);
    return !distant;
  };
  return { level, say };
}

describe('The learner’s level', () => {
  it('is not known at first: whoever speaks is heard', () => {
    const { level, say } = scene();
    expect(say(-45, 1_000)).toBe(true);
    expect(level.usualDb).toBeUndefined();
  });

  it('turns away what is far quieter, the longer it lasts the sooner, and nothing that is louder', () => {
    const { level, say } = scene();
    say(-25, 2_000);
    expect(level.usualDb).toBeCloseTo(-25, 0);
    expect(say(-37, 2_000)).toBe(false);
    expect(say(-37, 500)).toBe(true);
    expect(say(-45, 500)).toBe(false);
    expect(say(-33, 2_000)).toBe(true);
    expect(say(-10, 1_000)).toBe(true);
  });

  it('follows a learner who grows quieter bit by bit', () => {
    const { say } = scene();
    for (let db = -20; db >= -50; db -= 3) {
      expect(say(db, 1_000)).toBe(true);
      expect(say(db, 1_000)).toBe(true);
    }
  });

  it('hears a learner who moved far away in the end, and a second voice never while the learner speaks too', () => {
    const moved = scene();
    moved.say(-25, 2_000);
    let times = 1;
    while (!moved.say(-40, 2_000)) {
      times += 1;
    }
    expect(times).toBeGreaterThan(3);
    expect(times).toBeLessThan(8);

    const both = scene();
    both.say(-25, 2_000);
    for (let turn = 0; turn < 20; turn += 1) {
      expect(both.say(-40, 2_000)).toBe(false);
      expect(both.say(-40, 2_000)).toBe(false);
      expect(both.say(-25 + (turn % 5) - 2, 1_000)).toBe(true);
    }
  });

  it('says nothing about an utterance that has not begun', () => {
    const { level, say } = scene();
    say(-25, 2_000);
    expect(level.distant).toBe(false);
  });
});

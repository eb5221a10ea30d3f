import { describe, expect, it } from 'vitest';
import { INITIAL_LEVEL, loudnessDb, nextLevel, type LevelState } from './level.ts';

const tone = (amplitude: number) =>
  Float32Array.from({ length: 960 }, (_, n) => amplitude * Math.sin((2 * Math.PI * n) / 96));

/** Feeds one loudness every 50 ms for `durationMs`. */
function hear(state: LevelState, db: number, durationMs: number): LevelState {
  let now = state;
  for (let ms = 50; ms <= durationMs; ms += 50) now = nextLevel(now, db, state.atMs + ms);
  return now;
}

describe('loudnessDb', () => {
  it('measures a sine at 3 dB under its peak', () => {
    expect(loudnessDb(tone(1))).toBeCloseTo(-3.01, 1);
    expect(loudnessDb(tone(0.1))).toBeCloseTo(-23.01, 1);
  });

  it('has a floor for silence and for nothing', () => {
    expect(loudnessDb(new Float32Array(480))).toBe(-120);
    expect(loudnessDb(new Float32Array(0))).toBe(-120);
  });
});

describe('nextLevel', () => {
  it('says what is heard in words', () => {
    expect(hear(INITIAL_LEVEL, -80, 300).word).toBe('silent');
    expect(hear(INITIAL_LEVEL, -44, 300).word).toBe('quiet');
    expect(hear(INITIAL_LEVEL, -22, 300).word).toBe('good');
    expect(hear(INITIAL_LEVEL, -4, 300).word).toBe('loud');
  });

  it('keeps the word through a pause between sentences, and no longer', () => {
    const spoken = hear(INITIAL_LEVEL, -22, 500);
    expect(hear(spoken, -80, 1_000).word).toBe('good');
    expect(hear(spoken, -80, 2_000).word).toBe('silent');
  });

  it('bridges the gaps between words but ends with the speech', () => {
    const spoken = hear(INITIAL_LEVEL, -25, 300);
    expect(spoken.speaking).toBe(true);
    expect(hear(spoken, -80, 300).speaking).toBe(true);
    expect(hear(spoken, -80, 600).speaking).toBe(false);
  });

  it('rises at once, falls slowly, and leaves a mark at the peak', () => {
    const loud = nextLevel(INITIAL_LEVEL, -6, 50);
    expect(loud.level).toBe(1);
    const later = hear(loud, -80, 300);
    expect(later.level).toBeCloseTo(0.5, 5);
    expect(later.peak).toBe(1);
    expect(hear(loud, -80, 1_500).peak).toBeLessThan(0.05);
  });
});

import { describe, expect, it } from 'vitest';
import { applyGain, measureLoudnessLufs, TARGET_LOUDNESS_LUFS } from './loudness.ts';
import { VoiceLevels } from './voice-levels.ts';

const speech = (level: number, seconds = 2): Int16Array =>
  Int16Array.from({ length: 16_000 * seconds }, (_, at) =>
    Math.round(32_767 * level * Math.sin(at / 4) * Math.abs(Math.sin(at / 2_000))),
  );

describe('the level of voices', () => {
  it.each([0.03, 0.1, 0.4])('brings a voice at %f of full scale to the common level', (level) => {
    const samples = speech(level);
    const levels = new VoiceLevels();
    levels.hear('ada', samples, 16_000);
    applyGain(samples, levels.gainDb('ada'));
    expect(measureLoudnessLufs(samples, 16_000)).toBeCloseTo(TARGET_LOUDNESS_LUFS, 0);
  });

  it('holds the gain of a voice it knows: a whisper stays one', () => {
    const levels = new VoiceLevels();
    levels.hear('ada', speech(0.1, 13), 16_000);
    const usual = levels.gainDb('ada');
    levels.hear('ada', speech(0.01), 16_000);
    levels.hear('tomas', speech(0.3), 16_000);
    expect(levels.gainDb('ada')).toBe(usual);
    expect(levels.gainDb('tomas')).toBeLessThan(usual);
  });

  it('does not raise silence, nor anything without bounds', () => {
    const levels = new VoiceLevels();
    levels.hear('ada', new Int16Array(16_000), 16_000);
    expect(levels.knows('ada')).toBe(false);
    expect(levels.gainDb('ada')).toBe(0);
    levels.hear('ada', speech(0.001), 16_000);
    expect(levels.gainDb('ada')).toBe(18);
  });
});

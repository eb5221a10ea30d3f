import { describe, expect, it } from 'vitest';
import { marksFrom, spokenSentences } from '#media/testing/sentences.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';
import { mouth, VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { VISEMES } from '#media/visemes/viseme.ts';
import { sampleVisemes } from './testing/sample-manifest.ts';
import { MouthParameters } from './mouth-parameters.ts';

const { neutral, visemes } = sampleVisemes();
const parameters = new MouthParameters({ id: 'ann', neutral, visemes });

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
}

describe('parameters of a mouth', () => {
  it.each(VISEMES)('are mostly those of %s at its clearest', (viseme) => {
    const found = parameters.of(VISEME_SHAPES[viseme]);
    // In the sample each viseme moves two parameters of its own.
    const shares = VISEMES.map(
      (each, i) => [each, (found[i * 2]! - neutral[i * 2]!) / 0.3] as const,
    );
    const [most, share] = shares.toSorted((x, y) => y[1] - x[1])[0]!;
    expect(viseme === 'sil' ? share < 0.01 : most === viseme).toBe(true);
  });

  it('rest where the mouth rests', () => {
    expect(parameters.atRest(parameters.of(VISEME_SHAPES.sil))).toBe(true);
    expect(parameters.atRest(parameters.of(VISEME_SHAPES.aa))).toBe(false);
  });

  it('shut the lips wholly whatever the jaw does behind them', () => {
    const found = parameters.of(mouth({ jawOpen: 0.6, mouthClose: 1 }));
    expect(distance(found, parameters.of(VISEME_SHAPES.PP))).toBeLessThan(0.05);
  });

  it('never leave what was calibrated, and move without jumps, in running speech', () => {
    const lowest = neutral.map((_value, i) => Math.min(...VISEMES.map((v) => visemes[v][i]!)));
    const highest = neutral.map((_value, i) => Math.max(...VISEMES.map((v) => visemes[v][i]!)));
    for (const { marks } of spokenSentences()) {
      const track = new MouthTrack(marks);
      let before = parameters.of(track.shapeAt(0));
      for (let tMs = 10; tMs < 4_000; tMs += 10) {
        const now = parameters.of(track.shapeAt(tMs));
        expect(now.every((v, i) => v > lowest[i]! - 1e-5 && v < highest[i]! + 1e-5)).toBe(true);
        expect(distance(now, before)).toBeLessThan(0.35);
        before = now;
      }
    }
  });

  it('show every p, b and m shut in at least one picture of 25 a second', () => {
    const marks = marksFrom('pau:200 aa:320 p:390 aa:500 b:560 iy:680 m:750 uw:900 pau:1200');
    for (const phase of [0, 13, 27]) {
      const track = new MouthTrack(marks);
      const shut = [...Array(30).keys()]
        .map((index) => phase + index * 40)
        .filter((tMs) => distance(parameters.of(track.shapeAt(tMs)), visemes.PP) < 0.12);
      for (const { startMs, endMs } of marks.filter(({ phoneme }) => /^[pbm]$/u.test(phoneme))) {
        expect(shut.some((tMs) => tMs > startMs - 80 && tMs < endMs + 20)).toBe(true);
      }
    }
  });

  it('are refused for an avatar that was never calibrated', () => {
    expect(() => new MouthParameters({ id: 'ann', neutral, visemes: undefined })).toThrow(
      /npm run avatars -- calibrate/u,
    );
  });
});

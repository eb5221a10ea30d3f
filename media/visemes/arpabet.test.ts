import { expect, test } from 'vitest';
import { mouthDistance, VISEME_SHAPES } from './shapes.ts';
import { isBilabial, isSilence, isVowel, soundOf, visemesOf } from './arpabet.ts';
import { VISEMES } from './viseme.ts';

/** The phones that flite's -psdur may report. */
const FLITE =
  'aa ae ah ao aw ax axr ay b ch d dh dx eh el em en er ey f g hh hv ih iy jh k l m n ng nx ow oy p pau r s sh t th uh uw v w y z zh'.split(
    ' ',
  );

test('every phone has parts that fill its time and blends that fill at most one mouth', () => {
  for (const phone of FLITE) {
    const parts = soundOf(phone);
    if (phone === 'hh' || phone === 'hv') {
      expect(parts, phone).toEqual([]);
      continue;
    }
    const share = parts.reduce((sum, part) => sum + part.share, 0);
    expect(share, phone).toBeCloseTo(1);
    for (const part of parts) {
      const weight = part.blend.reduce((sum, [, w]) => sum + w, 0);
      expect(weight, phone).toBeGreaterThan(0);
      expect(weight, phone).toBeLessThanOrEqual(1 + 1e-9);
    }
  }
});

test('diphthongs go from one viseme to another, the first for longer', () => {
  expect(visemesOf('ay')).toEqual(['aa', 'ih']);
  expect(visemesOf('ow')).toEqual(['oh', 'ou']);
  expect(soundOf('ey').map((part) => part.share)).toEqual([0.6, 0.4]);
});

test('stress digits and capitals do not matter, unknown names still move the mouth', () => {
  expect(soundOf('AY1')).toEqual(soundOf('ay'));
  expect(isBilabial('B')).toBe(true);
  expect(isSilence('SIL')).toBe(true);
  expect(isVowel('UW0')).toBe(true);
  expect(soundOf('constructor')).toEqual(soundOf('nonsense'));
  expect(soundOf('nonsense').length).toBe(1);
});

test('the fifteen shapes are told apart', () => {
  for (const a of VISEMES) {
    for (const b of VISEMES) {
      if (a !== b) {
        expect(mouthDistance(VISEME_SHAPES[a], VISEME_SHAPES[b]), `${a} ${b}`).toBeGreaterThan(0.3);
      }
    }
  }
});

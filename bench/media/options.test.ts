import { describe, expect, it } from 'vitest';
import { readMediaOptions } from './options.ts';
import { SECTION_NAMES } from './report.ts';

describe('options of the media bench', () => {
  it('runs everything, and soaks for an hour, unless told otherwise', () => {
    expect(readMediaOptions([])).toMatchObject({ sections: SECTION_NAMES, minutes: 60 });
    expect(readMediaOptions(['--quick'])).toMatchObject({ quick: true, minutes: 3 });
    expect(readMediaOptions(['--minutes', '5'])).toMatchObject({ minutes: 5 });
  });

  it('refuses sections and lengths that there are not', () => {
    expect(() => readMediaOptions(['--only', 'skew,lips'])).toThrow('no section “lips”');
    expect(() => readMediaOptions(['--minutes', '-1'])).toThrow('--minutes');
  });
});

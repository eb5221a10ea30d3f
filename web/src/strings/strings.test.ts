import { describe, expect, it } from 'vitest';
import { en } from './en.ts';
import { languageName, stringsFor } from './strings.ts';
import { sv } from './sv.ts';

/** Paths of all leaves; lists count as one leaf. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, below]) => leaves(below, `${path}.${key}`));
}

describe('stringsFor', () => {
  it('gives English for a language without a translation', () => {
    expect(stringsFor('fr')).toBe(en);
  });

  it('translates the call and keeps English elsewhere', () => {
    const strings = stringsFor('sv');
    expect(strings.call.mute).toBe('Tysta');
    expect(strings.report.transcript).toBe('Transcript');
    expect(strings.join.footnote(6)).toContain('6 minuter');
  });

  it('has every leaf of the English texts', () => {
    expect(leaves(stringsFor('sv'))).toEqual(leaves(en));
  });

  it('translates the call completely, but for what is a name', () => {
    const missing = leaves(en.call).filter((leaf) => !leaves(sv.call).includes(leaf));
    expect(missing).toEqual(['.stage']);
  });
});

describe('languageName', () => {
  it('names a language in the language of the page', () => {
    expect(languageName('sv')).toBe('Swedish');
    expect(languageName('sv', 'sv')).toBe('svenska');
  });

  it('gives the code when it is none', () => {
    expect(languageName('!!')).toBe('!!');
  });
});

import type { VoiceDescription } from '#media/ports.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.ts';
import { Remainder } from './remainder.ts';
import { matchVoice } from './voice-match.ts';

describe('the breaker', () => {
  it('rests longer after each failure in a row, and forgets with a success', () => {
    const breaker = new Breaker({ firstRestMs: 100, longestRestMs: 300 });
    expect(breaker.enter(0)).toBe(true);
    breaker.failed(0);
    expect(breaker.enter(99)).toBe(false);
    expect(breaker.enter(100)).toBe(true);
    breaker.failed(100);
    expect(breaker.enter(299)).toBe(false);
    expect(breaker.enter(300)).toBe(true);
    breaker.failed(300);
    expect(breaker.state(599)).toBe('resting');
    expect(breaker.enter(600)).toBe(true);
    breaker.succeeded();
    expect(breaker.state(600)).toBe('well');
  });

  it('lets one caller try at a time, and the next when that one left', () => {
    const breaker = new Breaker({ firstRestMs: 100 });
    breaker.failed(0);
    expect(breaker.enter(100)).toBe(true);
    expect(breaker.enter(100)).toBe(false);
    breaker.left();
    expect(breaker.enter(100)).toBe(true);
  });

  it('lets everybody in while the engine is well', () => {
    const breaker = new Breaker();
    expect([breaker.enter(0), breaker.enter(0)]).toEqual([true, true]);
  });
});

const voice = (
  id: string,
  language: string,
  gender: VoiceDescription['gender'],
): VoiceDescription => ({ id, language, gender, description: id });

describe('the voice that stands in', () => {
  const clara = voice('clara', 'en', 'female');
  const nia = voice('nia', 'en', 'female');
  const marcus = voice('marcus', 'en', 'male');
  const home = [clara, nia, marcus];
  const others = [
    voice('bo', 'sv-SE', 'male'),
    voice('amy', 'en-US', 'female'),
    voice('eve', 'en-GB', 'female'),
    voice('ryan', 'en-US', 'male'),
  ];

  it('has the language and the gender, and two voices stay two', () => {
    expect(matchVoice(clara, others, home)?.id).toBe('amy');
    expect(matchVoice(nia, others, home)?.id).toBe('eve');
    expect(matchVoice(marcus, others, home)?.id).toBe('ryan');
  });

  it('is the same one where the engine has it', () => {
    expect(matchVoice(nia, [...others, nia], home)).toBe(nia);
  });

  it('has the accent where there is one', () => {
    expect(matchVoice(voice('x', 'en-GB', 'female'), others, [])?.id).toBe('eve');
  });

  it('has the language at least, else there is none', () => {
    expect(matchVoice(voice('x', 'sv', 'female'), others, [])?.id).toBe('bo');
    expect(matchVoice(voice('x', 'fi', 'female'), others, [])).toBeUndefined();
  });
});

describe('what remains of a text', () => {
  const marks = (texts: readonly string[]) => texts.map((text) => ({ text, startMs: 0, endMs: 1 }));

  it('loses and repeats no word, wherever speech stops', () => {
    const words = fc.array(
      fc.constantFrom('Yes,', 'Dr.', '250', 'it’s', '50 %', 'well…', 'naïve'),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(words, fc.nat(40), (texts, stop) => {
        const first = new Remainder(texts.join(' '), 'en');
        const all = first.text.split(' ');
        const spoken = all.slice(0, Math.min(stop, all.length));
        first.spoken(marks(spoken));
        const rest = first.text === '' ? [] : first.text.split(' ');
        expect([...spoken, ...rest]).toEqual(all);
      }),
    );
  });

  it('does not repeat a word that was begun', () => {
    const rest = new Remainder('A forty-two year old', 'en');
    rest.spoken(marks(['A', 'forty-']));
    rest.skipBegunWord();
    expect(rest.text).toBe('year old');
  });

  it('is empty for nothing and at the end', () => {
    expect(new Remainder(' \n', 'en').isEmpty).toBe(true);
    const rest = new Remainder('One two.', 'en');
    rest.spoken(marks(['One', 'two.']));
    expect(rest.isEmpty).toBe(true);
    rest.spoken(marks(['more']));
    expect(rest.text).toBe('');
  });
});

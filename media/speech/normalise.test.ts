import { describe, expect, it } from 'vitest';
import { toSpokenTokens } from './normalise.ts';

const say = (text: string, language = 'en'): string =>
  toSpokenTokens(text, language)
    .map((token) => token.spoken + token.mark)
    .join(' ');

describe('English as spoken', () => {
  it.each([
    ['It cost $42.50.', 'it cost forty two dollars and fifty cents.'],
    [
      'We made $5 million, up from £3.2m.',
      'we made five million dollars, up from three point two million pounds.',
    ],
    ['Only $1 or 99¢?', 'only one dollar or ninety nine cents?'],
    ['It fell 12.5% or -3%.', 'it fell twelve point five percent or minus three percent.'],
    ['Meet at 3:30 pm or 9:00.', "meet at three thirty P M or nine o'clock."],
    ['At 14:05, not 3pm.', 'at fourteen oh five, not three P M.'],
    ['On March 14, 2026 we met.', 'on march fourteenth, twenty twenty six we met.'],
    ['Since 1999 and in 2005.', 'since nineteen ninety nine and in two thousand five.'],
    ['By 2026-03-14.', 'by march fourteenth twenty twenty six.'],
    ['The 1990s and the 21st.', 'the nineteen nineties and the twenty first.'],
    ['All 2000 people.', 'all two thousand people.'],
    [
      'Exactly 1,234,567.',
      'exactly one million two hundred and thirty four thousand five hundred and sixty seven.',
    ],
    ['About 3-5 days, 1/2 of it.', 'about three to five days, one half of it.'],
    ['It is 20°C and 5 kg.', 'it is twenty degrees celsius and five kilograms.'],
    ['Call 555-1234.', 'call five five five, one two three four.'],
    ['Agent 007.', 'agent zero zero seven.'],
  ])('reads %s', (written, spoken) => {
    expect(say(written).toLowerCase()).toBe(spoken.toLowerCase());
  });

  it.each([
    ['Mr. Smith met Dr. Lee.', 'mister smith met doctor lee.'],
    ['Tools, e.g. maps, etc. Then more.', 'tools, for example maps, et cetera. then more.'],
    ['The CEO of NASA uses KPIs.', "the C E O of nasa uses K P I's."],
    ['The U.S. team.', 'the U S team.'],
    ['That is NOT what I SAID.', 'that is not what i said.'],
    ['Write ada.b@example.com.', 'write ada dot b at example dot com.'],
    ['See https://www.example.com/help?x=1.', 'see example dot com slash help.'],
    ['and/or R&D', 'and or R and D'],
    ['Mm-hm. Hmm, OK.', 'um hum. hum, okay.'],
    ['No. 5 and no.', 'number five and no.'],
    ['**Bold** [words](http://a.b)', 'bold words'],
  ])('reads %s', (written, spoken) => {
    expect(say(written)).toBe(spoken);
  });

  it('folds what the voice cannot say', () => {
    expect(say('Grüße — “naïve” café 🙂')).toBe('grusse, naive cafe');
  });

  it('leaves nothing but plain ASCII, whatever comes in', () => {
    for (let seed = 1; seed < 400; seed += 1) {
      let state = seed * 2654435761;
      const text = Array.from({ length: 60 }, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const pick = state >>> 28;
        if (pick < 5) return String.fromCodePoint(32 + (state % 95));
        if (pick < 8) return String(state % 10);
        if (pick < 10) return ' ';
        return String.fromCodePoint(state % 0xd7ff);
      }).join('');
      for (const { spoken } of toSpokenTokens(text, 'en')) {
        expect(spoken).toMatch(/^[A-Za-z' ,]+$/);
        expect(spoken).not.toMatch(/ {2}|^ | $/);
      }
    }
  });

  it('keeps every written character, spaces aside', () => {
    const text = 'Well — I paid $5 🙂 (really), at 3:30 pm… “OK”? Yes!';
    const written = toSpokenTokens(text, 'en').map((token) => token.written);
    expect(written.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
  });

  it('marks where sentences end and where they do not', () => {
    const boundaries = toSpokenTokens('Dr. Lee left, at 9 a.m. She said hi.', 'en').map(
      (token) => `${token.written}:${token.boundary}`,
    );
    expect(boundaries).toEqual([
      'Dr.:none',
      'Lee:none',
      'left,:comma',
      'at:none',
      '9:none',
      'a.m.:sentence',
      'She:none',
      'said:none',
      'hi.:sentence',
    ]);
  });

  it('has nothing to say for emoji and marks alone', () => {
    expect(toSpokenTokens('🙂 … — !', 'en')).toEqual([]);
  });
});

describe('Swedish as sent to its engine', () => {
  it('keeps letters and numbers and writes out abbreviations', () => {
    expect(say('Det kostar t.ex. 250 kr, Åsa!', 'sv')).toBe(
      'Det kostar till exempel 250 kronor, Åsa!',
    );
  });
});

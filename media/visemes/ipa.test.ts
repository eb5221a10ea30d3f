import { expect, test } from 'vitest';
import { isArpabet, visemesOf } from './arpabet.ts';
import { arpabetMarks, arpabetOf } from './ipa.ts';

/** Every phoneme name that espeak-ng reported for a page of Swedish and English. */
const REPORTED = (
  'h ˈɛ j ɑː ɡ ˈeː t ə r ˈa n a sx ˈʉ k ˈøː m ɛː ˈœ s v ɕ ˈɛː ˈɪ ɔ d ˈyː f ˈuː b ˈɑː ˈɔ ʂ p l ˈoː ŋ ʉ eː iː ɵ ˌiː ˌuː ' +
  'ˈoʊ ð ˈɛɹ w ɹ ˈaʊ dʒ ˈʌ ˌoʊ ɚ ˈeɪ z i ʒ θ tʃ ˈɪɹ ˈʊɹ ˈɔɪ aɪ ˈɜː ˈɔː ɾ ˈæ əl ʔ n̩ ˈaɪɚ'
).split(' ');

test('every name that espeak-ng reports becomes sounds that the mouth knows', () => {
  for (const name of REPORTED) {
    const sounds = arpabetOf(name);
    expect(sounds.length, name).toBeGreaterThan(0);
    for (const sound of sounds) {
      expect(isArpabet(sound), `${name} gave ${sound}`).toBe(true);
    }
  }
});

test('names of several sounds come apart, marks of stress and length do not matter', () => {
  expect(arpabetOf('ˈaɪɚ')).toEqual(['ay', 'axr']);
  expect(arpabetOf('ɪɹ')).toEqual(['ih', 'r']);
  expect(arpabetOf('t͡ʃ')).toEqual(['ch']);
  expect(arpabetOf('ˈuː')).toEqual(arpabetOf('u'));
  expect(arpabetOf('n̩')).toEqual(['en']);
  expect(arpabetOf('ã')).toEqual(['aa']);
  expect(arpabetOf('ç')).toEqual(['x']);
  expect(arpabetOf('')).toEqual(['pau']);
  expect(arpabetOf('ˈ')).toEqual([]);
});

test('Swedish rounded front vowels round the lips and retroflexes look like their neighbours', () => {
  expect(visemesOf(arpabetOf('yː')[0] ?? '')).toEqual(['ou']);
  expect(visemesOf(arpabetOf('øː')[0] ?? '')).toEqual(['oh']);
  expect(visemesOf(arpabetOf('ʉː')[0] ?? '')).toEqual(['ou']);
  expect(visemesOf(arpabetOf('ʂ')[0] ?? '')).toEqual(['CH']);
  expect(visemesOf(arpabetOf('ɖ')[0] ?? '')).toEqual(['DD']);
});

test('a mark of several sounds is divided without gaps', () => {
  const marks = arpabetMarks([
    { phoneme: 'ˈaɪɚ', startMs: 100, endMs: 301 },
    { phoneme: '', startMs: 301, endMs: 500 },
  ]);
  expect(marks.map((mark) => mark.phoneme)).toEqual(['ay', 'axr', 'pau']);
  expect(marks[0]?.endMs).toBe(marks[1]?.startMs);
  expect(marks[1]?.endMs).toBe(301);
});

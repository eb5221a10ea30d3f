import type { PhonemeMark } from '#media/ports.ts';

/**
 * IPA symbols, as espeak-ng's phoneme events carry them, and the ASCII mnemonics of its phoneme tables, each with the names
 * of `arpabet.ts`. Longer symbols win over shorter ones. Retroflexes look like their dental neighbours; the rounded front
 * vowels of Swedish, German and French keep their rounding.
 */
const SYMBOLS: Readonly<Record<string, readonly string[]>> = {
  // Diphthongs and affricates.
  aɪ: ['ay'],
  ɑɪ: ['ay'],
  aʊ: ['aw'],
  ɑʊ: ['aw'],
  eɪ: ['ey'],
  ɛɪ: ['ey'],
  oʊ: ['ow'],
  əʊ: ['ow'],
  ɔɪ: ['oy'],
  ɔø: ['oy'],
  tʃ: ['ch'],
  dʒ: ['jh'],
  ts: ['t', 's'],
  aI: ['ay'],
  aU: ['aw'],
  eI: ['ey'],
  oU: ['ow'],
  '@U': ['ow'],
  OI: ['oy'],
  tS: ['ch'],
  dZ: ['jh'],
  // Syllabic consonants and coloured vowels.
  n̩: ['en'],
  m̩: ['em'],
  l̩: ['el'],
  əl: ['el'],
  ɚ: ['axr'],
  ɝ: ['er'],
  // Front vowels.
  i: ['iy'],
  ɪ: ['ih'],
  ᵻ: ['ix'],
  ɨ: ['ix'],
  e: ['eh'],
  ɛ: ['eh'],
  æ: ['ae'],
  a: ['aa'],
  y: ['ue'],
  ʏ: ['ue'],
  ø: ['oe'],
  œ: ['oe'],
  ɶ: ['oe'],
  // Central vowels.
  ə: ['ax'],
  ɘ: ['ax'],
  ɐ: ['ax'],
  ɜ: ['er'],
  ʉ: ['uy'],
  ɵ: ['uy'],
  // Back vowels.
  ɑ: ['aa'],
  ɒ: ['oa'],
  ɔ: ['ao'],
  o: ['ow'],
  ʊ: ['uh'],
  ɯ: ['uw'],
  u: ['uw'],
  ʌ: ['ah'],
  ɤ: ['ah'],
  // Stops.
  p: ['p'],
  b: ['b'],
  t: ['t'],
  ʈ: ['t'],
  d: ['d'],
  ɖ: ['d'],
  ɾ: ['dx'],
  k: ['k'],
  c: ['k'],
  ɡ: ['g'],
  g: ['g'],
  ɟ: ['g'],
  ʔ: ['q'],
  // Nasals and laterals.
  m: ['m'],
  ɱ: ['m'],
  n: ['n'],
  ɳ: ['n'],
  ɲ: ['n'],
  ŋ: ['ng'],
  l: ['l'],
  ɫ: ['l'],
  ɭ: ['l'],
  ʎ: ['l'],
  // Fricatives and approximants.
  f: ['f'],
  v: ['v'],
  ʋ: ['v'],
  β: ['v'],
  θ: ['th'],
  ð: ['dh'],
  s: ['s'],
  z: ['z'],
  ʂ: ['sh'],
  ʐ: ['zh'],
  ʃ: ['sh'],
  ʒ: ['zh'],
  ɕ: ['sh'],
  ʑ: ['zh'],
  ɧ: ['sj'],
  sx: ['sj'],
  ç: ['x'],
  x: ['x'],
  χ: ['x'],
  ɣ: ['x'],
  ʁ: ['x'],
  h: ['hh'],
  ɦ: ['hh'],
  j: ['y'],
  w: ['w'],
  ʍ: ['w'],
  r: ['r'],
  ɹ: ['r'],
  ɻ: ['r'],
  ʀ: ['x'],
  // espeak-ng's ASCII mnemonics that are not IPA letters.
  '@': ['ax'],
  '3': ['er'],
  '0': ['oa'],
  '2': ['oe'],
  W: ['oe'],
  Y: ['ue'],
  I: ['ih'],
  E: ['eh'],
  A: ['aa'],
  O: ['ao'],
  U: ['uh'],
  V: ['ah'],
  Q: ['x'],
  T: ['th'],
  D: ['dh'],
  S: ['sh'],
  Z: ['zh'],
  N: ['ng'],
  C: ['x'],
};

/** Decomposed, so that a vowel with any mark on it (ã, ǎ) is still that vowel, while ç and n̩ keep their own entries. */
const DECOMPOSED = new Map(
  Object.entries(SYMBOLS).map(([symbol, names]) => [symbol.normalize('NFD'), names]),
);
const LONGEST_SYMBOL = Math.max(...[...DECOMPOSED.keys()].map((symbol) => symbol.length));
const TIE_BARS = /[\u035c\u0361]/g;

/**
 * The sounds in one phoneme name, as names of `arpabet.ts`: `['ay']` for `ˈaɪ`, `['ih', 'r']` for `ɪɹ`, `['pau']` for the
 * empty name that espeak-ng gives silence. Stress, length and tone marks, and whatever nobody knows, are skipped.
 */
export function arpabetOf(ipa: string): string[] {
  const text = ipa.trim().normalize('NFD').replace(TIE_BARS, '');
  if (text === '') {
    return ['pau'];
  }
  const names: string[] = [];
  let at = 0;
  while (at < text.length) {
    let length = Math.min(LONGEST_SYMBOL, text.length - at);
    while (length > 0 && !DECOMPOSED.has(text.slice(at, at + length))) {
      length--;
    }
    names.push(...(DECOMPOSED.get(text.slice(at, at + length)) ?? []));
    at += Math.max(1, length);
  }
  return names;
}

/** Marks that carry IPA names, as marks that carry names of `arpabet.ts`. A name of several sounds is divided evenly. */
export function arpabetMarks(marks: readonly PhonemeMark[]): PhonemeMark[] {
  return marks.flatMap((mark) => {
    const names = arpabetOf(mark.phoneme);
    const stepMs = (mark.endMs - mark.startMs) / Math.max(1, names.length);
    return names.map((phoneme, i) => ({
      phoneme,
      startMs: mark.startMs + i * stepMs,
      endMs: i === names.length - 1 ? mark.endMs : mark.startMs + (i + 1) * stepMs,
    }));
  });
}

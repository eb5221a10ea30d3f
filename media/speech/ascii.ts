/** Letters that Unicode decomposition leaves alone, with what an English speaker would write instead. */
const SPELLED_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  ħ: 'h',
};

const SPELLED_MARKS: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '‛': "'",
  ʼ: "'",
  '′': "'",
  '`': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '″': '"',
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '−': '-',
  '–': '–',
  '—': '—',
  '―': '—',
  '…': '...',
  '·': ' ',
  '•': ' ',
  '⁄': '/',
};

/** Gives quotes, hyphens and ellipses their typewriter form; en and em dashes stay, because they read differently. */
export const plainPunctuation = (text: string): string =>
  text.replace(
    /[\u2018\u2019\u201a\u201b\u02bc\u2032`\u201c\u201d\u201e\u00ab\u00bb\u2033\u2010-\u2012\u2212\u2015\u2026\u00b7\u2022\u2044]/g,
    (mark) => SPELLED_MARKS[mark] ?? mark,
  );

/** Folds accents and ligatures to ASCII letters and drops what has no ASCII form (other scripts, emoji). */
export const foldToAscii = (text: string): string =>
  plainPunctuation(text)
    .replace(/[\u00c6-\u01ff\u1e9e]/g, (letter) => SPELLED_LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[–—]/g, '-')
    .replace(/[^\x20-\x7e]/g, '');

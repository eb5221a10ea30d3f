/** Numbers as English words. Every function returns lower-case words with single spaces and no hyphens. */
const UNITS = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen ' +
  'sixteen seventeen eighteen nineteen'
).split(' ');
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const SCALES = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'];

const IRREGULAR_ORDINALS: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** Eighteen digits: the scales above name them all. Longer numbers are read digit by digit. */
const LONGEST_CARDINAL_DIGITS = 18;

const belowHundred = (n: number): string => {
  if (n < 20) return UNITS[n]!;
  const rest = n % 10;
  return rest === 0 ? TENS[Math.floor(n / 10)]! : `${TENS[Math.floor(n / 10)]!} ${UNITS[rest]!}`;
};

const belowThousand = (n: number): string => {
  if (n < 100) return belowHundred(n);
  const rest = n % 100;
  const hundreds = `${UNITS[Math.floor(n / 100)]!} hundred`;
  return rest === 0 ? hundreds : `${hundreds} and ${belowHundred(rest)}`;
};

/** "407" is "four zero seven". Characters other than digits are skipped. */
export const digitWords = (digits: string): string =>
  [...digits]
    .filter((digit) => digit >= '0' && digit <= '9')
    .map((digit) => UNITS[Number(digit)]!)
    .join(' ');

/** A whole number given as digits, so that no precision is lost. */
export const cardinalWords = (digits: string): string => {
  const plain = digits.replace(/^0+(?=\d)/, '');
  if (plain.length > LONGEST_CARDINAL_DIGITS) return digitWords(plain);
  const groups: number[] = [];
  for (let end = plain.length; end > 0; end -= 3) {
    groups.push(Number(plain.slice(Math.max(0, end - 3), end)));
  }
  const words: string[] = [];
  for (let scale = groups.length - 1; scale >= 0; scale -= 1) {
    const group = groups[scale]!;
    if (group === 0) continue;
    const joinsWithAnd = scale === 0 && group < 100 && words.length > 0;
    words.push(joinsWithAnd ? `and ${belowHundred(group)}` : belowThousand(group));
    if (scale > 0) words.push(SCALES[scale]!);
  }
  return words.length === 0 ? 'zero' : words.join(' ');
};

/** "12.50" is "twelve point five zero"; thousands separators are allowed. */
export const decimalWords = (number: string): string => {
  const [whole = '', fraction] = number.replace(/,/g, '').split('.');
  const spoken = cardinalWords(whole === '' ? '0' : whole);
  return fraction === undefined || fraction === ''
    ? spoken
    : `${spoken} point ${digitWords(fraction)}`;
};

export const ordinalWords = (digits: string): string => {
  const words = cardinalWords(digits).split(' ');
  const last = words.pop()!;
  const irregular = IRREGULAR_ORDINALS[last];
  const ordinal = irregular ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, ordinal].join(' ');
};

/** Reads 1100 to 2099 the way years are said; anything else as a cardinal. */
export const yearWords = (digits: string): string => {
  const year = Number(digits);
  if (!/^\d{4}$/.test(digits) || year < 1100 || year > 2099) return cardinalWords(digits);
  if (year >= 2000 && year < 2010) return cardinalWords(digits).replace(' and ', ' ');
  const century = belowHundred(Math.floor(year / 100));
  const rest = year % 100;
  if (rest === 0) return `${century} hundred`;
  return rest < 10 ? `${century} oh ${UNITS[rest]!}` : `${century} ${belowHundred(rest)}`;
};

/** The plural of a spoken number's last word: "nineties", "sixes". */
export const pluralNumberWords = (words: string): string => {
  if (words.endsWith('y')) return `${words.slice(0, -1)}ies`;
  return words.endsWith('x') ? `${words}es` : `${words}s`;
};

/** Hours and minutes as said: "three thirty", "nine oh five", "three o'clock". */
export const clockWords = (hour: number, minute: number, withHalfOfDay: boolean): string => {
  const hours = belowHundred(hour % 100);
  if (minute === 0) {
    if (withHalfOfDay) return hours;
    return hour >= 1 && hour <= 12 ? `${hours} o'clock` : `${hours} hundred`;
  }
  return minute < 10 ? `${hours} oh ${UNITS[minute]!}` : `${hours} ${belowHundred(minute)}`;
};

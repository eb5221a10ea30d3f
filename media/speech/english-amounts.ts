/**
 * Written forms that hold digits, as English words: money, percents, times, dates, ordinals, ranges, measures and
 * plain numbers. Each rule answers undefined when the form is not its own.
 */
import {
  cardinalWords,
  clockWords,
  decimalWords,
  digitWords,
  ordinalWords,
  pluralNumberWords,
  yearWords,
} from './english-numbers.ts';
import {
  CURRENCIES,
  MAGNITUDE_WORDS,
  MAGNITUDES,
  MONTHS,
  UNITS,
  YEAR_CUES,
  isMonth,
} from './english-words.ts';

/** The neighbours of a token without their punctuation; empty at the edges of the text. */
export interface TokenContext {
  previous: string;
  next: string;
}

export interface SpokenForm {
  words: string;
  /** Words that come only after the next token: "five | million *dollars*". */
  carry?: string;
}

type AmountRule = (core: string, context: TokenContext) => SpokenForm | undefined;

const NUMBER = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+`;
const CURRENCY = String.raw`US\$|[$£€¥₹¢]`;
const CURRENCY_CODE = String.raw`USD|EUR|GBP|SEK|kr`;

const isOne = (number: string): boolean => /^0*1(?:\.0+)?$/.test(number);

const signed = (sign: string | undefined, words: string): string =>
  sign === '-' ? `minus ${words}` : sign === '+' ? `plus ${words}` : words;

const money: AmountRule = (core, { next }) => {
  const match =
    new RegExp(`^([-+]?)(${CURRENCY})([-+]?)(${NUMBER})(k|K|m|M|mn|bn|B|b|T)?$`).exec(core) ??
    new RegExp(`^([-+]?)()()(${NUMBER})(k|K|m|M|mn|bn|B|b|T)?(${CURRENCY}|${CURRENCY_CODE})$`).exec(
      core,
    );
  if (match === null) return undefined;
  const [, sign, before, innerSign, number, magnitude, after] = match;
  const currency = CURRENCIES[before || after || ''];
  if (currency === undefined || number === undefined) return undefined;
  const say = (words: string): string => signed(sign || innerSign, words);
  if (magnitude !== undefined) {
    return { words: say(`${decimalWords(number)} ${MAGNITUDES[magnitude]!} ${currency.many}`) };
  }
  if (MAGNITUDE_WORDS.has(next.toLowerCase())) {
    return { words: say(decimalWords(number)), carry: currency.many };
  }
  const [whole = '0', fraction] = number.split('.');
  const unitName = isOne(whole) ? currency.one : currency.many;
  const wholeWords = `${cardinalWords(whole.replace(/,/g, '') || '0')} ${unitName}`;
  if (fraction === undefined || /^0+$/.test(fraction)) return { words: say(wholeWords) };
  if (currency.cents === undefined || fraction.length !== 2) {
    return { words: say(`${decimalWords(number)} ${currency.many}`) };
  }
  const cents = `${cardinalWords(fraction)} ${isOne(fraction) ? currency.cent! : currency.cents}`;
  return { words: say(Number(whole) === 0 ? cents : `${wholeWords} and ${cents}`) };
};

const percent: AmountRule = (core) => {
  const match = new RegExp(`^([-+]?)(${NUMBER})(?:[-–](${NUMBER}))?%$`).exec(core);
  if (match === null) return undefined;
  const from = signed(match[1], decimalWords(match[2]!));
  const to = match[3] === undefined ? '' : ` to ${decimalWords(match[3])}`;
  return { words: `${from}${to} percent` };
};

const halfOfDay = (text: string): string => (/^a/i.test(text) ? ' A M' : ' P M');

const time: AmountRule = (core, { next }) => {
  const match = /^(\d{1,2})[:.](\d{2})(?::\d{2})?(a\.?m\.?|p\.?m\.?)?$/i.exec(core);
  const bare = /^(\d{1,2})(a\.?m\.?|p\.?m\.?)$/i.exec(core);
  if (bare !== null) {
    return { words: `${clockWords(Number(bare[1]), 0, true)}${halfOfDay(bare[2]!)}` };
  }
  if (match === null || !core.includes(':')) return undefined;
  const [, hour, minute, half] = match;
  if (Number(hour) > 24 || Number(minute) > 59) return undefined;
  const followed = half !== undefined || /^[ap]\.?m\.?$/i.test(next);
  const words = clockWords(Number(hour), Number(minute), followed);
  return { words: half === undefined ? words : `${words}${halfOfDay(half)}` };
};

const longDate = (year: string, month: number, day: number): SpokenForm | undefined => {
  const name = MONTHS[month - 1];
  if (name === undefined || day < 1 || day > 31) return undefined;
  return { words: `${name} ${ordinalWords(String(day))} ${yearWords(year)}` };
};

const date: AmountRule = (core) => {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(core);
  if (iso !== null) return longDate(iso[1]!, Number(iso[2]), Number(iso[3]));
  const slashed = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$/.exec(core);
  if (slashed === null) return undefined;
  const first = Number(slashed[1]);
  const second = Number(slashed[2]);
  return first > 12 ? longDate(slashed[3]!, second, first) : longDate(slashed[3]!, first, second);
};

const ordinal: AmountRule = (core) => {
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)$/i.exec(core);
  return match === null ? undefined : { words: ordinalWords(match[1]!.replace(/,/g, '')) };
};

const decade: AmountRule = (core) => {
  const match = /^'?(\d{2}|\d{4})'?s$/.exec(core);
  if (match === null) return undefined;
  const digits = match[1]!;
  if (!digits.endsWith('0') && digits.length === 4) return undefined;
  const spoken = digits.length === 4 ? yearWords(digits) : cardinalWords(digits);
  return { words: pluralNumberWords(spoken) };
};

const fraction: AmountRule = (core) => {
  const match = /^(\d{1,2})\/(\d{1,3})$/.exec(core);
  if (match === null) return undefined;
  const [, over = '', under = ''] = match;
  if (over === '24' && under === '7') return { words: 'twenty four seven' };
  if (Number(over) >= Number(under) || Number(under) < 2) {
    return { words: `${cardinalWords(over)} out of ${cardinalWords(under)}` };
  }
  const part = under === '2' ? 'half' : under === '4' ? 'quarter' : ordinalWords(under);
  const name = Number(over) === 1 ? part : under === '2' ? 'halves' : `${part}s`;
  return { words: `${cardinalWords(over)} ${name}` };
};

const phone: AmountRule = (core) => {
  const isPhone =
    /^\+\d[\d-]{6,}$/.test(core) ||
    /^\(?\d{3}\)?-\d{3}-\d{4}$/.test(core) ||
    /^\d{3}-\d{4}$/.test(core);
  if (!isPhone) return undefined;
  const groups = core.split('-').map((group) => digitWords(group));
  return { words: `${core.startsWith('+') ? 'plus ' : ''}${groups.join(', ')}` };
};

const version: AmountRule = (core) => {
  const match = /^(v?)(\d+(?:\.\d+){2,}|(?<=v)\d+\.\d+)$/i.exec(core);
  if (match === null) return undefined;
  const numbers = match[2]!.split('.').map((part) => cardinalWords(part));
  return { words: `${match[1] === '' ? '' : 'version '}${numbers.join(' point ')}` };
};

const range: AmountRule = (core) => {
  const match = new RegExp(
    `^(${CURRENCY})?(${NUMBER})[-–](${CURRENCY})?(${NUMBER})([a-zA-Z°%/]*)$`,
  ).exec(core);
  if (match === null) return undefined;
  const [, before, from, , to, suffix = ''] = match;
  const bothYears = /^\d{4}$/.test(from!) && /^\d{4}$/.test(to!);
  const say = (number: string): string => (bothYears ? yearWords(number) : decimalWords(number));
  const end = suffix === '' ? undefined : measure(`${to!}${suffix}`, { previous: '', next: '' });
  if (suffix !== '' && end === undefined) return undefined;
  const currency = before === undefined ? '' : ` ${CURRENCIES[before]!.many}`;
  return { words: `${say(from!)} to ${end?.words ?? say(to!)}${currency}` };
};

const measure: AmountRule = (core) => {
  const match = new RegExp(`^([-+]?)(${NUMBER})-?([a-zA-Z°]+(?:/h)?)$`).exec(core);
  if (match === null) return undefined;
  const [, sign, number, name] = match;
  const unit = Object.hasOwn(UNITS, name!) ? UNITS[name!] : undefined;
  if (unit !== undefined && !/^[mM]$/.test(name!)) {
    return {
      words: signed(sign, `${decimalWords(number!)} ${isOne(number!) ? unit.one : unit.many}`),
    };
  }
  const magnitude = Object.hasOwn(MAGNITUDES, name!) ? MAGNITUDES[name!] : undefined;
  if (magnitude === undefined) return undefined;
  return { words: signed(sign, `${decimalWords(number!)} ${magnitude}`) };
};

const looksLikeYear = (digits: string, { previous, next }: TokenContext): boolean => {
  if (!/^(1[1-9]|20)\d{2}$/.test(digits)) return false;
  if (YEAR_CUES.has(previous.toLowerCase()) || isMonth(previous)) return true;
  const afterDay = /^\d{1,2}(?:st|nd|rd|th)?$/.test(previous);
  if (afterDay) return true;
  const year = Number(digits);
  return year >= 1900 && !/^(?:people|men|children|percent|[a-z]{3,}s)$/.test(next);
};

const number: AmountRule = (core, context) => {
  const match = new RegExp(`^([-+]?)(${NUMBER})$`).exec(core);
  if (match === null) return undefined;
  const [, sign, digits = ''] = match;
  const isDay = /^\d{1,2}$/.test(digits) && Number(digits) >= 1 && Number(digits) <= 31;
  const afterMonth = isMonth(context.previous) && /^[A-Z]/.test(context.previous);
  const beforeMonth = isMonth(context.next) && /^[A-Z]/.test(context.next);
  if (isDay && sign === '' && (afterMonth || beforeMonth)) return { words: ordinalWords(digits) };
  if (sign === '' && looksLikeYear(digits, context)) return { words: yearWords(digits) };
  const isCode = /^0\d+$/.test(digits) || /^\d{11,}$/.test(digits);
  return { words: signed(sign, isCode ? digitWords(digits) : decimalWords(digits)) };
};

const RULES: readonly AmountRule[] = [
  money,
  percent,
  time,
  date,
  ordinal,
  decade,
  fraction,
  phone,
  version,
  range,
  measure,
  number,
];

/** The spoken form of a token that holds digits, or undefined when no rule knows its shape. */
export const speakAmount = (core: string, context: TokenContext): SpokenForm | undefined => {
  for (const rule of RULES) {
    const form = rule(core, context);
    if (form !== undefined) return form;
  }
  return undefined;
};

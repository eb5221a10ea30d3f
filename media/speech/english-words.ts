/** What written English shortens and speech says in full. Keys are lower case. */

/** Said in full wherever they stand; the dot belongs to them and ends no sentence. */
export const TITLES: Readonly<Record<string, string>> = {
  'mr.': 'mister',
  mr: 'mister',
  'mrs.': 'missus',
  mrs: 'missus',
  'ms.': 'miz',
  ms: 'miz',
  'dr.': 'doctor',
  dr: 'doctor',
  'prof.': 'professor',
  'sr.': 'senior',
  'rev.': 'reverend',
  'gen.': 'general',
  'capt.': 'captain',
  'lt.': 'lieutenant',
  'hon.': 'honourable',
};

/** Said in full; their dot may also end a sentence, which a capital letter after it shows. */
export const ABBREVIATIONS: Readonly<Record<string, string>> = {
  'e.g.': 'for example',
  'eg.': 'for example',
  'e.g': 'for example',
  'i.e.': 'that is',
  'i.e': 'that is',
  'ie.': 'that is',
  'etc.': 'et cetera',
  etc: 'et cetera',
  'vs.': 'versus',
  vs: 'versus',
  'approx.': 'approximately',
  'dept.': 'department',
  'jr.': 'junior',
  'inc.': 'incorporated',
  'ltd.': 'limited',
  'corp.': 'corporation',
  'fig.': 'figure',
  'max.': 'maximum',
  'min.': 'minimum',
  'est.': 'established',
  'ave.': 'avenue',
  'blvd.': 'boulevard',
  'mgmt.': 'management',
  'govt.': 'government',
  'a.m.': 'A M',
  'p.m.': 'P M',
  'w/': 'with',
  'w/o': 'without',
  aka: 'A K A',
  'a.k.a.': 'A K A',
  asap: 'A S A P',
  'tel.': 'telephone',
  'jan.': 'january',
  'feb.': 'february',
  'mar.': 'march',
  'apr.': 'april',
  'aug.': 'august',
  'sept.': 'september',
  'oct.': 'october',
  'nov.': 'november',
  'dec.': 'december',
  'tues.': 'tuesday',
  'thurs.': 'thursday',
};

export const MONTHS =
  'january february march april may june july august september october november december'.split(
    ' ',
  );

const MONTH_FORMS = new Set([
  ...MONTHS,
  ...'jan feb mar apr jun jul aug sep sept oct nov dec'.split(' '),
]);

export const isMonth = (word: string): boolean => MONTH_FORMS.has(word.toLowerCase());

/** Capital letters that are read as a word and not letter by letter. */
export const WORDLIKE_ACRONYMS = new Set(
  (
    'NASA NATO OPEC UNICEF UNESCO LASER RADAR SONAR AIDS COVID RAM ROM SIM PIN GIF SCUBA SWAT ' +
    'NAFTA IKEA FIFA LEGO OK SMART RICE STAR GROW SWOT AGILE SCRUM'
  ).split(' '),
);

/** Short words that people set in capitals for stress. */
export const STRESSED_WORDS = new Set(
  (
    'A I AM AN AND ANY ALL ARE AS AT BE BUT BY CAN DID DO FOR GO HAD HAS HE HER HIM HIS HOW IF IN IS ITS ' +
    'LET ME MY NEW NO NOT NOW OF OFF ON ONE OR OUR OUT SEE SHE SO THE TO TOO TWO UP WAS WAY WE WHO WHY YES YOU'
  ).split(' '),
);

/** Sounds that people write and a voice would otherwise spell. */
export const INTERJECTIONS: Readonly<Record<string, string>> = {
  hm: 'hum',
  hmm: 'hum',
  hmmm: 'hum',
  mm: 'um',
  mmm: 'um',
  mhm: 'um hum',
  'mm-hm': 'um hum',
  'mm-hmm': 'um hum',
  'uh-huh': 'uh huh',
  shh: 'shush',
  psst: 'pist',
  ok: 'okay',
  'o.k.': 'okay',
};

interface Unit {
  one: string;
  many: string;
}

const unit = (one: string, many = `${one}s`): Unit => ({ one, many });

/** Units after a number; keys are case-sensitive. */
export const UNITS: Readonly<Record<string, Unit>> = {
  mm: unit('millimetre'),
  cm: unit('centimetre'),
  m: unit('metre'),
  km: unit('kilometre'),
  'km/h': unit('kilometre per hour', 'kilometres per hour'),
  kph: unit('kilometre per hour', 'kilometres per hour'),
  mph: unit('mile per hour', 'miles per hour'),
  ft: unit('foot', 'feet'),
  mg: unit('milligram'),
  g: unit('gram'),
  kg: unit('kilogram'),
  lb: unit('pound'),
  lbs: unit('pound'),
  oz: unit('ounce'),
  ml: unit('millilitre'),
  l: unit('litre'),
  ms: unit('millisecond'),
  s: unit('second'),
  sec: unit('second'),
  min: unit('minute'),
  mins: unit('minute'),
  h: unit('hour'),
  hr: unit('hour'),
  hrs: unit('hour'),
  W: unit('watt'),
  kW: unit('kilowatt'),
  kWh: unit('kilowatt hour'),
  V: unit('volt'),
  Hz: unit('hertz', 'hertz'),
  kHz: unit('kilohertz', 'kilohertz'),
  MHz: unit('megahertz', 'megahertz'),
  GHz: unit('gigahertz', 'gigahertz'),
  KB: unit('kilobyte'),
  kB: unit('kilobyte'),
  MB: unit('megabyte'),
  GB: unit('gigabyte'),
  TB: unit('terabyte'),
  '°C': unit('degree celsius', 'degrees celsius'),
  '°F': unit('degree fahrenheit', 'degrees fahrenheit'),
  '°': unit('degree'),
  x: unit('time'),
};

interface Currency {
  one: string;
  many: string;
  cent?: string;
  cents?: string;
}

export const CURRENCIES: Readonly<Record<string, Currency>> = {
  $: { one: 'dollar', many: 'dollars', cent: 'cent', cents: 'cents' },
  US$: { one: 'dollar', many: 'dollars', cent: 'cent', cents: 'cents' },
  '£': { one: 'pound', many: 'pounds', cent: 'penny', cents: 'pence' },
  '€': { one: 'euro', many: 'euros', cent: 'cent', cents: 'cents' },
  '¥': { one: 'yen', many: 'yen' },
  '₹': { one: 'rupee', many: 'rupees' },
  '¢': { one: 'cent', many: 'cents' },
  kr: { one: 'krona', many: 'kronor' },
  USD: { one: 'dollar', many: 'dollars', cent: 'cent', cents: 'cents' },
  EUR: { one: 'euro', many: 'euros', cent: 'cent', cents: 'cents' },
  GBP: { one: 'pound', many: 'pounds', cent: 'penny', cents: 'pence' },
  SEK: { one: 'krona', many: 'kronor' },
};

/** Letters after an amount that multiply it. */
export const MAGNITUDES: Readonly<Record<string, string>> = {
  k: 'thousand',
  K: 'thousand',
  m: 'million',
  M: 'million',
  mn: 'million',
  bn: 'billion',
  B: 'billion',
  b: 'billion',
  T: 'trillion',
};

export const MAGNITUDE_WORDS = new Set(['hundred', 'thousand', 'million', 'billion', 'trillion']);

/** Symbols that stand alone between words. */
export const SYMBOLS: Readonly<Record<string, string>> = {
  '&': 'and',
  '+': 'plus',
  '=': 'equals',
  '%': 'percent',
  '@': 'at',
  '×': 'times',
  '÷': 'divided by',
  '<': 'less than',
  '>': 'greater than',
  '°': 'degrees',
  '§': 'section',
  '€': 'euros',
  '£': 'pounds',
  $: 'dollars',
  '©': 'copyright',
  '½': 'one half',
  '¼': 'one quarter',
  '¾': 'three quarters',
};

/** A four-digit number after one of these is a year. */
export const YEAR_CUES = new Set(
  'in since by until till before after during from of year late early mid spring summer autumn fall winter'.split(
    ' ',
  ),
);

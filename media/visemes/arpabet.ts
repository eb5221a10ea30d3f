import type { Viseme } from './viseme.ts';

/** One stretch of a sound: the visemes it looks like, for a share of the sound's length. */
export interface SoundPart {
  /** Visemes and their shares of the shape; the shares sum to at most 1, what is missing is rest. */
  blend: readonly (readonly [viseme: Viseme, weight: number])[];
  /** Part of the sound's duration, 0..1. The parts of a sound sum to 1. */
  share: number;
  /** How much the sound insists on its shape against its neighbours: 1 for full sounds, less for reduced ones. */
  strength: number;
}

/** What a sound does to the mouth, part by part. No parts: the sound takes the shape of its neighbours, as /h/ does. */
export type Sound = readonly SoundPart[];

/** Reduced vowels are short and weak: they lean towards whatever stands beside them. */
const REDUCED_STRENGTH = 0.6;
/** The first element of a diphthong is the longer one (0.6 / 0.4, as in Rhubarb's rules). */
const DIPHTHONG_SHARE = 0.6;

const BLEND_AE = [
  ['aa', 0.6],
  ['E', 0.4],
] as const;
const BLEND_AO = [
  ['oh', 0.75],
  ['aa', 0.25],
] as const;
const BLEND_UH = [
  ['ou', 0.6],
  ['oh', 0.3],
] as const;

/**
 * ARPAbet in lower case without stress, as flite reports it (US English set of the CMU voices), with the TIMIT names that
 * aligners use, and six names of our own for what English lacks: `ue` (IPA y, ʏ), `oe` (ø, œ), `uy` (ʉ, ɵ), `sj` (ɧ),
 * `x` (x, ç, χ), `oa` (ɒ). Blends of vowels follow their height and rounding.
 */
const SOUNDS: Readonly<Record<string, Sound>> = {
  // Vowels.
  aa: one('aa'),
  ae: full(BLEND_AE),
  ah: [
    {
      blend: [
        ['aa', 0.55],
        ['E', 0.2],
      ],
      share: 1,
      strength: 0.85,
    },
  ],
  ao: full(BLEND_AO),
  aw: pair([['aa', 1]], [['ou', 0.9]]),
  ax: reduced('E', 0.45, 'aa', 0.15),
  axr: weak('RR', 0.75),
  ay: pair([['aa', 1]], [['ih', 1]]),
  eh: one('E'),
  el: weak('nn', 0.8),
  em: one('PP'),
  en: weak('nn', 0.8),
  er: one('RR'),
  ey: pair([['E', 1]], [['ih', 1]]),
  ih: one('ih'),
  ix: reduced('ih', 0.6, 'E', 0.15),
  iy: one('ih'),
  ow: pair([['oh', 1]], [['ou', 1]]),
  oy: pair([['oh', 1]], [['ih', 1]]),
  uh: full(BLEND_UH),
  uw: one('ou'),
  ux: one('ou'),
  // Vowels that English lacks.
  ue: full([
    ['ou', 0.6],
    ['ih', 0.4],
  ]),
  oe: full([
    ['oh', 0.5],
    ['E', 0.35],
    ['ou', 0.15],
  ]),
  uy: full([
    ['ou', 0.85],
    ['ih', 0.15],
  ]),
  oa: full([
    ['aa', 0.65],
    ['oh', 0.35],
  ]),
  // Lips.
  b: one('PP'),
  m: one('PP'),
  p: one('PP'),
  f: one('FF'),
  v: one('FF'),
  w: one('ou'),
  // Tongue.
  d: one('DD'),
  dx: weak('DD', 0.8),
  dh: one('TH'),
  l: one('nn'),
  n: one('nn'),
  nx: weak('nn', 0.9),
  r: one('RR'),
  s: one('SS'),
  t: one('DD'),
  th: one('TH'),
  y: one('ih'),
  z: one('SS'),
  ch: one('CH'),
  jh: one('CH'),
  sh: one('CH'),
  zh: one('CH'),
  // Back of the mouth: they hardly show.
  g: one('kk'),
  k: one('kk'),
  ng: one('kk'),
  q: [],
  hh: [],
  hv: [],
  x: weak('kk', 0.6),
  sj: full([
    ['CH', 0.45],
    ['ou', 0.35],
  ]),
  // Silence.
  pau: one('sil'),
  sil: one('sil'),
  sp: one('sil'),
  'h#': one('sil'),
};

/** An unknown name looks like a reduced vowel: a mouth that moves a little is less wrong than one that stops. */
const UNKNOWN: Sound = reduced('E', 0.45, 'aa', 0.15);

const SILENCES = new Set(['pau', 'sil', 'sp', 'h#']);
const VOWEL_NAMES = new Set(
  'aa ae ah ao aw ax axr ay eh er ey ih ix iy ow oy uh uw ux ue oe uy oa'.split(' '),
);

/** What a phoneme does to the mouth. Stress digits and case are ignored; unknown names look like a reduced vowel. */
export function soundOf(phoneme: string): Sound {
  const name = bare(phoneme);
  return Object.hasOwn(SOUNDS, name) ? (SOUNDS[name] ?? UNKNOWN) : UNKNOWN;
}

/** Whether `phoneme` is a name that `soundOf` knows. */
export function isArpabet(phoneme: string): boolean {
  return Object.hasOwn(SOUNDS, bare(phoneme));
}

/** The viseme that a viewer would name for each part of the phoneme, for example aa then ih for `ay`. */
export function visemesOf(phoneme: string): Viseme[] {
  return soundOf(phoneme).map((part) => {
    let best: readonly [Viseme, number] = ['sil', 0];
    for (const entry of part.blend) {
      best = entry[1] > best[1] ? entry : best;
    }
    return best[0];
  });
}

export function isSilence(phoneme: string): boolean {
  return SILENCES.has(bare(phoneme));
}

export function isVowel(phoneme: string): boolean {
  return VOWEL_NAMES.has(bare(phoneme));
}

/** Sounds that need shut lips. */
export function isBilabial(phoneme: string): boolean {
  const name = bare(phoneme);
  return name === 'p' || name === 'b' || name === 'm' || name === 'em';
}

/** Sounds that need the lower lip on the upper teeth. */
export function isLabiodental(phoneme: string): boolean {
  const name = bare(phoneme);
  return name === 'f' || name === 'v';
}

function bare(phoneme: string): string {
  const lower = phoneme.toLowerCase();
  return Object.hasOwn(SOUNDS, lower) ? lower : lower.replace(/[0-2]$/, '');
}

function one(viseme: Viseme): Sound {
  return full([[viseme, 1]]);
}

function full(blend: SoundPart['blend']): Sound {
  return [{ blend, share: 1, strength: 1 }];
}

function weak(viseme: Viseme, weight: number): Sound {
  return [{ blend: [[viseme, weight]], share: 1, strength: 0.8 }];
}

function reduced(a: Viseme, weightA: number, b: Viseme, weightB: number): Sound {
  return [
    {
      blend: [
        [a, weightA],
        [b, weightB],
      ],
      share: 1,
      strength: REDUCED_STRENGTH,
    },
  ];
}

function pair(first: SoundPart['blend'], second: SoundPart['blend']): Sound {
  return [
    { blend: first, share: DIPHTHONG_SHARE, strength: 1 },
    { blend: second, share: 1 - DIPHTHONG_SHARE, strength: 0.9 },
  ];
}

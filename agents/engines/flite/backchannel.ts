/** The small sounds of someone who listens. */
import type { SpeechChunk } from '#media/ports.ts';

export type BackchannelKind =
  'mm-hm' | 'mm' | 'right' | 'i-see' | 'okay' | 'yeah' | 'uh-huh' | 'breath';

interface BackchannelRecipe {
  /** What a transcript shows. */
  text: string;
  /** ARPAbet, because a dictionary spells "mm-hm" letter by letter. */
  phones: string;
  stretch: number;
  /** Listeners speak under the speaker. */
  gainDb: number;
}

const recipe = (text: string, phones: string, stretch = 1, gainDb = -5): BackchannelRecipe => ({
  text,
  phones: `pau ${phones} pau`,
  stretch,
  gainDb,
});

export const BACKCHANNELS: Readonly<Record<BackchannelKind, BackchannelRecipe | 'breath'>> = {
  'mm-hm': recipe('Mm-hm.', 'm m hh m m', 0.85, -8),
  mm: recipe('Mm.', 'm m m', 0.9, -8),
  right: recipe('Right.', 'r ay t'),
  'i-see': recipe('I see.', 'ay s iy'),
  okay: recipe('Okay.', 'ow k ey'),
  yeah: recipe('Yeah.', 'y ae ax'),
  'uh-huh': recipe('Uh-huh.', 'ah hh ah', 1, -7),
  breath: 'breath',
};

/** About -38 dBFS at its loudest: heard in a quiet room, never mistaken for speech. */
const BREATH_LEVEL = 0.02;
const BREATH_MS = 260;

/**
 * A short breath in: noise shaped by the air way (a broad band around 1.6 kHz), rising slowly and falling faster.
 * The noise is the same every time, so that tests can compare it.
 */
export const makeBreath = (sampleRateHz: number): SpeechChunk => {
  const length = Math.round((BREATH_MS / 1000) * sampleRateHz);
  const samples = new Int16Array(length);
  const centre = (2 * Math.PI * 1600) / sampleRateHz;
  const radius = 0.86;
  let seed = 0x2f6e2b1;
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < length; i += 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const noise = seed / 0x80000000 - 1;
    const y = (1 - radius) * noise + 2 * radius * Math.cos(centre) * y1 - radius * radius * y2;
    y2 = y1;
    y1 = y;
    const at = i / length;
    const swell =
      at < 0.65
        ? Math.sin((Math.PI / 2) * (at / 0.65)) ** 2
        : Math.cos((Math.PI / 2) * ((at - 0.65) / 0.35)) ** 2;
    samples[i] = Math.round(y * swell * BREATH_LEVEL * 2.5 * 32767);
  }
  return {
    samples,
    sampleRateHz,
    phonemes: [{ phoneme: 'pau', startMs: 0, endMs: (length / sampleRateHz) * 1000 }],
    words: [],
  };
};

/** The kind that a scenario's word names: "I see" is `i-see`. A word without a sound of its own is `mm-hm`. */
export function backchannelKind(word: string): BackchannelKind {
  const kind = word.trim().toLowerCase().replaceAll(/\s+/g, '-');
  return kind in BACKCHANNELS ? (kind as BackchannelKind) : 'mm-hm';
}

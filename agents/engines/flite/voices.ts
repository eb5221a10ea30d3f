/** Our cast of English voices: flite's recorded speakers, each tuned a little so that personas sound apart. */
import type { VoiceDescription } from '#media/ports.ts';

export interface FliteVoice extends VoiceDescription {
  /** flite's own voice. */
  base: 'slt' | 'rms' | 'awb' | 'kal16';
  /** Mean pitch asked of flite, in Hz; absent where the voice ignores it (rms) or its own is wanted. */
  pitchHz?: number;
  /** Above 1 is slower. Applied by flite, so that pitch stays. */
  stretch: number;
  /**
   * Size of the head: the sound is resampled by this factor, which moves pitch and formants together.
   * Above 1 is a smaller, brighter speaker. Duration is kept by stretching beforehand.
   */
  brightness: number;
  /** Brings the voice to the common level: see media/speech/loudness.ts. Held by a test. */
  gainDb: number;
}

const CMU_LICENCE = 'CMU Flite voice, free for any use with attribution (BSD-style licence)';

export const FLITE_VOICES: readonly FliteVoice[] = [
  {
    id: 'en-clara',
    language: 'en',
    gender: 'female',
    description: `Clara: a clear, even American voice (slt). ${CMU_LICENCE}.`,
    base: 'slt',
    pitchHz: 172,
    stretch: 1,
    brightness: 1,
    gainDb: -3.8,
  },
  {
    id: 'en-nia',
    language: 'en',
    gender: 'female',
    description: `Nia: brighter and a little quicker (slt, raised). ${CMU_LICENCE}.`,
    base: 'slt',
    pitchHz: 196,
    stretch: 0.95,
    brightness: 1.07,
    gainDb: -4.7,
  },
  {
    id: 'en-ingrid',
    language: 'en',
    gender: 'female',
    description: `Ingrid: low, calm and measured (slt, lowered). ${CMU_LICENCE}.`,
    base: 'slt',
    pitchHz: 158,
    stretch: 1.06,
    brightness: 0.95,
    gainDb: -3.3,
  },
  {
    id: 'en-marcus',
    language: 'en',
    gender: 'male',
    description: `Marcus: a deep, steady American voice (rms). ${CMU_LICENCE}.`,
    base: 'rms',
    stretch: 0.93,
    brightness: 0.97,
    gainDb: 1.5,
  },
  {
    id: 'en-alan',
    language: 'en',
    gender: 'male',
    description: `Alan: lighter, with a Scottish colour (awb). ${CMU_LICENCE}.`,
    base: 'awb',
    pitchHz: 118,
    stretch: 1.02,
    brightness: 1,
    gainDb: 0.5,
  },
  {
    id: 'en-victor',
    language: 'en',
    gender: 'male',
    description: `Victor: plainly synthetic, cut from diphones (kal16). ${CMU_LICENCE}.`,
    base: 'kal16',
    pitchHz: 92,
    stretch: 1.05,
    brightness: 1,
    gainDb: 8.1,
  },
];

/** Voices of espeak-ng: plainly synthetic, in many languages. */
import type { VoiceDescription } from '#media/ports.ts';

export interface EspeakVoice extends VoiceDescription {
  espeakVoice: string;
  /** Words per minute. */
  rate: number;
  /** 0 to 99. */
  pitch: number;
  /** Brings the voice to the common level: see media/speech/loudness.ts. */
  gainDb: number;
}

const LANGUAGES: Readonly<Record<string, { name: string; female: string; male: string }>> = {
  sv: { name: 'Swedish', female: 'astrid', male: 'erik' },
  nb: { name: 'Norwegian', female: 'solveig', male: 'lars' },
  da: { name: 'Danish', female: 'freja', male: 'mads' },
  fi: { name: 'Finnish', female: 'aino', male: 'eero' },
  de: { name: 'German', female: 'greta', male: 'jonas' },
  nl: { name: 'Dutch', female: 'fenna', male: 'daan' },
  fr: { name: 'French', female: 'camille', male: 'louis' },
  es: { name: 'Spanish', female: 'lucia', male: 'mateo' },
  it: { name: 'Italian', female: 'chiara', male: 'luca' },
  pt: { name: 'Portuguese', female: 'ines', male: 'tiago' },
  pl: { name: 'Polish', female: 'zofia', male: 'jakub' },
};

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export const ESPEAK_VOICES: readonly EspeakVoice[] = Object.entries(LANGUAGES).flatMap(
  ([language, { name, female, male }]) =>
    (['female', 'male'] as const).map((gender) => {
      const person = gender === 'female' ? female : male;
      return {
        id: `${language}-${person}`,
        language,
        gender,
        description: `${capital(person)}: ${name}, synthetic (espeak-ng, GPL-3.0, run as a process of its own).`,
        espeakVoice: `${language}+${gender === 'female' ? 'f2' : 'm3'}`,
        rate: 160,
        pitch: gender === 'female' ? 55 : 42,
        gainDb: 0,
      };
    }),
);

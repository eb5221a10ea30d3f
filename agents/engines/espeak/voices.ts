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

interface LanguageVoices {
  name: string;
  female: string;
  male: string;
  /** Measured on one Swedish sentence. */
  gainDb: { female: number; male: number };
}

const LANGUAGES: Readonly<Record<string, LanguageVoices>> = {
  sv: { name: 'Swedish', female: 'astrid', male: 'erik', gainDb: { female: -1.0, male: 0.9 } },
  nb: { name: 'Norwegian', female: 'solveig', male: 'lars', gainDb: { female: -0.9, male: 1.1 } },
  da: { name: 'Danish', female: 'freja', male: 'mads', gainDb: { female: -2.0, male: -0.1 } },
  fi: { name: 'Finnish', female: 'aino', male: 'eero', gainDb: { female: -1.7, male: 0.3 } },
  de: { name: 'German', female: 'greta', male: 'jonas', gainDb: { female: -2.7, male: -0.5 } },
  nl: { name: 'Dutch', female: 'fenna', male: 'daan', gainDb: { female: -2.0, male: 0.1 } },
  fr: { name: 'French', female: 'camille', male: 'louis', gainDb: { female: -0.8, male: 1.3 } },
  es: { name: 'Spanish', female: 'lucia', male: 'mateo', gainDb: { female: -1.6, male: 0.6 } },
  it: { name: 'Italian', female: 'chiara', male: 'luca', gainDb: { female: -1.3, male: 0.9 } },
  pt: { name: 'Portuguese', female: 'ines', male: 'tiago', gainDb: { female: -1.7, male: 0.3 } },
  pl: { name: 'Polish', female: 'zofia', male: 'jakub', gainDb: { female: -1.0, male: 1.1 } },
};

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export const ESPEAK_VOICES: readonly EspeakVoice[] = Object.entries(LANGUAGES).flatMap(
  ([language, { name, female, male, gainDb }]) =>
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
        gainDb: gainDb[gender],
      };
    }),
);

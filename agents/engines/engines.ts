/** Chooses the engines that can serve here, and says plainly what cannot be served. */
import type { SpeechToText, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { isEspeakInstalled } from './espeak/connection.ts';
import { EspeakTextToSpeech } from './espeak/text-to-speech.ts';
import { ESPEAK_VOICES } from './espeak/voices.ts';
import { FliteTextToSpeech } from './flite/text-to-speech.ts';
import { FLITE_VOICES } from './flite/voices.ts';
import { findPython, RECOGNITION_HELP } from './pocketsphinx/python.ts';
import { PocketSphinxSpeechToText } from './pocketsphinx/speech-to-text.ts';

export type EngineChoice<Engine> = ({ ok: true } & Engine) | { ok: false; reason: string };

export interface VoiceEngine extends TextToSpeech {
  /** Makes the first clause as fast as the rest. */
  warmUp(voiceId?: string): Promise<void>;
}

/** Primary language subtag: `en-GB` is `en`. */
const languageOf = (tag: string): string => tag.toLowerCase().split('-')[0]!;

const find = (voices: readonly VoiceDescription[], wanted: string): VoiceDescription | undefined =>
  voices.find((voice) => voice.id === wanted) ??
  voices.find(
    (voice) => /^[a-z]{2}(?:-[A-Z]{2})?$/.test(wanted) && voice.language === languageOf(wanted),
  );

/** Every voice that could be chosen here, English first. */
export const listVoices = (): VoiceDescription[] => [
  ...FLITE_VOICES,
  ...(isEspeakInstalled() ? ESPEAK_VOICES : []),
];

/**
 * The engine for a voice id (`en-clara`) or a language (`en`, `sv`), with the voice to ask it for.
 * The caller owns the engine and closes it.
 */
export const createVoice = (
  voiceOrLanguage: string,
): EngineChoice<{ engine: VoiceEngine; voiceId: string }> => {
  const english = find(FLITE_VOICES, voiceOrLanguage);
  if (english !== undefined) {
    return { ok: true, engine: new FliteTextToSpeech(), voiceId: english.id };
  }
  const other = find(ESPEAK_VOICES, voiceOrLanguage);
  if (other === undefined) {
    return { ok: false, reason: `No voice here is called or speaks “${voiceOrLanguage}”.` };
  }
  if (!isEspeakInstalled()) {
    return {
      ok: false,
      reason: `“${other.id}” needs the optional package @echogarden/espeak-ng-emscripten.`,
    };
  }
  return { ok: true, engine: new EspeakTextToSpeech(), voiceId: other.id };
};

/** The recogniser for a language. The caller owns it and closes it. */
export const createRecognizer = (language: string): EngineChoice<{ engine: SpeechToText }> => {
  if (languageOf(language) !== 'en') {
    return {
      ok: false,
      reason: `No embedded engine recognises “${languageOf(language)}”: typed input until Faster-Whisper is set up.`,
    };
  }
  const python = findPython();
  if (python === undefined) {
    return {
      ok: false,
      reason: `Recognition needs Python: typed input until then. ${RECOGNITION_HELP}`,
    };
  }
  return { ok: true, engine: new PocketSphinxSpeechToText({ python }) };
};

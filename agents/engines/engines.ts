/** Chooses the engines that can serve here, and says plainly what cannot be served. */
import type { SpeechToText, TextToSpeech } from '#media/ports.ts';
import { FliteTextToSpeech } from './flite/text-to-speech.ts';
import { FLITE_VOICES } from './flite/voices.ts';

export type EngineChoice<Engine> = ({ ok: true } & Engine) | { ok: false; reason: string };

/** Primary language subtag: `en-GB` is `en`. */
const languageOf = (tag: string): string => tag.toLowerCase().split('-')[0]!;

/**
 * The engine for a voice id (`en-clara`) or a language (`en`), with the voice to ask it for.
 * The caller owns the engine and closes it.
 */
export const createVoice = (
  voiceOrLanguage: string,
): EngineChoice<{ engine: TextToSpeech; voiceId: string }> => {
  const english =
    FLITE_VOICES.find((voice) => voice.id === voiceOrLanguage) ??
    FLITE_VOICES.find((voice) => voice.language === voiceOrLanguage.toLowerCase());
  if (english !== undefined) {
    return { ok: true, engine: new FliteTextToSpeech(), voiceId: english.id };
  }
  return {
    ok: false,
    reason: `No installed voice speaks “${voiceOrLanguage}”.`,
  };
};

/** The recogniser for a language. The caller owns it and closes it. */
export const createRecognizer = (language: string): EngineChoice<{ engine: SpeechToText }> => ({
  ok: false,
  reason: `No installed engine recognises “${languageOf(language)}” yet; the learner types instead.`,
});

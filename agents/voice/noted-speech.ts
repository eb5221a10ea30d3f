/** A voice that tells what it is asked to say. */
import type { TextToSpeech } from '#media/ports.ts';

/** Speaks as `engine` does, and tells `onText` each piece before it is spoken. */
export function noteSpeech(engine: TextToSpeech, onText: (text: string) => void): TextToSpeech {
  return {
    name: engine.name,
    sampleRateHz: engine.sampleRateHz,
    voices: engine.voices,
    synthesize: (text, voiceId, options) => {
      onText(text);
      return engine.synthesize(text, voiceId, options);
    },
    close: () => engine.close(),
  };
}

/** Which share of the words a recogniser hears: PocketSphinx, which needs no download beyond its package. */
import { PocketSphinxSpeechToText } from '#agents/engines/pocketsphinx/speech-to-text.ts';
import { findPython } from '#agents/engines/pocketsphinx/python.ts';
import { wordOverlap } from '../../../tests/speech.ts';
import type { Trial } from './trial.ts';

/** The mean over all lines; null where there is nothing to hear, or no recogniser that does it. */
export async function wordsHeard(trials: readonly Trial[]): Promise<number | null> {
  const speech = trials.flatMap((trial) => trial.speech);
  if (findPython() === undefined || speech.length === 0) {
    return null;
  }
  const engine = new PocketSphinxSpeechToText();
  try {
    let share = 0;
    for (const { text, samples } of speech) {
      const recognizer = await engine.open({ language: 'en' });
      recognizer.push(samples);
      const transcript = await recognizer.decode();
      await recognizer.close();
      share += wordOverlap(text, transcript?.text ?? '') / speech.length;
    }
    return share;
  } catch {
    // A machine so loaded that recognition ran out of time: correlation says what was heard.
    return null;
  } finally {
    await engine.close();
  }
}

/** Which share of the words a recogniser hears: PocketSphinx, which needs no download beyond its package. */
import { PocketSphinxSpeechToText } from '#agents/engines/pocketsphinx/speech-to-text.ts';
import { findPython } from '#agents/engines/pocketsphinx/python.ts';
import { wordOverlap } from '../../../tests/speech.ts';
import type { Trial } from './trial.ts';

/** The mean over all lines; null where there is no recogniser or nothing to hear. */
export async function wordsHeard(trials: readonly Trial[]): Promise<number | null> {
  const speech = trials.flatMap((trial) => trial.speech);
  if (findPython() === undefined || speech.length === 0) {
    return null;
  }
  const engine = new PocketSphinxSpeechToText();
  try {
    const recognizer = await engine.open({ language: 'en' });
    let share = 0;
    for (const { text, samples } of speech) {
      recognizer.push(samples);
      const transcript = await recognizer.decode();
      recognizer.reset();
      share += wordOverlap(text, transcript?.text ?? '') / speech.length;
    }
    await recognizer.close();
    return share;
  } finally {
    await engine.close();
  }
}

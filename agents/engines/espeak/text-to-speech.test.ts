import { expect, it } from 'vitest';
import { describeTextToSpeech } from '#media/testing/tts-conformance.ts';
import type { SpeechChunk } from '#media/ports.ts';
import { isEspeakInstalled } from './connection.ts';
import { EspeakTextToSpeech } from './text-to-speech.ts';

const skip = isEspeakInstalled() ? undefined : 'espeak-ng is not installed';
const TIMEOUT_MS = 60_000;

describeTextToSpeech({
  name: 'espeak-ng',
  create: () => new EspeakTextToSpeech(),
  voiceId: 'sv-astrid',
  text: 'Hej, jag heter Åsa Sköld och det kostar 250 kr. Är det bra?',
  skip,
});

const speak = async (tts: EspeakTextToSpeech, text: string): Promise<SpeechChunk[]> => {
  const chunks: SpeechChunk[] = [];
  for await (const chunk of tts.synthesize(text, 'sv-erik')) chunks.push(chunk);
  return chunks;
};

it.skipIf(skip !== undefined)(
  'loses the sentence at hand when its process dies, and speaks the next',
  async () => {
    const tts = new EspeakTextToSpeech();
    await tts.warmUp();
    const first = tts.processId!;
    process.kill(first, 'SIGSTOP');
    const lost = speak(tts, 'Det här går förlorat.');
    process.kill(first, 'SIGKILL');
    await expect(lost).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
    expect((await speak(tts, 'Det här hörs.')).length).toBe(1);
    expect(tts.processId).not.toBe(first);
    await tts.close();
  },
  TIMEOUT_MS,
);

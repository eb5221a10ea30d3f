import { spawnSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { describeSpeechToText } from '#media/testing/stt-conformance.ts';
import { FliteTextToSpeech } from '../flite/text-to-speech.ts';
import { findPython } from './python.ts';
import { PocketSphinxSpeechToText } from './speech-to-text.ts';

const TIMEOUT_MS = 60_000;

const whyNot = (): string | undefined => {
  const python = findPython();
  if (python === undefined) return 'no Python with PocketSphinx';
  const { status } = spawnSync(python, ['-c', 'import pocketsphinx, numpy']);
  return status === 0 ? undefined : 'Python has no PocketSphinx';
};
const skip = whyNot();

const speech = async (): Promise<{ samples: Int16Array; word: string }> => {
  const tts = new FliteTextToSpeech();
  const parts: number[] = [];
  for await (const chunk of tts.synthesize('The meeting is on Friday at seven.', 'en-marcus')) {
    parts.push(...chunk.samples);
  }
  await tts.close();
  return { samples: Int16Array.from(parts), word: 'friday' };
};

describeSpeechToText({
  name: 'PocketSphinx',
  create: () => new PocketSphinxSpeechToText(),
  language: 'en',
  speech,
  skip,
});

describe.skipIf(skip !== undefined)('PocketSphinx and its process', () => {
  it(
    'fails the utterance when its process dies, and hears the next one',
    async () => {
      const { samples, word } = await speech();
      const stt = new PocketSphinxSpeechToText();
      const recognizer = await stt.open({ language: 'en' });
      recognizer.push(samples);
      const lost = recognizer.decode();
      process.kill(recognizer.processId!, 'SIGKILL');
      await expect(lost).rejects.toMatchObject({ code: 'RECOGNITION_FAILED', retryable: true });
      recognizer.push(samples);
      expect((await recognizer.decode())?.text).toContain(word);
      await stt.close();
    },
    TIMEOUT_MS,
  );

  it(
    'hears nothing in steady noise, a hum and clicks',
    async () => {
      const stt = new PocketSphinxSpeechToText();
      const recognizer = await stt.open({ language: 'en' });
      let state = 1;
      const random = (): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 0x80000000 - 1;
      };
      const sounds = [
        (): number => 1000 * random(),
        (i: number): number => 3000 * Math.sin((2 * Math.PI * 100 * i) / 16_000),
        (): number => (random() > 0.9996 ? 20_000 : 0),
      ];
      for (const sound of sounds) {
        recognizer.push(Int16Array.from({ length: 32_000 }, (_, i) => sound(i)));
        expect((await recognizer.decode())?.text).toBe('');
        recognizer.reset();
      }
      await stt.close();
    },
    TIMEOUT_MS,
  );

  it(
    'opens with the process that was started ahead, once',
    async () => {
      const stt = new PocketSphinxSpeechToText();
      await stt.warmUp();
      const first = await stt.open({ language: 'en' });
      const second = await stt.open({ language: 'en' });
      expect(first.processId).not.toBe(second.processId);
      await stt.warmUp();
      await stt.close();
    },
    TIMEOUT_MS,
  );

  it(
    'gives a partial before the utterance is over',
    async () => {
      const { samples } = await speech();
      const stt = new PocketSphinxSpeechToText();
      const recognizer = await stt.open({ language: 'en' });
      recognizer.push(samples);
      await vi.waitFor(
        async () => {
          expect((await recognizer.partial()).text).not.toBe('');
        },
        { timeout: TIMEOUT_MS / 2 },
      );
      const heard = await recognizer.decode();
      expect((await recognizer.partial()).text).toBe(heard?.text);
      await stt.close();
    },
    TIMEOUT_MS,
  );
});

describe('PocketSphinx where it cannot run', () => {
  it('says what to do when the interpreter is missing', async () => {
    const stt = new PocketSphinxSpeechToText({ python: '/nonexistent/python' });
    const opening = stt.open({ language: 'en' });
    await expect(opening).rejects.toMatchObject({ code: 'RECOGNITION_UNAVAILABLE' });
    await expect(opening).rejects.toThrow(/npm start/);
    await stt.close();
  });

  it('says so when the child ends before it is ready', async () => {
    const stt = new PocketSphinxSpeechToText({ python: '/bin/false' });
    await expect(stt.open({ language: 'en' })).rejects.toMatchObject({
      code: 'RECOGNITION_UNAVAILABLE',
    });
  });

  it('takes the interpreter from the environment first', () => {
    expect(findPython({ UNDERSTUDY_PYTHON: '/opt/python' })).toBe('/opt/python');
  });
});

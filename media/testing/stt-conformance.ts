/** What every SpeechToText promises, as tests. Call it at the top level of a test file. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import type { Recognizer, SpeechToText } from '#media/ports.ts';

export interface SttConformanceOptions {
  name: string;
  create: () => SpeechToText | Promise<SpeechToText>;
  language: string;
  /** Clear speech at the engine's rate, and one word that must be heard in it. */
  speech: () => Promise<{ samples: Int16Array; word: string }>;
  /** Skips the suite by name, with the reason. */
  skip?: string | undefined;
}

const TIMEOUT_MS = 60_000;

export const describeSpeechToText = (options: SttConformanceOptions): void => {
  const { name, create, language, skip } = options;
  const suite = skip === undefined ? describe : describe.skip;
  suite(`${name} as SpeechToText${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
    let stt: SpeechToText;
    let recognizer: Recognizer;
    let samples: Int16Array;
    let word: string;

    /** Pushes 20 ms at a time, as a room delivers it. */
    const say = (sound: Int16Array): void => {
      const step = stt.sampleRateHz / 50;
      for (let at = 0; at < sound.length; at += step) {
        recognizer.push(sound.slice(at, at + step));
      }
    };

    beforeAll(async () => {
      ({ samples, word } = await options.speech());
      stt = await create();
    }, TIMEOUT_MS);
    afterAll(async () => {
      await stt.close();
    });
    beforeEach(async () => {
      recognizer = await stt.open({ language });
    }, TIMEOUT_MS);
    afterEach(async () => {
      await recognizer.close();
    });

    it('names the languages it hears', () => {
      expect(stt.languages).toContain(language);
    });

    it('refuses a language it does not hear', async () => {
      await expect(stt.open({ language: 'x-none' })).rejects.toMatchObject({
        code: 'RECOGNITION_UNAVAILABLE',
      });
    });

    it(
      'hears what was said',
      async () => {
        say(samples);
        const heard = await recognizer.decode();
        expect(heard?.kind).toBe('final');
        expect(heard?.text.toLowerCase()).toContain(word);
        expect(heard?.confidence).toBeGreaterThan(0);
        expect(heard?.confidence).toBeLessThanOrEqual(1);
      },
      TIMEOUT_MS,
    );

    it(
      'answers partials at any time',
      async () => {
        expect(await recognizer.partial()).toMatchObject({ kind: 'partial', text: '' });
        say(samples);
        expect((await recognizer.partial()).kind).toBe('partial');
      },
      TIMEOUT_MS,
    );

    it(
      'hears nothing before anything was pushed, and nothing in silence',
      async () => {
        expect(await recognizer.decode()).toMatchObject({ kind: 'final', text: '' });
        say(new Int16Array(stt.sampleRateHz));
        expect(await recognizer.decode()).toMatchObject({ kind: 'final', text: '' });
      },
      TIMEOUT_MS,
    );

    it(
      'decodes the whole utterance again when more was pushed',
      async () => {
        say(samples);
        const first = await recognizer.decode();
        say(new Int16Array(stt.sampleRateHz / 2));
        say(samples);
        const second = await recognizer.decode();
        expect(second!.text.length).toBeGreaterThan(first!.text.length);
        expect(second!.text.toLowerCase()).toContain(word);
      },
      TIMEOUT_MS,
    );

    it(
      'gives the same answer when only asked again',
      async () => {
        say(samples);
        expect(await recognizer.decode()).toEqual(await recognizer.decode());
      },
      TIMEOUT_MS,
    );

    it(
      'lets a newer decode supersede an older one',
      async () => {
        say(samples);
        const older = recognizer.decode();
        const newer = recognizer.decode();
        expect(await older).toBeNull();
        expect((await newer)?.text.toLowerCase()).toContain(word);
      },
      TIMEOUT_MS,
    );

    it(
      'forgets the utterance at a reset',
      async () => {
        say(samples);
        recognizer.reset();
        expect((await recognizer.partial()).text).toBe('');
        expect((await recognizer.decode())?.text).toBe('');
        say(samples);
        expect((await recognizer.decode())?.text.toLowerCase()).toContain(word);
      },
      TIMEOUT_MS,
    );

    it(
      'answers a decode that a close overtakes, and closes more than once',
      async () => {
        say(samples);
        const pending = recognizer.decode();
        await recognizer.close();
        await recognizer.close();
        expect(await pending).toBeNull();
        recognizer.push(samples);
        expect(await recognizer.decode()).toBeNull();
      },
      TIMEOUT_MS,
    );
  });
};

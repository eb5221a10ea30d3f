/** What every TextToSpeech promises, as tests. Call it at the top level of a test file. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpeechChunk, TextToSpeech } from '#media/ports.ts';

export interface TtsConformanceOptions {
  name: string;
  create: () => TextToSpeech | Promise<TextToSpeech>;
  voiceId: string;
  /** Two sentences in the voice's language, with an inner comma. */
  text: string;
  /** Skips the suite by name, with the reason. */
  skip?: string | undefined;
}

const TIMEOUT_MS = 60_000;
/** Half a sample at 8 kHz: marks and samples may differ by rounding only. */
const ROUNDING_MS = 0.07;

const ODD_TEXTS: readonly string[] = [
  '🙂',
  '…',
  '\u0000\u0007\u001b[31m',
  'naïve “café” — 50 % of it 👍🏽 done',
  '<b>bold</b> & {"json": [1, 2]}',
  `${'a'.repeat(300)} end`,
  'Привет 你好 hello',
  "' '' - -- . , ; ( ) %",
  '\ud83d alone \ude42',
  'one\n\ntwo\t\tthree\r\nfour',
  '-v /etc/passwd --help $(id) `id`',
];

const collect = async (chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> => {
  const all: SpeechChunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
};

const durationMs = (chunk: SpeechChunk): number =>
  (chunk.samples.length / chunk.sampleRateHz) * 1000;

const expectSoundMarks = (chunk: SpeechChunk): void => {
  const endMs = durationMs(chunk) + ROUNDING_MS;
  for (const marks of [chunk.phonemes, chunk.words]) {
    let previousEndMs = 0;
    for (const mark of marks) {
      expect(mark.startMs).toBeGreaterThanOrEqual(previousEndMs - ROUNDING_MS);
      expect(mark.endMs).toBeGreaterThan(mark.startMs);
      expect(mark.endMs).toBeLessThanOrEqual(endMs);
      previousEndMs = mark.endMs;
    }
  }
  for (const { phoneme } of chunk.phonemes) expect(phoneme).toMatch(/^[a-z]{1,3}$/);
};

const wordsOf = (chunk: SpeechChunk): string[] => chunk.words.map((word) => word.text);

const withoutSpaces = (text: string): string => text.replace(/\s+/g, '');

export const describeTextToSpeech = (options: TtsConformanceOptions): void => {
  const { name, create, voiceId, text, skip } = options;
  const suite = skip === undefined ? describe : describe.skip;
  suite(`${name} as TextToSpeech${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
    let tts: TextToSpeech;

    beforeAll(async () => {
      tts = await create();
    }, TIMEOUT_MS);
    afterAll(async () => {
      await tts.close();
    });

    it('describes its voices', () => {
      expect(tts.voices.map((voice) => voice.id)).toContain(voiceId);
      expect(new Set(tts.voices.map((voice) => voice.id)).size).toBe(tts.voices.length);
      for (const voice of tts.voices) expect(voice.description).not.toBe('');
    });

    it(
      'speaks at its own rate, audibly, with marks in order and inside each chunk',
      async () => {
        const chunks = await collect(tts.synthesize(text, voiceId));
        expect(chunks.length).toBeGreaterThan(0);
        for (const chunk of chunks) {
          expect(chunk.sampleRateHz).toBe(tts.sampleRateHz);
          const peak = chunk.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
          expect(peak).toBeGreaterThan(500);
          expect(chunk.phonemes.some((mark) => mark.phoneme !== 'pau')).toBe(true);
          expectSoundMarks(chunk);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'gives the written words back, every one and in order',
      async () => {
        const chunks = await collect(tts.synthesize(text, voiceId));
        const words = chunks.flatMap((chunk) => chunk.words.map((word) => word.text));
        expect(withoutSpaces(words.join(''))).toBe(withoutSpaces(text));
      },
      TIMEOUT_MS,
    );

    it(
      'covers each chunk with phonemes',
      async () => {
        for (const chunk of await collect(tts.synthesize(text, voiceId))) {
          expect(chunk.phonemes[0]?.startMs).toBeLessThanOrEqual(ROUNDING_MS);
          expect(Math.abs(chunk.phonemes.at(-1)!.endMs - durationMs(chunk))).toBeLessThan(1);
        }
      },
      TIMEOUT_MS,
    );

    it(
      'says nothing for nothing',
      async () => {
        for (const silent of ['', '   ', '\n\t']) {
          expect(await collect(tts.synthesize(silent, voiceId))).toEqual([]);
        }
      },
      TIMEOUT_MS,
    );

    it('refuses a voice it does not have', async () => {
      await expect(collect(tts.synthesize(text, 'no-such-voice'))).rejects.toMatchObject({
        code: 'VOICE_UNKNOWN',
      });
    });

    it(
      'ends quietly when aborted before the start',
      async () => {
        const signal = AbortSignal.abort();
        expect(await collect(tts.synthesize(text, voiceId, { signal }))).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'ends quietly when aborted between chunks',
      async () => {
        const controller = new AbortController();
        const heard: SpeechChunk[] = [];
        const long = `${text} ${text} ${text}`;
        for await (const chunk of tts.synthesize(long, voiceId, { signal: controller.signal })) {
          heard.push(chunk);
          controller.abort();
        }
        expect(heard.length).toBe(1);
      },
      TIMEOUT_MS,
    );

    it(
      'ends quietly when aborted while a chunk is being made, and speaks again afterwards',
      async () => {
        const controller = new AbortController();
        const pending = collect(tts.synthesize(text, voiceId, { signal: controller.signal }));
        controller.abort();
        expect(await pending).toEqual([]);
        expect((await collect(tts.synthesize(text, voiceId))).length).toBeGreaterThan(0);
      },
      TIMEOUT_MS,
    );

    it(
      'serves several texts at once',
      async () => {
        const one = await collect(tts.synthesize(text, voiceId));
        const both = await Promise.all([
          collect(tts.synthesize(text, voiceId)),
          collect(tts.synthesize(text, voiceId)),
        ]);
        for (const chunks of both) {
          expect(chunks.map(wordsOf)).toEqual(one.map(wordsOf));
        }
      },
      TIMEOUT_MS,
    );

    it.each(ODD_TEXTS.map((odd) => [JSON.stringify(odd).slice(0, 40), odd]))(
      'survives %s',
      async (_label, odd) => {
        for (const chunk of await collect(tts.synthesize(odd, voiceId))) expectSoundMarks(chunk);
      },
      TIMEOUT_MS,
    );

    it('closes more than once', async () => {
      const another = await create();
      await another.close();
      await another.close();
    });
  });
};

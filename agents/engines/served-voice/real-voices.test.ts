/** Kokoro with real weights, heard by Whisper with real weights: where `npm run models -- pull kokoro-q8` has been run. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { convertRate } from '#media/speech/rate-converter.ts';
import { pythonOf } from '#gpu-runtime/environments/environment.ts';
import { loadModels } from '#gpu-runtime/execution/model-loader.ts';
import { Runtime } from '#gpu-runtime/runtime/runtime.ts';
import { whisperAnswer, whisperRequest } from '#gpu-runtime/testing/tiny-whisper.ts';
import { ServedTextToSpeech } from './text-to-speech.ts';

const MODELS = ['kokoro', 'whisper'];
const START_MS = 120_000;
const DATA = resolve(process.env['UNDERSTUDY_DATA'] ?? '.understudy');

function whyNot(): string | undefined {
  for (const name of ['voices', 'whisper']) {
    const found = pythonOf(name);
    if ('reason' in found) {
      return found.reason;
    }
  }
  return existsSync(join(DATA, 'models', 'kokoro', 'kokoro-q8.onnx'))
    ? undefined
    : 'the weights kokoro-q8 are not here';
}

const skip = whyNot();

describe.skipIf(skip !== undefined)(`Kokoro${skip === undefined ? '' : ` (${skip})`}`, () => {
  let folder: string;
  let runtime: Runtime;
  let voice: ServedTextToSpeech;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-real-voices-'));
    for (const name of MODELS) {
      const from = join('gpu-runtime', 'models', name);
      await cp(from, join(folder, name), { recursive: true });
    }
    const { models, faults } = await loadModels({
      ...{ folder, clock: systemClock, say: () => undefined },
    });
    expect(faults).toEqual([]);
    runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
    voice = await ServedTextToSpeech.open({ service: runtime, modelName: 'kokoro', session: 's' });
  }, START_MS);
  afterAll(async () => {
    await voice.close();
    await runtime.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['af_heart', 'Thank you for telling me early, that helps a lot. When did you notice it?'],
    ['bm_george', 'Let us meet on the 3rd of May at 10 o’clock, Dr. Brown.'],
  ])(
    '%s is understood word by word, and says when each is heard',
    async (voiceId, text) => {
      const sound: number[] = [];
      const words: { text: string; startMs: number }[] = [];
      for await (const chunk of voice.synthesize(text, voiceId)) {
        const beforeMs = (sound.length * 1_000) / 16_000;
        words.push(
          ...chunk.words.map((word) => ({
            text: plain(word.text),
            startMs: beforeMs + word.startMs,
          })),
        );
        sound.push(...convertRate(chunk.samples, chunk.sampleRateHz, 16_000));
      }
      const samples = sound.map((sample) => sample / 32_768);
      const heard = whisperAnswer(await runtime.infer(whisperRequest({ samples })));
      const heardWords = heard.text.split(/\s+/u).map(plain);
      const said = text.split(/\s+/u).map(plain);
      const right = said.filter((word) => heardWords.includes(word));
      expect(right.length).toBeGreaterThanOrEqual(said.length - 3);
      // Whisper places words to about 100 ms; half of them suffice to see that the times are the voice's own.
      const distances = heard.words
        .map(({ text: word, startMs }) => {
          const near = words.filter((each) => each.text === plain(word));
          return Math.min(...near.map((each) => Math.abs(each.startMs - startMs)));
        })
        .filter(Number.isFinite)
        .sort((a, b) => a - b);
      expect(distances.length).toBeGreaterThan(5);
      expect(distances[Math.floor(distances.length / 2)]).toBeLessThan(150);
    },
    START_MS,
  );
});

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9’]/gu, '');

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { loadModels } from '../execution/model-loader.ts';
import { Runtime } from '../runtime/runtime.ts';
import { babble } from './babble.ts';
import type { ModelFolder } from './model-folder.ts';
import {
  tinyWhisperRepository,
  whisperAnswer,
  whisperRequest,
  whyNoWhisper,
  type TinyBehaviour,
  type WhisperAnswer,
  type WhisperQuestion,
} from './tiny-whisper.ts';

const SAMPLE_RATE_HZ = 16_000;
const START_MS = 60_000;
const skip = whyNoWhisper();

interface Running {
  ask: (question: WhisperQuestion) => Promise<WhisperAnswer>;
  runtime: Runtime;
  said: string;
  close: () => Promise<void>;
}

async function start(folder: ModelFolder): Promise<Running> {
  let said = '';
  const { models } = await loadModels({
    folder: folder.path,
    clock: systemClock,
    say: (line) => (said += `${line}\n`),
    onPrint: (text) => (said += text),
  });
  const runtime = new Runtime({ models, clock: systemClock, version: '0.0.0' });
  return {
    runtime,
    said,
    ask: async (question) => whisperAnswer(await runtime.infer(whisperRequest(question))),
    close: async () => {
      await runtime.close();
      await folder.remove();
    },
  };
}

const startTiny = async (behaviour: TinyBehaviour): Promise<Running> =>
  start(await tinyWhisperRepository(behaviour));

function noise(seconds: number, loudness: number): number[] {
  let state = 1;
  return Array.from({ length: seconds * SAMPLE_RATE_HZ }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return loudness * (state / 0x8000_0000 - 1);
  });
}

describe.skipIf(skip !== undefined)(`Whisper${skip === undefined ? '' : ` (${skip})`}`, () => {
  let whisper: Running;
  beforeAll(async () => {
    whisper = await startTiny('plain');
  }, START_MS);
  afterAll(() => whisper.close());

  it('hears words, with their times', async () => {
    const { text, confidence, language, words, withheld, noSpeech } = await whisper.ask({
      samples: babble(4),
    });
    expect(text).toMatch(/^The meeting is on Friday/u);
    expect(confidence).toBeGreaterThan(0.5);
    expect(confidence).toBeLessThanOrEqual(1);
    expect(noSpeech).toBeLessThan(0.1);
    expect(language).toBe('en');
    expect(withheld).toBe('');
    expect(words.map((word) => word.text).join(' ')).toBe(text);
    words.forEach((word, index) => {
      expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
      expect(word.startMs).toBeGreaterThanOrEqual(words[index - 1]?.endMs ?? 0);
      expect(word.endMs).toBeLessThanOrEqual(4_000);
    });
  });

  it('counts word times from the first sample, also after a silence', async () => {
    const late = new Float32Array(6 * SAMPLE_RATE_HZ);
    late.set(babble(3), 3 * SAMPLE_RATE_HZ);
    const { words } = await whisper.ask({ samples: late });
    expect(words[0]!.startMs).toBeGreaterThanOrEqual(2_500);
  });

  it('drafts a caption', async () => {
    const { text } = await whisper.ask({ samples: babble(4), draft: true });
    expect(text).toMatch(/^The meeting is/u);
  });

  it('finds the language where none is given, and takes hints', async () => {
    const samples = babble(3);
    const plain = await whisper.ask({ samples, language: '' });
    expect(plain.language).toBe('en');
    expect(await whisper.ask({ samples, prompt: 'Hello.', hotwords: 'Ada, Tomas' })).toMatchObject({
      text: plain.text,
    });
  });

  it('answers rooms that ask at once in few runs, each as if it were alone', async () => {
    const lengths = [2, 3, 4, 5, 6, 2, 3, 4];
    const alone = new Map<number, string>();
    for (const seconds of new Set(lengths)) {
      alone.set(seconds, (await whisper.ask({ samples: babble(seconds) })).text);
    }
    const runs = async (): Promise<number> =>
      (await whisper.runtime.statistics('whisper'))[0]!.executionCount;
    const before = await runs();
    const answers = await Promise.all(
      lengths.map((seconds, room) =>
        whisper.ask({
          samples: babble(seconds),
          session: `lesson_${String(room)}`,
          prompt: room % 3 === 0 ? 'A prompt.' : '',
        }),
      ),
    );
    expect(answers.map(({ text }) => text)).toEqual(lengths.map((seconds) => alone.get(seconds)));
    expect((await runs()) - before).toBeLessThanOrEqual(2);
  });

  it.each([
    ['silence', new Float32Array(2 * SAMPLE_RATE_HZ)],
    ['noise', noise(2, 0.1)],
    ['a hum', Float32Array.from({ length: 32_000 }, (_, i) => 0.2 * Math.sin(i / 25))],
    ['clicks', noise(2, 1).map((value) => (value > 0.9992 ? 0.8 : 0))],
  ])('makes no words of %s', async (_name, samples) => {
    expect(await whisper.ask({ samples })).toMatchObject({
      text: '',
      confidence: 0,
      words: [],
      withheld: 'no-voice',
    });
  });

  it.each([
    ['nothing', { samples: [] }, /shortest is 1600/u],
    ['ten minutes', { samples: new Float32Array(600 * SAMPLE_RATE_HZ) }, /last 600\.0 s/u],
    ['a value that is no number', { samples: [...babble(1), NaN] }, /NaN/u],
    ['an endless value', { samples: [...babble(1), Infinity] }, /infinite/u],
    ['16-bit values', { samples: babble(1).map((value) => value * 32_768) }, /-1 to 1/u],
    ['another rate', { samples: babble(1), sampleRateHz: 48_000 }, /48000; it wants 16000/u],
    [
      'a length beyond the sound',
      { samples: babble(1), lengthSamples: 99_999 },
      /LENGTH is 99999/u,
    ],
    ['a language it has not', { samples: babble(1), language: 'xx' }, /LANGUAGE “xx”/u],
    ['an endless prompt', { samples: babble(1), prompt: 'a'.repeat(5_000) }, /PROMPT has 5000/u],
  ])('refuses %s, and that caller only', async (_name, question, message) => {
    const good = { samples: babble(2) };
    // The first occupies the model; the others meet in the next run.
    const [, before, refused, after] = await Promise.allSettled([
      whisper.ask(good),
      whisper.ask(good),
      whisper.ask(question),
      whisper.ask(good),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'REQUEST_INVALID' } });
    expect(refused?.status === 'rejected' && String(refused.reason)).toMatch(message);
    for (const answer of [before, after]) {
      expect(answer).toMatchObject({ status: 'fulfilled', value: { withheld: '' } });
    }
  });

  it('keeps back what it is not sure of, and what goes in circles', async () => {
    for (const [behaviour, withheld] of [
      ['unsure', 'improbable'],
      ['circling', 'repetition'],
    ] as const) {
      const other = await startTiny(behaviour);
      try {
        expect(await other.ask({ samples: babble(6) })).toMatchObject({ text: '', withheld });
      } finally {
        await other.close();
      }
    }
  });

  it('runs on the processor where CUDA cannot be used, and says so', async () => {
    const other = await start(await tinyWhisperRepository('plain', { device: 'cuda' }));
    try {
      expect((await other.ask({ samples: babble(2) })).text).not.toBe('');
      expect(other.said).toMatch(/WARNING CUDA cannot be used|runs on cuda/u);
    } finally {
      await other.close();
    }
  });

  it('is left out with a reason where its weights are missing', async () => {
    const folder = await tinyWhisperRepository();
    const { models, faults } = await loadModels({
      folder: folder.path,
      clock: systemClock,
      say: () => undefined,
    });
    expect(models).toEqual([]);
    expect(faults).toMatchObject([{ name: 'whisper', error: { code: 'MODEL_INVALID' } }]);
    expect(faults[0]!.error.message).toMatch(/has no model\.bin/u);
    await folder.remove();
  });
});

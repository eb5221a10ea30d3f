import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpeechChunk } from '#media/ports.ts';
import { measureLoudnessLufs, TARGET_LOUDNESS_LUFS } from '#media/speech/loudness.ts';
import { describeTextToSpeech } from '#media/testing/tts-conformance.ts';
import { BACKCHANNELS, type BackchannelKind } from './backchannel.ts';
import { FliteTextToSpeech } from './text-to-speech.ts';
import { FLITE_VOICES } from './voices.ts';

const TIMEOUT_MS = 60_000;

describeTextToSpeech({
  name: 'flite',
  create: () => new FliteTextToSpeech(),
  voiceId: 'en-clara',
  text: 'Well, Dr. Lee, I think that we agree on the $5 million. Shall we meet on March 3?',
});

describe('flite voices', () => {
  let tts: FliteTextToSpeech;

  beforeAll(async () => {
    tts = new FliteTextToSpeech();
    await tts.warmUp();
  }, TIMEOUT_MS);
  afterAll(() => tts.close());

  const speak = async (text: string, voiceId: string): Promise<SpeechChunk[]> => {
    const chunks: SpeechChunk[] = [];
    for await (const chunk of tts.synthesize(text, voiceId)) chunks.push(chunk);
    return chunks;
  };

  it.each(FLITE_VOICES.map((voice) => voice.id))(
    '%s speaks at the common level without clipping',
    async (voiceId) => {
      const text =
        'I understand that you are upset about the budget. We need a plan, and I want to help.';
      const chunks = await speak(text, voiceId);
      const samples = Int16Array.from(chunks.flatMap((chunk) => [...chunk.samples]));
      const level = measureLoudnessLufs(samples, tts.sampleRateHz);
      expect(Math.abs(level - TARGET_LOUDNESS_LUFS)).toBeLessThan(1.5);
      expect(Math.max(...samples.map(Math.abs).slice(0, 100_000))).toBeLessThan(29_500);
    },
    TIMEOUT_MS,
  );

  it('times a word by its own sounds', async () => {
    const [chunk] = await speak('Please stop the big machine.', 'en-marcus');
    const soundsOf = (word: string): string[] => {
      const mark = chunk!.words.find((candidate) => candidate.text === word)!;
      return chunk!.phonemes
        .filter(({ startMs, endMs }) => startMs >= mark.startMs - 0.1 && endMs <= mark.endMs + 0.1)
        .map(({ phoneme }) => phoneme);
    };
    expect(soundsOf('stop')).toEqual(['s', 't', 'aa', 'p']);
    expect(soundsOf('big')).toEqual(['b', 'ih', 'g']);
    expect(soundsOf('machine.')).toEqual(['m', 'ax', 'sh', 'iy', 'n']);
  });

  it('is silent where its marks say silence', async () => {
    const [chunk] = await speak('This is a sentence.', 'en-clara');
    const last = chunk!.phonemes.at(-1)!;
    expect(last.phoneme).toBe('pau');
    expect(last.endMs - last.startMs).toBeCloseTo(300, 0);
    const tail = chunk!.samples.slice(-Math.round(0.15 * 16_000));
    expect(Math.max(...tail.map(Math.abs))).toBeLessThan(200);
  });

  it('says the same thing the same way every time', async () => {
    const [one] = await speak('Every time.', 'en-nia');
    const [two] = await speak('Every time.', 'en-nia');
    expect(two).toEqual(one);
  });

  it.each(Object.keys(BACKCHANNELS) as BackchannelKind[])(
    'makes a short, quiet %s that its caller may keep',
    async (kind) => {
      const sound = await tts.backchannelSound(kind, 'en-clara');
      const durationMs = (sound.samples.length / sound.sampleRateHz) * 1000;
      expect(durationMs).toBeGreaterThan(150);
      expect(durationMs).toBeLessThan(800);
      const level = measureLoudnessLufs(sound.samples, sound.sampleRateHz);
      expect(level).toBeLessThan(TARGET_LOUDNESS_LUFS - 3);
      expect(level).toBeGreaterThan(-50);
      const before = sound.samples.slice();
      sound.samples.fill(0);
      expect((await tts.backchannelSound(kind, 'en-clara')).samples).toEqual(before);
    },
    TIMEOUT_MS,
  );
});

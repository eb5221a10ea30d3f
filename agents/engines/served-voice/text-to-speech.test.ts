import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import { RuntimeError } from '#gpu-runtime/errors.ts';
import { loadModels } from '#gpu-runtime/execution/model-loader.ts';
import { Runtime } from '#gpu-runtime/runtime/runtime.ts';
import { GrpcInferenceServer } from '#gpu-runtime/server/grpc-server.ts';
import {
  makeToneVoices,
  whyNoToneVoices,
  type ToneVoices,
} from '#gpu-runtime/testing/tone-voices.ts';
import { systemClock } from '#media/clock.ts';
import type { SpeechChunk } from '#media/ports.ts';
import { measureLoudnessLufs, TARGET_LOUDNESS_LUFS } from '#media/speech/loudness.ts';
import { describeTextToSpeech } from '#media/testing/tts-conformance.ts';
import { FakeSpeechService } from './fake-speech-service.ts';
import { ServedTextToSpeech } from './text-to-speech.ts';

const TEXT = 'Good morning, how are you? It costs 250 dollars.';
const THREE = 'One two three. Four five six. Seven eight nine. Ten eleven twelve.';
const START_MS = 60_000;

const open = (service: FakeSpeechService): Promise<ServedTextToSpeech> =>
  ServedTextToSpeech.open({ service, modelName: 'piper', session: 'lesson_1' });

for (const withoutLengths of [false, true]) {
  describeTextToSpeech({
    name: `a served voice ${withoutLengths ? 'without' : 'with'} lengths`,
    create: () => open(new FakeSpeechService({ withoutLengths })),
    voiceId: 'ada',
    text: TEXT,
  });
}

async function collect(chunks: AsyncIterable<SpeechChunk>): Promise<SpeechChunk[]> {
  const all: SpeechChunk[] = [];
  for await (const chunk of chunks) {
    all.push(chunk);
  }
  return all;
}

describe('a served voice', () => {
  it('asks for the first clause alone, then two ahead', async () => {
    const service = new FakeSpeechService();
    const voice = await open(service);
    const speech = voice.synthesize(THREE, 'ada');
    await speech.next();
    expect(service.asked.map(({ clause }) => clause)).toEqual([
      'one two three.',
      'four five six.',
      'seven eight nine.',
    ]);
    await speech.return(undefined);
  });

  it('withdraws what is in flight when the caller leaves', async () => {
    const never = new Promise<void>(() => undefined);
    const service = new FakeSpeechService({
      beforeAnswer: (clause) => (clause.startsWith('one') ? Promise.resolve() : never),
    });
    const voice = await open(service);
    const leaving = new AbortController();
    const speech = voice.synthesize(THREE, 'ada', { signal: leaving.signal });
    await speech.next();
    const pending = speech.next();
    leaving.abort();
    expect((await pending).done).toBe(true);
    await vi.waitFor(() => {
      expect(service.withdrawn).toEqual(['four five six.', 'seven eight nine.']);
    });
  });

  it('speaks lines that nobody waits for after those that somebody does', async () => {
    const service = new FakeSpeechService();
    const voice = await open(service);
    await collect(voice.synthesize('Hello.', 'ada'));
    await collect(voice.synthesize('Hello.', 'ada', { preparation: true }));
    expect(service.asked.map(({ request }) => request.scheduling)).toMatchObject([
      { priority: 0, session: 'lesson_1' },
      { priority: 1, session: 'lesson_1' },
    ]);
  });

  it.each([0.01, 0.08, 0.5])('evens the level of a voice at %f of full scale', async (level) => {
    const voice = await open(new FakeSpeechService({ level }));
    const [chunk] = await collect(voice.synthesize('A long enough sentence to hear', 'ada'));
    const heard = measureLoudnessLufs(chunk!.samples, chunk!.sampleRateHz);
    // The quietest would need more than a voice is raised by.
    expect(Math.abs(heard - TARGET_LOUDNESS_LUFS)).toBeLessThan(level < 0.02 ? 7 : 1);
  });

  it('gives spoken numbers the time of the word that was written', async () => {
    const voice = await open(new FakeSpeechService());
    const chunks = await collect(voice.synthesize('It costs 250 dollars now', 'ada'));
    const word = chunks.flatMap(({ words }) => words).find(({ text }) => text === '250')!;
    // “two hundred fifty” is 15 letters of 60 ms.
    expect(word.endMs - word.startMs).toBeGreaterThan(800);
  });

  it.each([
    ['OVERLOADED', true],
    ['RUNTIME_LOST', true],
    ['REQUEST_INVALID', false],
  ] as const)(
    'fails with SYNTHESIS_FAILED on %s, without an unhandled rejection',
    async (code, retryable) => {
      const service = new FakeSpeechService({
        beforeAnswer: (clause) =>
          clause.startsWith('one') ? Promise.resolve() : Promise.reject(new RuntimeError(code)),
      });
      const voice = await open(service);
      await expect(collect(voice.synthesize(THREE, 'ada'))).rejects.toMatchObject({
        code: 'SYNTHESIS_FAILED',
        retryable,
      });
    },
  );

  it('does not open where the runtime is not there', async () => {
    const service = { infer: () => Promise.reject(new RuntimeError('RUNTIME_LOST')) };
    await expect(
      ServedTextToSpeech.open({ service, modelName: 'kokoro', session: 's' }),
    ).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED', retryable: true });
  });

  it('ends what it says when it is closed, and says no more', async () => {
    const voice = await open(
      new FakeSpeechService({ beforeAnswer: () => new Promise(() => undefined) }),
    );
    const pending = collect(voice.synthesize(THREE, 'ada'));
    await voice.close();
    await expect(pending).rejects.toMatchObject({ code: 'SYNTHESIS_FAILED' });
    await expect(collect(voice.synthesize(THREE, 'ada'))).rejects.toMatchObject({
      code: 'SYNTHESIS_FAILED',
    });
  });
});

describe('the tone voices through the runtime', () => {
  const skip = whyNoToneVoices();
  const models = fileURLToPath(new URL('../../../gpu-runtime/models', import.meta.url));
  let voices: ToneVoices | undefined;
  let folder = '';
  let runtime: Runtime | undefined;
  let server: GrpcInferenceServer | undefined;
  let client: GrpcInferenceClient | undefined;

  beforeAll(async () => {
    if (skip !== undefined) {
      return;
    }
    voices = await makeToneVoices();
    for (const [name, value] of Object.entries(voices.environment)) {
      vi.stubEnv(name, value);
    }
    folder = await mkdtemp(join(tmpdir(), 'understudy-served-voices-'));
    for (const name of ['piper', 'kokoro']) {
      await cp(join(models, name), join(folder, name), { recursive: true, dereference: true });
    }
    const outcome = await loadModels({ folder, clock: systemClock, say: () => undefined });
    runtime = new Runtime({ models: outcome.models, clock: systemClock, version: '0.0.0' });
    server = new GrpcInferenceServer({ service: runtime });
    const port = await server.start();
    client = new GrpcInferenceClient({ address: `127.0.0.1:${String(port)}` });
  }, START_MS);
  afterAll(async () => {
    await client?.close();
    await server?.close();
    await runtime?.close();
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
    await voices?.remove();
  }, START_MS);

  for (const [modelName, voiceId] of [
    ['piper', 'en_US-tone_female'],
    ['kokoro', 'am_tone'],
  ] as const) {
    describeTextToSpeech({
      name: modelName,
      create: () =>
        ServedTextToSpeech.open({ service: client!, modelName, session: `lesson_${modelName}` }),
      voiceId,
      text: TEXT,
      skip,
    });
  }

  describeTextToSpeech({
    name: 'piper in Swedish',
    create: () =>
      ServedTextToSpeech.open({ service: client!, modelName: 'piper', session: 'lesson_sv' }),
    voiceId: 'sv_SE-tone_female',
    text: 'Hej, jag heter Åsa Sköld och det kostar 250 kr. Är det bra?',
    skip,
  });
});

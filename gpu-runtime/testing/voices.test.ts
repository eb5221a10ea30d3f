import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { loadModels } from '../execution/model-loader.ts';
import type { InferenceService, InferResponse } from '../ports.ts';
import { Runtime } from '../runtime/runtime.ts';
import { decodeBytes, encodeBytes } from '../tensor/tensor.ts';
import { makeToneVoices, whyNoToneVoices, type ToneVoices } from './tone-voices.ts';
import { startTriton, whyNoTriton } from './triton.ts';

const MODELS = fileURLToPath(new URL('../models', import.meta.url));
const START_MS = 90_000;
const VOICES = { piper: 'en_US-tone_male', kokoro: 'am_tone' } as const;
type VoiceModel = keyof typeof VOICES;

const noVoices = whyNoToneVoices();

interface Running {
  service: InferenceService;
  close(): Promise<void>;
}

/** The voice models alone: others may be slow to load. */
async function copyModels(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-voice-models-'));
  for (const name of Object.keys(VOICES)) {
    await cp(join(MODELS, name), join(folder, name), { recursive: true, dereference: true });
  }
  return folder;
}

async function startOwn(folder: string): Promise<Running> {
  const { models, faults } = await loadModels({ folder, clock: systemClock, say: () => undefined });
  expect(faults).toEqual([]);
  const service = new Runtime({ models, clock: systemClock, version: '0.0.0' });
  return { service, close: () => service.close() };
}

async function startReal(folder: string): Promise<Running> {
  const triton = await startTriton({ models: folder });
  const service = new GrpcInferenceClient({ address: `127.0.0.1:${String(triton.grpcPort)}` });
  const close = async (): Promise<void> => {
    await service.close();
    await triton.close();
  };
  return { service, close };
}

const text = (name: string, value: string) => ({
  name,
  datatype: 'BYTES' as const,
  shape: [1],
  data: encodeBytes([value]),
});

function speak(
  service: InferenceService,
  model: VoiceModel,
  sentence: string,
  more: { voice?: string; speed?: number } = {},
): Promise<InferResponse> {
  const speed = new Uint8Array(Float32Array.of(more.speed ?? 1).buffer);
  return service.infer({
    modelName: model,
    modelVersion: '',
    id: '1',
    inputs: [
      text('TEXT', sentence),
      text('VOICE', more.voice ?? VOICES[model]),
      { name: 'SPEED', datatype: 'FP32', shape: [1], data: speed },
    ],
    outputs: [],
    scheduling: { priority: 0, timeoutMs: 20_000, session: 's', batchKey: '' },
  });
}

const output = (response: InferResponse, name: string): Uint8Array =>
  response.outputs.find((each) => each.name === name)!.data;
const strings = (data: Uint8Array): string[] =>
  decodeBytes(data).map((each) => Buffer.from(each).toString());
const integers = (data: Uint8Array): number[] => [...new Int32Array(data.slice().buffer)];

describe.each([
  { name: 'this runtime', skip: noVoices, start: startOwn },
  { name: 'real Triton', skip: noVoices ?? whyNoTriton(), start: startReal },
])('voices in $name', ({ skip, start }) => {
  describe.skipIf(skip !== undefined).each(Object.keys(VOICES) as VoiceModel[])(
    skip ?? '%s',
    (model) => {
      let voices: ToneVoices;
      let running: Running;
      let folder: string;

      beforeAll(async () => {
        voices = await makeToneVoices();
        for (const [name, value] of Object.entries(voices.environment)) {
          vi.stubEnv(name, value);
        }
        folder = await copyModels();
        running = await start(folder);
      }, START_MS);
      afterAll(async () => {
        await running.close();
        vi.unstubAllEnvs();
        await rm(folder, { recursive: true });
        await voices.remove();
      }, START_MS);

      it('speaks, and says which phoneme lasts how long', async () => {
        const answer = await speak(running.service, model, 'Good morning, how are you?');
        const sound = new Int16Array(output(answer, 'SOUND').slice().buffer);
        const rate = integers(output(answer, 'SAMPLE_RATE'))[0]!;
        const phonemes = strings(output(answer, 'PHONEMES'));
        const lengths = integers(output(answer, 'PHONEME_SAMPLES'));
        expect(rate).toBe(model === 'piper' ? 22_050 : 24_000);
        expect(Math.max(...sound)).toBeGreaterThan(3_000);
        expect(phonemes.join('')).toContain('mˈɔːɹnɪŋ');
        expect(lengths).toHaveLength(phonemes.length);
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(sound.length);
        expect(strings(output(answer, 'WORDS'))).toHaveLength(5);
      });

      it('speaks slower when asked to', async () => {
        const [plain, slow] = await Promise.all([
          speak(running.service, model, 'Good morning.'),
          speak(running.service, model, 'Good morning.', { speed: 0.5 }),
        ]);
        const bytes = (response: InferResponse): number => output(response, 'SOUND').byteLength;
        expect(bytes(slow)).toBeGreaterThan(1.7 * bytes(plain));
      });

      it('lists its voices when there is nothing to say', async () => {
        const answer = await speak(running.service, model, ' ', { speed: 0 });
        const listed = strings(output(answer, 'VOICES')).map((each) => JSON.parse(each) as object);
        expect(listed).toContainEqual(
          expect.objectContaining({ id: VOICES[model], language: 'en-US', gender: 'male' }),
        );
        expect(output(answer, 'SOUND').byteLength).toBe(0);
      });

      it.each([
        ['a voice that is not there', { voice: '../echo' }],
        ['a speed out of bounds', { speed: 9 }],
        ['a speed that is no number', { speed: Number.NaN }],
      ])('refuses %s, and speaks on', async (_what, more) => {
        await expect(speak(running.service, model, 'Hello.', more)).rejects.toMatchObject({
          code: 'REQUEST_INVALID',
        });
        await speak(running.service, model, 'Hello.');
      });

      it('refuses an endless text', async () => {
        await expect(speak(running.service, model, 'word '.repeat(1_000))).rejects.toMatchObject({
          code: 'REQUEST_INVALID',
        });
      });

      it.each(['🙂', '…', 'Привет 你好', '[[hˈaɪ]] {x}', "' -- ( )"])(
        'survives %s',
        async (odd) => {
          const answer = await speak(running.service, model, odd);
          expect(output(answer, 'SOUND').byteLength % 2).toBe(0);
        },
      );
    },
  );
});

describe.skipIf(noVoices !== undefined)(noVoices ?? 'voices that are missing', () => {
  it('leave their model out, with the reason, and the other serves on', async () => {
    const voices = await makeToneVoices();
    const folder = await copyModels();
    const empty = await mkdtemp(join(tmpdir(), 'understudy-no-voices-'));
    vi.stubEnv('UNDERSTUDY_KOKORO_VOICES', voices.environment['UNDERSTUDY_KOKORO_VOICES']!);
    try {
      for (const [place, reason] of [
        [join(empty, 'nowhere'), 'no folder'],
        [empty, 'no usable Piper voice'],
      ] as const) {
        vi.stubEnv('UNDERSTUDY_PIPER_VOICES', place);
        const { models, faults } = await loadModels({
          folder,
          clock: systemClock,
          say: () => undefined,
        });
        expect(models.map(({ config }) => config.name)).toEqual(['kokoro']);
        expect(faults).toHaveLength(1);
        expect(faults[0]!.error.message).toContain(reason);
        await Promise.all(models.map(({ executor }) => executor.close()));
      }
    } finally {
      vi.unstubAllEnvs();
      await rm(empty, { recursive: true });
      await rm(folder, { recursive: true });
      await voices.remove();
    }
  });

  it('leave out a damaged voice and serve the others', async () => {
    const voices = await makeToneVoices();
    const folder = await copyModels();
    const piper = voices.environment['UNDERSTUDY_PIPER_VOICES']!;
    for (const [name, value] of Object.entries(voices.environment)) {
      vi.stubEnv(name, value);
    }
    await writeFile(join(piper, 'en_US-tone_female.onnx'), 'no graph');
    const running = await startOwn(folder);
    try {
      await speak(running.service, 'piper', 'Hello.');
      const answer = await speak(running.service, 'piper', '');
      expect(strings(output(answer, 'VOICES')).join()).not.toContain('en_US-tone_female');
    } finally {
      await running.close();
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true });
      await voices.remove();
    }
  });
});

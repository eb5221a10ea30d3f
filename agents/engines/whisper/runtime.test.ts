/** The whole way: recogniser, gRPC, the runtime's process, its Python model, weights computed in code. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import type { ModelFolder } from '#gpu-runtime/testing/model-folder.ts';
import { startRuntimeProcess, type TestRuntime } from '#gpu-runtime/testing/runtime-process.ts';
import { tinyWhisperRepository, whyNoWhisper } from '#gpu-runtime/testing/tiny-whisper.ts';
import { describeSpeechToText } from '#media/testing/stt-conformance.ts';
import { FliteTextToSpeech } from '../flite/text-to-speech.ts';
import { WhisperSpeechToText } from './speech-to-text.ts';

const START_MS = 60_000;
const skip = whyNoWhisper();
let folder: ModelFolder | undefined;
let runtime: TestRuntime | undefined;
let client: GrpcInferenceClient | undefined;

beforeAll(async () => {
  if (skip === undefined) {
    folder = await tinyWhisperRepository('plain');
    runtime = await startRuntimeProcess(folder.path);
    client = new GrpcInferenceClient({ address: runtime.grpcAddress });
  }
}, START_MS);
afterAll(async () => {
  await client?.close();
  await runtime?.close();
  await folder?.remove();
});

const speech = async (): Promise<Int16Array> => {
  const tts = new FliteTextToSpeech();
  const parts: number[] = [];
  for await (const chunk of tts.synthesize('The meeting is on Friday at seven.', 'en-clara')) {
    parts.push(...chunk.samples);
  }
  await tts.close();
  return Int16Array.from(parts);
};

const create = (room: number): WhisperSpeechToText =>
  new WhisperSpeechToText({ service: client!, session: `lesson_${String(room)}` });

describeSpeechToText({
  name: 'Whisper in a runtime',
  create: () => create(1),
  language: 'en',
  // The tiny weights say a word for every 400 ms that they hear; the second is this one.
  speech: async () => ({ samples: await speech(), word: 'meeting' }),
  skip,
});

describe.skipIf(skip !== undefined)('Whisper in a runtime, for many rooms', () => {
  it('gives each room its own words and times, in few runs', async () => {
    const samples = await speech();
    const rooms = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (room) => {
        const recognizer = await create(room).open({ language: 'en' });
        // Rooms with an even number say it twice.
        for (let time = 0; time < 2 - (room % 2); time += 1) recognizer.push(samples);
        return recognizer;
      }),
    );
    const runs = async (): Promise<number> =>
      (await client!.statistics('whisper'))[0]!.executionCount;
    const before = await runs();
    const heard = await Promise.all(rooms.map((room) => room.decode()));
    expect((await runs()) - before).toBeLessThan(rooms.length);
    heard.forEach((transcript, index) => {
      expect(transcript?.text).toBe(heard[index % 2]?.text);
      expect(transcript?.words.map(({ text }) => text).join(' ')).toBe(transcript?.text);
    });
    expect(heard[1]!.text.length).toBeGreaterThan(heard[0]!.text.length);
    await Promise.all(rooms.map((room) => room.close()));
  });

  it('gives a caption before the utterance is over', async () => {
    const stt = new WhisperSpeechToText({
      service: client!,
      session: 'lesson_9',
      partialEveryMs: 200,
    });
    const recognizer = await stt.open({ language: 'en' });
    recognizer.push(await speech());
    await expect
      .poll(async () => (await recognizer.partial()).text, { timeout: START_MS / 2 })
      .toContain('meeting');
    await stt.close();
  });

  it('speaks another language that its weights have, and no other', async () => {
    const stt = create(10);
    expect(await stt.open({ language: 'sv' })).toBeDefined();
    await expect(stt.open({ language: 'de' })).rejects.toMatchObject({
      code: 'RECOGNITION_UNAVAILABLE',
    });
    await stt.close();
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '#config/environment.ts';
import { RuntimeError } from '#gpu-runtime/client/errors.ts';
import type { InferRequest, InferResponse } from '#gpu-runtime/ports.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import type { TextToSpeech } from '#media/ports.ts';
import { FakeSpeechService } from './served-voice/fake-speech-service.ts';
import { chooseSpeech } from './speech.ts';

class ServingPiper extends FakeSpeechService {
  serves = true;
  lost = false;

  modelReady(name: string): Promise<boolean> {
    return Promise.resolve(this.serves && name === 'piper');
  }

  override infer(
    request: InferRequest,
    options: { signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    return this.lost
      ? Promise.reject(new RuntimeError('RUNTIME_LOST'))
      : super.infer(request, options);
  }
}

let data: string;
let troubles: string[];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'speech-'));
  troubles = [];
});
afterEach(() => rm(data, { recursive: true, force: true }));

const choose = (
  embedded: TextToSpeech,
  service: ServingPiper,
  variables: Record<string, string> = {},
): Promise<TextToSpeech> =>
  chooseSpeech({
    environment: readEnvironment({ UNDERSTUDY_DATA: data, ...variables }),
    embedded,
    session: 'lesson_1',
    runtimes: service,
    onTrouble: (what) => troubles.push(what),
  });

async function speak(engine: TextToSpeech, text: string, voiceId: string): Promise<number> {
  let samples = 0;
  for await (const chunk of engine.synthesize(text, voiceId)) {
    samples += chunk.samples.length;
  }
  return samples;
}

describe('what speaks', () => {
  it('is the embedded voice where no runtime serves another, or where that is wished', async () => {
    const embedded = new FakeTextToSpeech();
    const service = new ServingPiper();
    service.serves = false;
    expect(await choose(embedded, service)).toBe(embedded);
    service.serves = true;
    expect(await choose(embedded, service, { UNDERSTUDY_SPEECH: 'embedded' })).toBe(embedded);
    expect(troubles).toEqual([]);
  });

  it('is a served voice, whose sentences the next process finds on disk', async () => {
    const service = new ServingPiper();
    const first = await choose(new FakeTextToSpeech(), service);
    expect(first.sampleRateHz).toBe(24_000);
    const samples = await speak(first, 'Good morning.', 'ada');
    expect(samples).toBeGreaterThan(0);
    await first.close();
    const asked = service.asked.length;
    const second = await choose(new FakeTextToSpeech(), service);
    expect(await speak(second, 'Good morning.', 'ada')).toBe(samples);
    expect(service.asked).toHaveLength(asked);
    await second.close();
  });

  it('falls back on the embedded voice in the middle of a call', async () => {
    const service = new ServingPiper();
    const embedded = new FakeTextToSpeech();
    const speech = await choose(embedded, service);
    service.lost = true;
    expect(await speak(speech, 'Are you there?', 'ada')).toBeGreaterThan(0);
    expect(embedded.spoken).toEqual(['Are you there?']);
    expect(troubles).toEqual(['piper failed']);
    await speech.close();
  });
});

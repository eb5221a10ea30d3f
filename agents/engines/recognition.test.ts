import { afterEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '#config/environment.ts';
import { GrpcInferenceServer } from '#gpu-runtime/server/grpc-server.ts';
import type { InferenceService } from '#gpu-runtime/ports.ts';
import { chooseRecognition } from './recognition.ts';
import { connectRuntimes } from './runtimes.ts';

let server: GrpcInferenceServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const environment = (variables: Record<string, string>) =>
  readEnvironment({ UNDERSTUDY_PYTHON: '/usr/bin/python3', ...variables });

describe('what hears', () => {
  it('is Whisper where a runtime serves it, in the languages of its weights', async () => {
    const service: Pick<InferenceService, 'modelReady'> = {
      modelReady: (name) => Promise.resolve(name === 'whisper'),
    };
    server = new GrpcInferenceServer({ service: service as InferenceService, graceMs: 0 });
    const port = await server.start();
    const runtimes = await connectRuntimes(`127.0.0.1:${String(port)}`);
    const english = await chooseRecognition(environment({}), runtimes, 'job');
    expect(english).toMatchObject({
      engine: { name: 'whisper', grade: 'full' },
      reason: undefined,
    });
    expect(english.engine?.languages).toEqual(['en']);
    const more = environment({ WHISPER_WEIGHTS: 'base' });
    expect((await chooseRecognition(more, runtimes, 'job')).engine?.languages).toContain('sv');
    await runtimes.close();
  });

  it('is PocketSphinx where no runtime answers, and says why', async () => {
    const runtimes = await connectRuntimes('127.0.0.1:1,127.0.0.1:2');
    const { engine, reason } = await chooseRecognition(environment({}), runtimes, 'job');
    expect(engine?.grade).toBe('basic');
    expect(reason).toContain('Whisper');
    await runtimes.close();
  });

  it('is what was asked for', async () => {
    const basic = environment({ UNDERSTUDY_RECOGNITION: 'pocketsphinx' });
    expect((await chooseRecognition(basic, undefined, 'job')).engine?.name).toContain('ocket');
    const none = environment({ UNDERSTUDY_RECOGNITION: 'none' });
    expect(await chooseRecognition(none, undefined, 'job')).toEqual({
      engine: undefined,
      reason: undefined,
    });
  });
});

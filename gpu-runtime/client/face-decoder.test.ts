import { describe, expect, it } from 'vitest';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { RuntimeError } from '../errors.ts';
import type { InferRequest, InferResponse } from '../ports.ts';
import { RuntimeMouths } from './face-decoder.ts';

const PATCH = Uint8Array.of(1, 2, 3);

/** Answers with what is given, one after another; the last one stays. */
function served(answers: readonly (RuntimeError | Uint8Array)[]): {
  asked: InferRequest[];
  clock: FakeClock;
  mouths: RuntimeMouths;
} {
  const asked: InferRequest[] = [];
  const clock = new FakeClock();
  const infer = (request: InferRequest): Promise<InferResponse> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request);
    if (answer instanceof RuntimeError) {
      return Promise.reject(answer);
    }
    const output = { name: 'I420', datatype: 'UINT8' as const, shape: [1, 3], data: answer };
    return Promise.resolve({ modelName: 'face', modelVersion: '1', id: '', outputs: [output] });
  };
  const mouths = new RuntimeMouths({ service: { infer }, avatar: 'ann', session: 'room', clock });
  return { asked, clock, mouths };
}

const options = { timeoutMs: 200, signal: new AbortController().signal };

/** Lets promises go on while time stands still. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await Promise.resolve();
  }
}

describe('mouths from a runtime', () => {
  it('are asked for by avatar, picture and parameters alone, live and batched with those of the avatar', async () => {
    const { asked, mouths } = served([PATCH]);
    expect(await mouths.decode(7, new Float32Array(32).fill(0.25), options)).toBe(PATCH);
    const [request] = asked;
    expect(request).toMatchObject({
      modelName: 'face',
      outputs: ['I420'],
      scheduling: { priority: 0, timeoutMs: 200, session: 'room', batchKey: 'ann' },
    });
    const bytes = request!.inputs.reduce((sum, { data }) => sum + data.byteLength, 0);
    expect(bytes).toBe(4 + 'ann'.length + 4 + 32 * 4);
  });

  it('are ready when the runtime has loaded the avatar', async () => {
    const loading = new RuntimeError('MODEL_NOT_READY', { retryAfterMs: 250 });
    const { asked, clock, mouths } = served([loading, loading, PATCH]);
    let ready = false;
    const preparing = mouths.prepare().then(() => {
      ready = true;
    });
    await settle();
    expect(asked).toHaveLength(1);
    clock.advance(250);
    await settle();
    expect(ready).toBe(false);
    clock.advance(250);
    await preparing;
    expect(asked).toHaveLength(3);
  });

  it('are refused as the runtime refuses them', async () => {
    const { mouths } = served([new RuntimeError('REQUEST_INVALID')]);
    await expect(mouths.prepare()).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(mouths.decode(0, new Float32Array(32), options)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

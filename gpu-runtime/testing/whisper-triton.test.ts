/** Real Triton serves the same Whisper: same folder, same answers, same refusals. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInferenceClient } from '../client/grpc-client.ts';
import { pythonOf } from '../environments/environment.ts';
import { babble } from './babble.ts';
import type { ModelFolder } from './model-folder.ts';
import {
  tinyWhisperRepository,
  whisperAnswer,
  whisperRequest,
  whyNoWhisper,
  type WhisperAnswer,
  type WhisperQuestion,
} from './tiny-whisper.ts';
import { startTriton, whyNoTriton, type RunningTriton } from './triton.ts';

const START_MS = 90_000;
const skip = whyNoTriton() ?? whyNoWhisper();

function packagesOf(environment: string): string {
  const found = pythonOf(environment);
  const python = 'python' in found ? found.python : '';
  const ask = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  return execFileSync(python, ['-c', ask], { encoding: 'utf8' }).trim();
}

describe.skipIf(skip !== undefined)(
  `Whisper in real Triton${skip === undefined ? '' : ` (${skip})`}`,
  () => {
    let folder: ModelFolder | undefined;
    let triton: RunningTriton | undefined;
    let client: GrpcInferenceClient | undefined;
    const ask = async (question: WhisperQuestion): Promise<WhisperAnswer> =>
      whisperAnswer(await client!.infer(whisperRequest(question)));

    beforeAll(async () => {
      folder = await tinyWhisperRepository('plain');
      triton = await startTriton({
        models: folder.path,
        load: ['whisper'],
        packages: [packagesOf('whisper')],
      });
      client = new GrpcInferenceClient({ address: `127.0.0.1:${String(triton.grpcPort)}` });
    }, START_MS);
    afterAll(async () => {
      await client?.close();
      await triton?.close();
      await folder?.remove();
    }, START_MS);

    it('hears rooms whose utterances differ in length, in few runs', async () => {
      const lengths = [2, 3, 4, 5, 2, 3, 4, 5];
      const answers = await Promise.all(
        lengths.map((seconds) => ask({ samples: babble(seconds) })),
      );
      answers.forEach(({ text, words }, index) => {
        expect(text).toMatch(/^The meeting/u);
        expect(text).toBe(answers[index % 4]?.text);
        expect(words.map((word) => word.text).join(' ')).toBe(text);
      });
      const [{ inferenceCount, executionCount } = { inferenceCount: 0, executionCount: 0 }] =
        await client!.statistics('whisper');
      expect(inferenceCount).toBe(lengths.length);
      expect(executionCount).toBeLessThan(lengths.length);
    });

    it('refuses what is wrong, and that caller only', async () => {
      const [good, refused, silence] = await Promise.allSettled([
        ask({ samples: babble(2) }),
        ask({ samples: [...babble(1), NaN] }),
        ask({ samples: new Float32Array(16_000) }),
      ]);
      expect(good).toMatchObject({ status: 'fulfilled' });
      expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'REQUEST_INVALID' } });
      expect(silence).toMatchObject({ value: { text: '', withheld: 'no-voice' } });
    });
  },
);

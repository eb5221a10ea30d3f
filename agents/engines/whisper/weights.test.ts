/** Whisper's real weights on recordings of people, where both are here. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { distance } from 'fastest-levenshtein';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import type { ModelFolder } from '#gpu-runtime/testing/model-folder.ts';
import { startRuntimeProcess, type TestRuntime } from '#gpu-runtime/testing/runtime-process.ts';
import { whisperRepository, whyNoWhisper } from '#gpu-runtime/testing/tiny-whisper.ts';
import { decodeWav } from '../wav.ts';
import { WhisperSpeechToText } from './speech-to-text.ts';
import type { WhisperTranscript } from './question.ts';

const SPEECH = resolve(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures', 'speech');
const RECORDINGS = ['jfk', 'austen-0880', 'austen-0920'];
const START_MS = 120_000;
const skip = existsSync(SPEECH) ? whyNoWhisper() : 'the recordings are not here';

const plain = (text: string): string[] =>
  text
    .toLowerCase()
    .replaceAll('-', ' ')
    .replaceAll(/[^a-z' ]/gu, ' ')
    .split(' ')
    .filter((word) => word !== '');

/** Substitutions, insertions and omissions: words become single characters for the edit distance. */
const wordErrors = (wanted: readonly string[], heard: readonly string[]): number => {
  const alphabet = [...new Set([...wanted, ...heard])];
  const letters = (words: readonly string[]): string =>
    words.map((word) => String.fromCodePoint(0x4e00 + alphabet.indexOf(word))).join('');
  return distance(letters(wanted), letters(heard));
};

describe.skipIf(skip !== undefined)(
  `Whisper’s weights${skip === undefined ? '' : ` (${skip})`}`,
  () => {
    let folder: ModelFolder | undefined;
    let runtime: TestRuntime | undefined;
    let client: GrpcInferenceClient | undefined;
    let stt: WhisperSpeechToText | undefined;

    beforeAll(async () => {
      folder = await whisperRepository({ packaged_weights: 'tiny.en' });
      runtime = await startRuntimeProcess(folder.path);
      client = new GrpcInferenceClient({ address: runtime.grpcAddress });
      stt = new WhisperSpeechToText({ service: client, session: 'lesson_1', timeoutMs: START_MS });
    }, START_MS);
    afterAll(async () => {
      await stt?.close();
      await client?.close();
      await runtime?.close();
      await folder?.remove();
    });

    const hear = async (samples: Int16Array): Promise<WhisperTranscript | null> => {
      const recognizer = await stt!.open({ language: 'en' });
      recognizer.push(samples);
      return recognizer.decode();
    };

    it(
      'hear people nearly without a fault',
      async () => {
        let errors = 0;
        let words = 0;
        const heard = await Promise.all(
          RECORDINGS.map(async (name) => {
            const file = await readFile(`${SPEECH}/${name}.wav`);
            return hear(decodeWav(file).samples);
          }),
        );
        for (const [index, name] of RECORDINGS.entries()) {
          const wanted = plain(await readFile(`${SPEECH}/${name}.txt`, 'utf8'));
          errors += wordErrors(wanted, plain(heard[index]!.text));
          words += wanted.length;
          expect(heard[index]!.confidence).toBeGreaterThan(0.5);
        }
        expect(errors / words).toBeLessThanOrEqual(0.1);
      },
      START_MS,
    );

    it(
      'make no words of noise',
      async () => {
        let state = 1;
        const noise = Int16Array.from({ length: 48_000 }, () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return 4_000 * (state / 0x8000_0000 - 1);
        });
        expect(await hear(noise)).toMatchObject({ text: '', confidence: 0, words: [] });
      },
      START_MS,
    );
  },
);

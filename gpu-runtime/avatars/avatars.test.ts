import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#media/clock.ts';
import { readAvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import { i420Bytes } from '#media/face/i420.ts';
import { NeuralFaceRenderer } from '#media/face/neural/neural-renderer.ts';
import { NEUTRAL_POSE } from '#media/face/pose.ts';
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { VISEMES } from '#media/visemes/viseme.ts';
import { prepareSample, whyNoSample } from '../testing/sample-avatar.ts';
import { bakeMouths } from './bake.ts';
import { bakedQuality } from './baked-quality.ts';
import { calibrateAvatar, type VisemeReport } from './calibrate.ts';
import { prepareAvatar } from './prepare.ts';
import { chanceSentence } from './speech-corpus.ts';

const FRAMES = 2;
const LONG_MS = 180_000;

describe('preparing an avatar', () => {
  it('says what is missing in a folder that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-no-avatar-'));
    const options = { source: folder, repository: folder, id: 'ann', licence: 'none' };
    await expect(prepareAvatar(options)).rejects.toThrow(/face_box.txt is missing/u);
    await expect(prepareAvatar({ ...options, id: '../ann' })).rejects.toThrow(/no avatar id/u);
    rmSync(folder, { recursive: true });
  });
});

const missing = whyNoSample();
describe.skipIf(missing !== undefined)(missing ?? 'the sample, calibrated roughly', () => {
  let repository: string;
  let folder: string;
  let reports: Map<string, VisemeReport>;

  beforeAll(async () => {
    repository = mkdtempSync(join(tmpdir(), 'understudy-avatars-'));
    folder = await prepareSample(repository, 'ann', FRAMES);
    const found = await calibrateAvatar({ folder, generations: 3 });
    reports = new Map(found.map((report) => [report.viseme, report]));
  }, LONG_MS);
  afterAll(() => {
    rmSync(repository, { recursive: true, force: true });
  });

  it('has a vector for every viseme in its manifest', async () => {
    const { visemes } = await readAvatarManifest(folder);
    expect(Object.keys(visemes ?? {}).toSorted()).toEqual([...VISEMES].toSorted());
  });

  it('shuts its lips for p, opens widest for aa, is narrow for oo and wide for s', () => {
    const seen = (viseme: string): VisemeReport['measure'] => reports.get(viseme)!.measure;
    expect(seen('PP').open).toBeLessThan(1);
    expect(seen('aa').open).toBeGreaterThan(22);
    expect(seen('aa').open).toBeGreaterThan(seen('E').open);
    expect(seen('ou').width).toBeLessThan(seen('sil').width * 0.95);
    expect(seen('SS').width).toBeGreaterThan(seen('ou').width * 1.08);
    expect(seen('ou').teeth).toBeLessThan(1);
  });

  it(
    'bakes mouths near to the live decoder’s, which a face draws without one',
    async () => {
      await bakeMouths({ folder, learned: 90, perPicture: 24, components: 12 });
      const { psnrDb, pictures } = await bakedQuality(folder, chanceSentence(1, 5));
      expect(pictures).toBeGreaterThan(20);
      expect(psnrDb.mean).toBeGreaterThan(40);
      const face = await NeuralFaceRenderer.open({ folder, clock: systemClock });
      const frame = new Uint8Array(i420Bytes(face.widthPx, face.heightPx));
      face.render({ ...NEUTRAL_POSE, mouth: VISEME_SHAPES.aa }, frame);
      expect(face.counters.baked).toBe(1);
      expect(face.lagMs).toBe(0);
    },
    LONG_MS,
  );
});

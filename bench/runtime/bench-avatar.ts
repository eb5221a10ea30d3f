/** The avatar of the benchmarks: the tests' sample, made once and kept. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bakeMouths, MOUTHS_FILE } from '../../gpu-runtime/avatars/bake.ts';
import { calibrateAvatar } from '../../gpu-runtime/avatars/calibrate.ts';
import { prepareSample, whyNoSample } from '../../gpu-runtime/testing/sample-avatar.ts';

export const BENCH_AVATARS = fileURLToPath(
  new URL('../../.understudy/bench/avatars', import.meta.url),
);
export const BENCH_AVATAR = 'sample';
/** Enough for a head that moves; the bank of all 150 changes nothing in time per picture. */
export const BENCH_FRAMES = 12;
/** Rounds of search per viseme: rough, and enough for mouths that differ. */
const GENERATIONS = 8;

/** The sample, prepared, calibrated and baked; from an earlier run where it is whole. */
export async function benchAvatar(): Promise<string> {
  const missing = whyNoSample();
  if (missing !== undefined) {
    throw new Error(missing);
  }
  const folder = join(BENCH_AVATARS, BENCH_AVATAR);
  if (!existsSync(join(folder, MOUTHS_FILE))) {
    await mkdir(BENCH_AVATARS, { recursive: true });
    await prepareSample(BENCH_AVATARS, BENCH_AVATAR, BENCH_FRAMES);
    await calibrateAvatar({ folder, generations: GENERATIONS });
    await bakeMouths({ folder });
  }
  return folder;
}

/** A job that is killed while it records. The bench does the same at more moments: `npm run bench -- media`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ffmpegIsThere } from './testing/ffmpeg-is-there.ts';
import { killRecording } from './testing/killed-recording.ts';

let root: string;
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'understudy-killed-')), 'recordings');
});
afterEach(async () => {
  await rm(join(root, '..'), { recursive: true, force: true });
});

it.skipIf(!ffmpegIsThere).each([
  ['at once', 120, undefined],
  ['between blocks', 1_130, undefined],
  ['encrypted', 1_370, Buffer.alloc(32, 3)],
])(
  'loses less than a second and leaves a call that plays: %s',
  async (_when, afterMs, key) => {
    const killed = await killRecording({ root, afterMs, ...(key === undefined ? {} : { key }) });
    expect(killed.fault).toBeUndefined();
    expect(killed.playable).toBe(true);
    expect(killed.lostMs).toBeLessThanOrEqual(1_000);
    expect(killed.toldMs).toBeGreaterThanOrEqual(afterMs - 20);
  },
  60_000,
);

/** The sample of LiteAvatar's contract among the fixtures, and avatars prepared from it for tests. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareAvatar } from '../avatars/prepare.ts';

const FIXTURES = resolve(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures');
export const SAMPLE_FOLDER = join(FIXTURES, 'liteavatar-sample');

/** Why avatars cannot be prepared here, or undefined where they can. */
export function whyNoSample(): string | undefined {
  if (!existsSync(join(SAMPLE_FOLDER, 'net_decode.onnx'))) {
    return 'the fixture liteavatar-sample is not here';
  }
  try {
    execFileSync('ffmpeg', ['-version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'ffmpeg is not here';
  }
}

/** Prepares the sample with a few pictures as `repository/id`; gives its folder. */
export function prepareSample(repository: string, id: string, maxFrames: number): Promise<string> {
  return prepareAvatar({ source: SAMPLE_FOLDER, repository, id, licence: 'tests only', maxFrames });
}

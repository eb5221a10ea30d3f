import { spawnSync } from 'node:child_process';

/** Whether this machine can compose; `npm test` installs it where it may. */
export const ffmpegIsThere = spawnSync('ffmpeg', ['-version']).status === 0;

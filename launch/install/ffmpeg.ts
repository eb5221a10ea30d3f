/** ffmpeg composes recordings and reads the videos of neural avatars. Optional: taken from the PATH, else the system's package. */
import { runCommand, which } from './command.ts';

/** Returns undefined when it is there, else the sentence that says what is lost. */
export async function ensureFfmpeg(say: (detail: string) => void): Promise<string | undefined> {
  if (await isThere()) {
    return undefined;
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (await which('apt-get')) !== undefined) {
    say('installing ffmpeg (once)');
    await runCommand('apt-get', ['update']);
    await runCommand('apt-get', ['install', '--yes', '--no-install-recommends', 'ffmpeg'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (await isThere()) {
      return undefined;
    }
  }
  return 'ffmpeg is missing, so recorded calls have tracks and a transcript but no video. To have it: sudo apt-get install ffmpeg';
}

async function isThere(): Promise<boolean> {
  return (await which('ffmpeg')) !== undefined && (await which('ffprobe')) !== undefined;
}

/** A Chromium for the tests that look at the page: taken from the PATH, else installed as a system package. */
import { LaunchProblem } from '../problem.ts';
import { runCommand, which } from './command.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Returns its path. Throws LaunchProblem saying what to install. */
export async function ensureChromium(say: (detail: string) => void): Promise<string> {
  const found = await findChromium();
  if (found !== undefined) {
    return found;
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (await which('apt-get')) !== undefined) {
    say('installing chromium (once)');
    await runCommand('apt-get', ['update']);
    await runCommand('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    });
    const installed = await findChromium();
    if (installed !== undefined) {
      return installed;
    }
  }
  throw new LaunchProblem(
    'The tests need Chromium. Install it, for example: sudo apt-get install chromium',
  );
}

async function findChromium(): Promise<string | undefined> {
  for (const name of NAMES) {
    const path = await which(name);
    if (path !== undefined) {
      return path;
    }
  }
  return undefined;
}

/**
 * NGINX with its stream module: the system's own, else Debian's packages unpacked into the data folder. Unpacked, not
 * installed: installing would start it as a service on port 80, and this needs no root.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LaunchProblem } from '../problem.ts';
import { runCommand, which } from './command.ts';

export interface NginxInstall {
  program: string;
  /** Absent where it is built in. */
  streamModule?: string;
}

const PACKAGES = ['nginx', 'libnginx-mod-stream'];
/** Where Debian's packages put it. */
const STREAM_MODULE = 'usr/lib/nginx/modules/ngx_stream_module.so';
const PROGRAM = 'usr/sbin/nginx';

/** Throws LaunchProblem saying what to install. */
export async function ensureNginx(
  dataFolder: string,
  say: (detail: string) => void,
): Promise<NginxInstall> {
  const found = await systemNginx();
  if (found !== undefined) {
    return found;
  }
  const folder = resolve(dataFolder, 'nginx');
  if (!existsSync(join(folder, PROGRAM))) {
    say('fetching Debian’s packages (once)');
    await mkdir(dataFolder, { recursive: true });
    await unpackPackages(dataFolder, folder);
  }
  const program = join(folder, PROGRAM);
  // Libraries come with the system; every one that it links is in a basic installation that has Node and TLS.
  const asked = await runCommand(program, ['-v']);
  if (asked.code !== 0) {
    throw new LaunchProblem(
      `NGINX was fetched but does not run here (${asked.output.trim()}). Install it: sudo apt-get install ${PACKAGES.join(' ')}`,
    );
  }
  return { program, streamModule: join(folder, STREAM_MODULE) };
}

/** The system's NGINX, where it can do what the door needs. */
async function systemNginx(): Promise<NginxInstall | undefined> {
  const program = (await which('nginx')) ?? ['/usr/sbin/nginx'].find((path) => existsSync(path));
  if (program === undefined) {
    return undefined;
  }
  const { output } = await runCommand(program, ['-V']);
  if (/--with-stream(\s|$)/.test(output)) {
    return { program };
  }
  const module = `/${STREAM_MODULE}`;
  return existsSync(module) ? { program, streamModule: module } : undefined;
}

async function unpackPackages(dataFolder: string, folder: string): Promise<void> {
  const missing = new LaunchProblem(
    `NGINX is missing. Install it, for example: sudo apt-get install ${PACKAGES.join(' ')}`,
  );
  if ((await which('apt-get')) === undefined || (await which('dpkg-deb')) === undefined) {
    throw missing;
  }
  const fetched = await mkdtemp(join(dataFolder, 'nginx-packages-'));
  try {
    const download = (): Promise<{ code: number }> =>
      runCommand('apt-get', ['download', ...PACKAGES], { cwd: fetched });
    if ((await download()).code !== 0) {
      await runCommand('apt-get', ['update']);
      if ((await download()).code !== 0) {
        throw missing;
      }
    }
    const unpacked = join(fetched, 'unpacked');
    for (const name of (await readdir(fetched)).filter((file) => file.endsWith('.deb'))) {
      const { code, output } = await runCommand('dpkg-deb', ['-x', join(fetched, name), unpacked]);
      if (code !== 0) {
        throw new LaunchProblem(`NGINX's package cannot be unpacked: ${output.trim()}`);
      }
    }
    try {
      await rename(unpacked, folder);
    } catch (error) {
      // Somebody else has put it there meanwhile.
      if (!existsSync(join(folder, PROGRAM))) {
        throw error;
      }
    }
  } finally {
    await rm(fetched, { recursive: true, force: true });
  }
}

/** The real LiveKit server: taken from the PATH, else its release, else built from its published Go module. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LaunchProblem } from '../problem.ts';
import { runCommand, which } from './command.ts';

/** 1.13.5 is the newest whose Go modules are all published; releases and modules of it behave the same. */
export const LIVEKIT_VERSION = '1.13.5';
const RELEASE_BASE = 'https://github.com/livekit/livekit/releases/download';
/** A machine without that way out gives up soon, so that building can begin. */
const RELEASE_TIMEOUT_MS = 8_000;

/** Returns the path of a livekit-server program. Throws LaunchProblem. */
export async function ensureLiveKitServer(
  dataFolder: string,
  say: (detail: string) => void,
): Promise<string> {
  const onPath = await which('livekit-server');
  if (onPath !== undefined) {
    return onPath;
  }
  const folder = join(dataFolder, 'livekit', LIVEKIT_VERSION);
  const program = join(folder, 'livekit-server');
  if (existsSync(program)) {
    return program;
  }
  await mkdir(folder, { recursive: true });
  say('fetching the release');
  if (await fetchRelease(folder, program)) {
    return program;
  }
  if ((await which('go')) === undefined) {
    throw new LaunchProblem(
      'LiveKit server is missing: its release cannot be fetched here and there is no Go to build it. ' +
        'Install livekit-server (https://docs.livekit.io/home/self-hosting/local/) or Go 1.24 or newer, then start again.',
    );
  }
  say('the release cannot be fetched here; building from the Go module (once, about 2 minutes)');
  const build = await runCommand(
    'go',
    ['install', `github.com/livekit/livekit-server/cmd/server@v${LIVEKIT_VERSION}`],
    { env: { GOBIN: folder } },
  );
  if (build.code !== 0) {
    throw new LaunchProblem(
      `LiveKit server could not be built: ${build.output.trim().split('\n').at(-1) ?? 'go failed'}`,
    );
  }
  await rename(join(folder, 'server'), program);
  return program;
}

/** Fetches and checks the release archive. False when the network does not allow it. */
async function fetchRelease(folder: string, program: string): Promise<boolean> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const archive = `livekit_${LIVEKIT_VERSION}_${process.platform}_${architecture}.tar.gz`;
  const base = `${RELEASE_BASE}/v${LIVEKIT_VERSION}`;
  try {
    const [checksums, body] = await Promise.all([
      fetchBytes(`${base}/checksums.txt`),
      fetchBytes(`${base}/${archive}`),
    ]);
    const expected = checksums
      .toString('utf8')
      .split('\n')
      .find((line) => line.includes(archive))
      ?.split(/\s+/)[0];
    if (createHash('sha256').update(body).digest('hex') !== expected) {
      return false;
    }
    const path = join(folder, archive);
    await writeFile(path, body);
    const unpacked = await runCommand('tar', ['-xzf', path, '-C', folder, 'livekit-server']);
    await rm(path);
    if (unpacked.code !== 0 || (await readFile(program)).length === 0) {
      return false;
    }
    await chmod(program, 0o755);
    return true;
  } catch {
    return false;
  }
}

async function fetchBytes(url: string): Promise<Buffer> {
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
  }, RELEASE_TIMEOUT_MS);
  try {
    const answer = await fetch(url, { signal: abort.signal });
    if (!answer.ok) {
      throw new Error(`status ${String(answer.status)}`);
    }
    // The timeout is for reaching the host; a slow download may take its time.
    clearTimeout(timer);
    return Buffer.from(await answer.arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

/** Starts the whole system once for all room tests, on ports of its own, and stops it after the last one. */
import { readEnvironment } from '#config/environment.ts';
import { Progress } from '#launch/progress.ts';
import { startSystem } from '#launch/system.ts';
import { readdir, readFile } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the page and the API. */
    pageUrl: string;
    livekitUrl: string;
    apiKey: string;
    apiSecret: string;
    /** Process ids, for tests that hold a part of the system still. */
    workerPid: number;
  }
}

/** Beside the default ports, so that a system of the developer's own can run meanwhile. */
const PORTS = {
  PORT: '18080',
  LIVEKIT_PORT: '17880',
  LIVEKIT_TCP_PORT: '17881',
  LIVEKIT_UDP_PORT: '17882',
  WORKER_PORT: '18081',
  RUNTIME_PORT: '18091',
  RUNTIME_HTTP_PORT: '18092',
};

export default async function start(project: TestProject): Promise<() => Promise<void>> {
  const { UNDERSTUDY_DATA, UNDERSTUDY_PYTHON, LOG_LEVEL } = process.env;
  const environment = readEnvironment({
    UNDERSTUDY_DATA,
    UNDERSTUDY_PYTHON,
    LOG_LEVEL,
    ...PORTS,
    // The scripted persona answers the same way everywhere, whatever else runs on this machine.
    UNDERSTUDY_LLM: 'scripted',
  });
  const system = await startSystem({
    progress: new Progress({ quiet: true }),
    environment,
    apart: true,
  });
  try {
    project.provide('pageUrl', system.pageUrl);
    project.provide('livekitUrl', system.livekitUrl);
    project.provide('apiKey', system.keys.apiKey);
    project.provide('apiSecret', system.keys.apiSecret);
    project.provide('workerPid', await childPid('agents/worker.ts'));
  } catch (error) {
    await system.stop();
    throw error;
  }
  return () => system.stop();
}

/** The child of this process whose command line holds `fragment`. */
async function childPid(fragment: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry)) {
      const read = (file: string): Promise<string> =>
        readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '');
      const parent = /^PPid:\t(\d+)$/m.exec(await read('status'))?.[1];
      if (parent === String(process.pid) && (await read('cmdline')).includes(fragment)) {
        return Number(entry);
      }
    }
  }
  throw new Error(`No child of this process runs ${fragment}.`);
}

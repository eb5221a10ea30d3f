/** `npm start` from the outside: its help, its complaints, its machine-readable line, and a Ctrl-C that leaves nothing. */
import { describeEnvironment } from '#config/environment.ts';
import { requireFreePorts } from '#launch/ports.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

/** Beside the ports of the system that the other tests use. */
const PORTS = {
  PORT: '19080',
  LIVEKIT_PORT: '19880',
  LIVEKIT_TCP_PORT: '19881',
  LIVEKIT_UDP_PORT: '19882',
  WORKER_PORT: '19081',
  RUNTIME_PORT: '19091',
  RUNTIME_HTTP_PORT: '19092',
};
/** Another system runs beside this one: it need not be ready to talk as well. */
const LIGHT = { UNDERSTUDY_LLM: 'scripted', UNDERSTUDY_WARM_JOBS: '0' };
/** Marks the processes of this test in the process table. */
const MARK = `UNDERSTUDY_TEST_MARK=${String(process.pid)}`;
const projectRoot = fileURLToPath(new URL('..', import.meta.url));

let child: ChildProcess | undefined;

function npmStart(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const [name, value] = MARK.split('=') as [string, string];
  child = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: projectRoot,
    env: { ...process.env, ...PORTS, ...environment, [name]: value, ...LIGHT },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A terminal sends Ctrl-C to a whole process group; so does this test.
    detached: true,
  });
  return child;
}

async function finished(
  running: ChildProcess,
): Promise<{ code: number | null; out: string; err: string }> {
  let [out, err] = ['', ''];
  running.stdout!.on('data', (text) => (out += String(text)));
  running.stderr!.on('data', (text) => (err += String(text)));
  const [code] = (await once(running, 'close')) as [number | null];
  return { code, out, err };
}

/** Command lines of every process that this test started and that still runs. */
async function leftovers(): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir('/proc')) {
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '');
    if (/^\d+$/.test(entry) && (await read('environ')).split('\0').includes(MARK)) {
      found.push((await read('cmdline')).replaceAll('\0', ' '));
    }
  }
  return found;
}

afterEach(() => {
  if (child?.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid!, 'SIGINT');
  }
});

describe('npm start', () => {
  it('explains every environment variable, the ports and the engines with --help', async () => {
    const { code, out } = await finished(npmStart(['--help']));
    expect(code).toBe(0);
    for (const { name } of describeEnvironment()) {
      expect(out).toContain(name);
    }
    expect(out).toMatch(/8080/);
    expect(out).toMatch(/PocketSphinx/);
  });

  it('names an option that it does not know', async () => {
    const { code, err } = await finished(npmStart(['--nonsense']));
    expect(code).toBe(2);
    expect(err).toContain('--nonsense');
    expect(err).toContain('--help');
  });

  it('names a setting that it cannot use', async () => {
    const { code, err } = await finished(npmStart([], { PORT: 'eighty' }));
    expect(code).toBe(1);
    expect(err).toMatch(/PORT/);
    expect(err).not.toMatch(/ {4}at /);
  });

  it('says in one line what to do about a taken port', async () => {
    const blocker = createServer().listen(Number(PORTS.LIVEKIT_PORT), '127.0.0.1');
    await once(blocker, 'listening');
    try {
      const { code, err } = await finished(npmStart([]));
      expect(code).toBe(1);
      expect(err.trim().split('\n')).toHaveLength(1);
      expect(err).toContain(PORTS.LIVEKIT_PORT);
      expect(err).toContain('LIVEKIT_PORT=');
    } finally {
      blocker.close();
    }
  });

  it('prints one line of JSON when everything runs, and Ctrl-C leaves no process and no port', async () => {
    const running = npmStart(['--json']);
    const ended = once(running, 'exit');
    const [line] = (await once(createInterface(running.stdout!), 'line')) as [string];
    const { pageUrl, livekitUrl } = JSON.parse(line) as { pageUrl: string; livekitUrl: string };
    expect(pageUrl).toBe(`http://localhost:${PORTS.PORT}`);
    expect(livekitUrl).toBe(`ws://localhost:${PORTS.LIVEKIT_PORT}`);
    const page = await fetch(pageUrl);
    expect(await page.text()).toContain('<div id="root">');
    const health = await fetch(`${pageUrl}/health`);
    expect(await health.json()).toMatchObject({ dependencies: { livekit: { status: 'ok' } } });

    process.kill(-running.pid!, 'SIGINT');
    const [code, signal] = (await ended) as [number | null, string | null];
    // npm itself ends by the signal once its child has ended well.
    expect(signal ?? code).toBeOneOf([0, 'SIGINT']);
    expect(await leftovers()).toEqual([]);
    await requireFreePorts(
      Object.entries(PORTS).map(([variable, port]) => ({
        variable,
        port: Number(port),
        protocol: variable === 'LIVEKIT_UDP_PORT' ? ('udp' as const) : ('tcp' as const),
      })),
      '127.0.0.1',
    );
  });
});

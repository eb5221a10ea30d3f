/**
 * Every service of docker-compose.gpu.yml as a plain process: its command, in a folder with what its image would hold, with
 * its environment and secrets, started in the order of depends_on when the health checks pass, and stopped as the engine does.
 */
import { makeComposeSecrets } from '#launch/compose-secrets.ts';
import { ensureCertificate } from '#launch/install/certificate.ts';
import { runCommand, which } from '#launch/install/command.ts';
import { ensureLiveKitServer } from '#launch/install/livekit-server.ts';
import { whyNoTriton } from '#gpu-runtime/testing/triton.ts';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nginxForTests } from '../nginx/testing/stage.ts';
import { readComposeFile, type ComposeService } from './compose/compose-file.ts';
import { fillImageFolder } from './compose/image-folder.ts';
import { PlainService, type PlainOptions } from './compose/plain-service.ts';

const NAME = 'talk.localhost';
/** Ports of containers, each an own one on this machine: that many higher. */
const PORT_OFFSET = 30_000;
const PORTS = /\b(5349|5432|6379|788[012]|808[018]|809[1-5]|8443)\b/g;
/** An unprivileged user, for those who refuse to be root. */
const NOBODY = 65_534;
/** A minute, besides what the checks themselves take. */
const PATIENCE = { everyMs: 500, tries: 120 };
const STOP_WITHIN_MS = 40_000;
const HEALTHY_WITHIN_MS = 240_000;
const DATA = resolve(process.env['UNDERSTUDY_DATA'] ?? '.understudy');

const postgresFolder = findPostgres();
const { install: nginx, reason: noNginx } = await nginxForTests();
const missing = [
  ...(noNginx === undefined ? [] : [noNginx]),
  ...(postgresFolder === undefined
    ? ['PostgreSQL is missing: sudo apt-get install postgresql']
    : []),
  ...((await which('redis-server')) === undefined
    ? ['Redis is missing: sudo apt-get install redis-server']
    : []),
  ...((await which('wget')) === undefined ? ['wget is missing: sudo apt-get install wget'] : []),
];
if (missing.length > 0) {
  console.warn(`The services of Compose are not run: ${missing.join('; ')}`);
}

const file = readComposeFile({
  PUBLIC_NAME: NAME,
  PUBLIC_IP: '127.0.0.1',
  TLS_FOLDER: '/tls-of-the-host',
  // Our models but the smallest want packages that Triton's own image brings.
  TRITON_MODEL: 'echo',
});

describe.skipIf(missing.length > 0)('Run as plain processes, the services of Compose', () => {
  let folder: string;
  let livekitProgram: string;
  const running: PlainService[] = [];
  const images = new Map<string, string>();

  /** A container's paths, names and ports, as they are on this machine. */
  const adapt = (text: string): string =>
    [
      ['/run/secrets', join(folder, 'secrets')],
      ['/run/livekit', join(folder, 'livekit')],
      ['/run/redis', join(folder, 'redis-run')],
      ['/run/door', join(folder, 'door')],
      ['/var/lib/understudy', join(folder, 'state')],
      ['/var/lib/postgresql/data', join(folder, 'postgres')],
      ['/tls/', `${join(folder, 'tls')}/`],
      ['/livekit-server', livekitProgram],
      ['--model-repository=/models', `--model-repository=${resolve('gpu-runtime', 'models')}`],
      ['172.30.57.0/24', '127.0.0.1'],
      ['0.0.0.0', '127.0.0.1'],
    ]
      .reduce(
        (changed, [from, to]) => changed.replaceAll(from!, to!),
        text === '/data' ? join(folder, 'redis-data') : text,
      )
      .replace(/^agents$/, '127.0.0.1')
      .replaceAll(
        /\b(postgres|redis|livekit|signaling|agents|avatar-worker|inference)(?=:\d)/g,
        '127.0.0.1',
      )
      .replaceAll(PORTS, (port) => String(Number(port) + PORT_OFFSET));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-compose-'));
    await chmod(folder, 0o711);
    livekitProgram = await ensureLiveKitServer(DATA, () => undefined);
    await makeComposeSecrets(join(folder, 'secrets'));
    for (const name of await readdir(join(folder, 'secrets'))) {
      const path = join(folder, 'secrets', name);
      const said = await readFile(path, 'utf8');
      await rm(path);
      await writeFile(path, adapt(said));
    }
    await chmod(join(folder, 'secrets'), 0o711);
    for (const name of ['livekit', 'redis-run', 'redis-data', 'state', 'postgres', 'tls']) {
      await mkdir(join(folder, name));
    }
    const certificate = await ensureCertificate(join(folder, 'made'), '127.0.0.1');
    for (const name of ['cert.pem', 'key.pem']) {
      await symlink(join(dirname(certificate), name), join(folder, 'tls', name));
    }
    // What images install into this folder is there already, as the launcher has put it.
    for (const name of ['python', 'whisper', 'models'].filter((entry) =>
      existsSync(join(DATA, entry)),
    )) {
      await symlink(join(DATA, name), join(folder, 'state', name));
    }
    await initialisePostgres(join(folder, 'postgres', 'pgdata'));
  }, 60_000);

  // Triton takes the runtime's ports.
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.stop(5_000)));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** What the image's own entrypoint does before it runs the command. */
  async function initialisePostgres(dataFolder: string): Promise<void> {
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_INITDB_ARGS } =
      file.services['postgres']!.environment;
    const asRoot = process.getuid?.() === 0;
    if (asRoot) {
      await chown(join(folder, 'postgres'), NOBODY, NOBODY);
    }
    const drop = asRoot
      ? ['setpriv', `--reuid=${String(NOBODY)}`, `--regid=${String(NOBODY)}`, '--clear-groups']
      : [];
    const [program, ...args] = [
      ...drop,
      join(postgresFolder!, 'initdb'),
      ...['-D', dataFolder, `--username=${POSTGRES_USER!}`, '--auth-local=trust', '--no-sync'],
      `--pwfile=${join(folder, 'secrets', 'postgres_password')}`,
      ...POSTGRES_INITDB_ARGS!.split(' '),
    ];
    const made = await runCommand(program!, args);
    expect(made.code, made.output).toBe(0);
    const [single, ...more] = [
      ...drop,
      ...['sh', '-c', `echo 'CREATE DATABASE ${POSTGRES_DB!}' | "$0" --single -D "$1" postgres`],
      join(postgresFolder!, 'postgres'),
      dataFolder,
    ];
    const created = await runCommand(single!, more);
    expect(created.code, created.output).toBe(0);
  }

  async function start(name: string, service: ComposeService): Promise<PlainService> {
    const options: PlainOptions = { folder: await imageFolder(service), adapt };
    const more: Partial<PlainOptions> =
      name === 'postgres'
        ? {
            environment: { PATH: `${postgresFolder!}:${process.env['PATH'] ?? ''}` },
            moreArguments: [
              '-c',
              `unix_socket_directories=${join(folder, 'postgres')}`,
              '-c',
              'listen_addresses=127.0.0.1',
            ],
            ...(process.getuid?.() === 0 ? { uid: NOBODY } : {}),
          }
        : name === 'nginx'
          ? { moreArguments: nginxArguments() }
          : name === 'agents'
            ? { environment: { UNDERSTUDY_WARM_JOBS: '0' } }
            : {};
    const started = new PlainService(name, service, { ...options, ...more });
    running.push(started);
    return started;
  }

  function nginxArguments(): string[] {
    const { program, streamModule } = nginx!;
    return [
      `--nginx=${program}`,
      ...(streamModule === undefined ? [] : [`--stream-module=${streamModule}`]),
      // Pipes of this test are not files that NGINX could open.
      `--access-log=${join(folder, 'access.log')}`,
    ];
  }

  async function imageFolder({ build }: ComposeService): Promise<string> {
    if (build === undefined || build.dockerfile === 'gpu-runtime/triton.Dockerfile') {
      return folder;
    }
    const known = images.get(build.dockerfile);
    const made = known ?? join(folder, 'images', build.dockerfile.replace('/', '-'));
    if (known === undefined) {
      images.set(build.dockerfile, made);
      await fillImageFolder(build.dockerfile, made);
    }
    return made;
  }

  it(
    'become healthy in the order that they ask for, serve a session at the door, and stop when told',
    async () => {
      const waiting = new Map(Object.entries(file.services).filter(([name]) => name !== 'triton'));
      const ready = new Set<string>();
      const whisper = existsSync(join(DATA, 'whisper'));
      if (!whisper) {
        // The runtime serves what it can.
        console.warn('Whisper is not installed here; the runtime runs without it.');
      }
      while (waiting.size > 0) {
        const next = [...waiting].filter(([, { depends_on: needs }]) =>
          Object.entries(needs).every(
            ([name, { required }]) => ready.has(name) || (!required && !waiting.has(name)),
          ),
        );
        expect(next.length, `nobody can start: ${[...waiting.keys()].join(', ')}`).toBeGreaterThan(
          0,
        );
        for (const [name, service] of next) {
          waiting.delete(name);
          const started = await start(name, service);
          await (service.healthcheck === undefined
            ? started.untilCompleted()
            : started.untilHealthy(PATIENCE));
          ready.add(name);
        }
      }
      expect(ready.size).toBe(9);

      const health = await askDoor('GET', '/health');
      expect(health.status, health.body).toBe(200);
      const created = await askDoor(
        'POST',
        '/api/v1/sessions',
        JSON.stringify({ scenarioId: 'first-interview' }),
      );
      expect(created.status, created.body).toBe(201);
      expect(JSON.parse(created.body)).toMatchObject({ serverUrl: `wss://${NAME}` });
      // A worker that is told to stop lets its calls come to their end.
      const { sessionId, token } = JSON.parse(created.body) as { sessionId: string; token: string };
      const ended = await askDoor('POST', `/api/v1/sessions/${sessionId}/end`, '{}', token);
      expect(ended.status, ended.body).toBe(202);

      // Secrets come from files: no process shows them to whoever lists processes, nor says them.
      const secrets = readdirSync(join(folder, 'secrets')).map((name) =>
        readFileSync(join(folder, 'secrets', name), 'utf8').trim(),
      );
      for (const service of running) {
        for (const secret of secrets) {
          expect(service.log.includes(secret), `${service.name} says a secret`).toBe(false);
        }
      }

      const ends: Record<string, string> = {};
      for (const service of [...running].reverse()) {
        ends[service.name] = await service.stop(STOP_WITHIN_MS);
      }
      expect(ends).toEqual(Object.fromEntries([...ready].sort().map((name) => [name, '0'])));
    },
    HEALTHY_WITHIN_MS,
  );

  it.skipIf(whyNoTriton() !== undefined)(
    'Triton instead of the runtime is healthy with its own check',
    async () => {
      const install = JSON.parse(readFileSync(join(DATA, 'peers', 'triton.json'), 'utf8')) as {
        program: string;
        backends: string;
        environment: Record<string, string>;
      };
      const folderOfPrograms = dirname(install.program);
      const triton = new PlainService('triton', file.services['triton']!, {
        folder,
        adapt,
        environment: {
          ...install.environment,
          PATH: `${folderOfPrograms}:${install.environment['PATH'] ?? ''}`,
        },
        moreArguments: [
          `--backend-directory=${install.backends}`,
          '--http-address=127.0.0.1',
          '--grpc-address=127.0.0.1',
        ],
      });
      running.push(triton);
      await triton.untilHealthy(PATIENCE);
      await expect(triton.stop(STOP_WITHIN_MS)).resolves.toBe('0');
    },
    90_000,
  );

  function askDoor(
    method: string,
    path: string,
    body?: string,
    token?: string,
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const tls = {
        ca: readFileSync(join(folder, 'tls', 'cert.pem')),
        // The certificate is for localhost.
        checkServerIdentity: () => undefined,
        ALPNProtocols: ['http/1.1'],
      };
      const headers = {
        host: NAME,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const asked = request(
        {
          ...tls,
          ...{ host: '127.0.0.1', port: 8_443 + PORT_OFFSET, servername: NAME, path, method },
          headers,
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 0, body: text });
          });
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }
});

/** Debian keeps its programs apart, by version. */
function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

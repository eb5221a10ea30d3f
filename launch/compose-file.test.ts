/** What docker-compose.gpu.yml and the Dockerfiles promise, read as they are; the real loader reads them, too. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPOSE_FILE, readComposeFile } from '../tests/compose/compose-file.ts';
import { copyLines, instructions } from '../tests/compose/image-folder.ts';
import { makeComposeSecrets } from './compose-secrets.ts';
import { runCommand } from './install/command.ts';
import { ensureComposeCheck } from './install/compose.ts';

const VARIABLES = { PUBLIC_NAME: 'talk.example.org', PUBLIC_IP: '203.0.113.4', TLS_FOLDER: '/tls' };
const file = readComposeFile(VARIABLES);
const services = Object.entries(file.services);
const dockerfiles = [
  ...new Set(services.flatMap(([, { build }]) => (build === undefined ? [] : [build.dockerfile]))),
];
/** It does its work and ends. */
const ONE_SHOT = 'livekit-config';

const check = await ensureComposeCheck(process.env['UNDERSTUDY_DATA'] ?? '.understudy');
if ('reason' in check) {
  console.warn(check.reason);
}

describe('docker-compose.gpu.yml', () => {
  it.skipIf('reason' in check)(
    'is read by Compose’s own loader, and means what this test read',
    async () => {
      const program = 'program' in check ? check.program : '';
      const env = { ...VARIABLES, COMPOSE_PROFILES: 'runtime,triton' };
      const { code, output } = await runCommand(program, [COMPOSE_FILE], { env });
      expect(code, output).toBe(0);
      // The end of the output is all that is kept; the services are in the middle.
      const one = await runCommand(
        'sh',
        ['-c', `"${program}" "${COMPOSE_FILE}" | grep -c '"healthcheck"'`],
        { env },
      );
      expect(Number(one.output)).toBe(services.length - 1);
    },
  );

  it.skipIf('reason' in check)('asks for what only the operator knows', async () => {
    const program = 'program' in check ? check.program : '';
    const env = { ...VARIABLES, PUBLIC_IP: '' };
    const { code, output } = await runCommand(program, [COMPOSE_FILE], { env });
    expect(code).toBe(1);
    expect(output).toContain('PUBLIC_IP');
    expect(() => readComposeFile({ PUBLIC_NAME: 'talk.example.org' })).toThrow(
      /PUBLIC_IP|TLS_FOLDER/,
    );
  });

  it.each(services)('%s has few rights, bounds, a restart and a health check', (name, service) => {
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.restart).toBe(name === ONE_SHOT ? 'on-failure' : 'unless-stopped');
    expect(service.healthcheck === undefined).toBe(name === ONE_SHOT);
    expect(service.image).toMatch(/:v?\d+\.\d+/);
  });

  it.each(services)('%s names volumes, networks and secrets that there are', (_name, service) => {
    for (const volume of service.volumes.filter((text) => !/^[./]/.test(text))) {
      expect(Object.keys(file.volumes)).toContain(volume.split(':')[0]);
    }
    const networks = Array.isArray(service.networks)
      ? service.networks
      : Object.keys(service.networks);
    expect(networks.length > 0).toBe(service.network_mode === undefined);
    expect(Object.keys(file.networks)).toEqual(expect.arrayContaining(networks));
    expect(Object.keys(file.secrets)).toEqual(expect.arrayContaining(service.secrets));
    for (const [name, value] of Object.entries(service.environment)) {
      if (value.startsWith('/run/secrets/')) {
        expect(name).toMatch(/_FILE$/);
        expect(service.secrets).toContain(value.slice('/run/secrets/'.length));
      }
    }
  });

  it('publishes the door and media, and nothing else', () => {
    const published = services.flatMap(([name, { ports }]) =>
      ports.map((port) => `${name} ${port}`),
    );
    expect(published).toEqual([
      'nginx 443:8443',
      'nginx 80:8088',
      'livekit 7881:7881/tcp',
      'livekit 7882:7882/udp',
    ]);
  });

  it('reserves a GPU for whichever serves the models', () => {
    for (const name of ['gpu-runtime', 'triton']) {
      const { reservations } = file.services[name]!.deploy.resources;
      expect(reservations?.devices[0]?.capabilities).toEqual(['gpu']);
      expect(file.services[name]!.profiles).toHaveLength(1);
    }
  });

  it('takes its secrets from files that launch/compose-secrets.ts makes once', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'understudy-secrets-')), 'secrets');
    const made = await makeComposeSecrets(folder);
    expect(made.sort()).toEqual(Object.keys(file.secrets).sort());
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const password = await readFile(join(folder, 'redis_password'), 'utf8');
    expect(await readFile(join(folder, 'redis_url'), 'utf8')).toContain(password);
    await expect(makeComposeSecrets(folder)).resolves.toEqual([]);
  });
});

describe.each(dockerfiles)('%s', (path) => {
  const lines = instructions(readFileSync(path, 'utf8'));

  it('copies what there is', () => {
    for (const { from, sources } of copyLines(lines)) {
      for (const source of from === undefined ? sources : []) {
        expect(existsSync(source), source).toBe(true);
      }
    }
  });

  it('installs packages before it copies sources, so that changing one installs nothing anew', () => {
    const installs = lines.findIndex((line) => /npm (ci|install)|pip install/.test(line));
    const copiesSources = lines.findIndex((line) =>
      /^COPY (agents|signaling|gpu-runtime|nginx|media) /.test(line),
    );
    expect(installs).toBeGreaterThan(-1);
    expect(installs).toBeLessThan(copiesSources === -1 ? lines.length : copiesSources);
    for (const line of lines.filter((text) => /npm (ci|install)/.test(text))) {
      expect(line).toContain('--ignore-scripts');
    }
  });

  it('is built on pinned images and does not run as root', () => {
    const defaults = Object.fromEntries(
      lines.filter((line) => line.startsWith('ARG ')).map((line) => line.slice(4).split('=')),
    ) as Record<string, string>;
    const stages = new Set(lines.flatMap((line) => / AS (\S+)$/.exec(line)?.[1] ?? []));
    for (const line of lines.filter((text) => text.startsWith('FROM '))) {
      const image = line
        .split(' ')[1]!
        .replace(/^\$\{(\w+)\}$/, (_whole, name: string) => defaults[name]!);
      expect(stages.has(image) || /:\d+\.\d+/.test(image), image).toBe(true);
    }
    expect(lines.findLast((line) => line.startsWith('USER '))).toMatch(
      /^USER (node|triton-server)$/,
    );
  });
});

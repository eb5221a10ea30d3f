import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { doorConfiguration } from './generate.ts';
import { DOOR_DEFAULTS, DoorOptionError, readDoorArguments, type DoorOptions } from './options.ts';
import { DOOR_PROBLEMS } from './problems.ts';

const FILES = { certificate: '/tls/cert.pem', key: '/tls/key.pem' };
const configuration = (options: Partial<DoorOptions> = {}): string =>
  doorConfiguration({ ...DOOR_DEFAULTS, ...FILES, ...options });

describe('The configuration', () => {
  it('has nothing of the template’s own language left', () => {
    for (const options of [
      {},
      { turnName: 'turn.example.org', observer: '127.0.0.1:9', httpPort: 0 },
    ]) {
      expect(configuration(options)).not.toMatch(/\{\{|\}\}|^#(if|else|end)/m);
    }
  });

  it('leaves limits out that are 0, so that none is in force', () => {
    const unlimited = configuration({
      requestsPerSecond: 0,
      creationsPerSecond: 0,
      connections: 0,
    });
    expect(unlimited).not.toMatch(/limit_(req|conn) /);
    expect(configuration()).toMatch(/limit_req zone=creations burst=30 nodelay;/);
  });

  it('shares HTTPS’ port with TURN only where TURN is on', () => {
    expect(configuration()).not.toContain('stream {');
    expect(configuration({ turnName: 'turn.example.org' })).toContain('turn.example.org turn;');
    expect(configuration({ turnName: 'localhost' })).toContain('"localhost:" turn;');
  });

  it('believes a proxy before it only when it is named', () => {
    expect(configuration()).not.toContain('real_ip');
    const behind = configuration({ trustedProxies: ['10.0.0.0/8'] });
    expect(behind).toContain('set_real_ip_from 10.0.0.0/8;');
    expect(behind).toContain('real_ip_header X-Forwarded-For;');
  });

  it('lets the page connect to other regions, and other pages show it, only when they are named', () => {
    const policy = configuration({
      connect: ['wss://eu.example.org'],
      embedders: ['https://school.example'],
    });
    expect(policy).toContain("connect-src 'self' wss://$host wss://eu.example.org;");
    expect(policy).toContain('frame-ancestors https://school.example;');
    expect(configuration()).toContain("frame-ancestors 'none';");
    expect(configuration()).not.toContain('unsafe');
  });

  it.each<Partial<DoorOptions>>([
    { names: ['a.example; return 200'] },
    { names: ['$host'] },
    { names: [] },
    { turnName: 'turn example' },
    { signaling: ['127.0.0.1'] },
    { signaling: ['127.0.0.1:0'] },
    { livekit: 'unix:/tmp/x:1' },
    { connect: ["wss://a.example'; script-src *"] },
    { embedders: ['*'] },
    { trustedProxies: ['anybody'] },
    { certificate: '/tls/cert.pem; include /etc/passwd' },
    { run: '/tmp/a b' },
    { workers: '4; user root' },
    { httpsPort: 70_000 },
    { turnName: 'turn.example', trustedProxies: ['10.0.0.1'] },
  ])('refuses %j, which would be another configuration', (options) => {
    expect(() => configuration(options)).toThrow(DoorOptionError);
  });
});

describe('The command line', () => {
  const read = (...args: string[]) => {
    const found = readDoorArguments(['--cert', '/c.pem', '--key', '/k.pem', ...args], {});
    return found === 'help' ? found : found.options;
  };

  it('has the defaults that the help names', () => {
    expect(read()).toEqual({ ...DOOR_DEFAULTS, certificate: '/c.pem', key: '/k.pem' });
  });

  it('shows callers the port that it listens on unless told otherwise', () => {
    expect(read('--https-port', '8443')).toMatchObject({ publicPort: 8443 });
    expect(read('--https-port', '8443', '--public-port', '443')).toMatchObject({ publicPort: 443 });
  });

  it('takes several of what there may be several of', () => {
    expect(read('--signaling', 'a:1', '--signaling', 'b:2')).toMatchObject({
      signaling: ['a:1', 'b:2'],
    });
  });

  it.each([['--https-port', 'many'], ['--nobody-knows', 'this'], ['stray']])(
    'refuses %s %s',
    (...args) => {
      expect(() => read(...args)).toThrow(DoorOptionError);
    },
  );

  it('wants a certificate', () => {
    expect(() => readDoorArguments([], {})).toThrow(/--cert/);
    expect(readDoorArguments(['--help'], {})).toBe('help');
  });
});

it('README.md explains each code of the door, and no other', () => {
  const documented = [...readFileSync('nginx/README.md', 'utf8').matchAll(/^\| `(DOOR_\w+)`/gm)];
  expect(documented.map(([, code]) => code)).toEqual(DOOR_PROBLEMS.map(({ code }) => code));
});

/** What the door can be told: as arguments of `generate.ts` and `door.ts`, and as one object for whoever calls them. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DoorOptions {
  /** Names under which it is reached; requests for others are refused. */
  names: readonly string[];
  /** PEM files. */
  certificate: string;
  key: string;
  /** host:port of each signaling process. */
  signaling: readonly string[];
  livekit: string;
  /** host:port of the observers' server. */
  observer?: string;
  listen: string;
  httpsPort: number;
  /** 0: none, so that nothing answers without TLS. */
  httpPort: number;
  /** The port that callers see, where another one is mapped to `httpsPort`. */
  publicPort: number;
  /** Port on the loopback for health and NGINX's own counts. */
  statusPort: number;
  /** Name of TURN over TLS. One of `names` shares the name, too: callers without ALPN are then TURN's. */
  turnName?: string;
  /** host:port where LiveKit takes TURN without TLS (`external_tls`). */
  turn: string;
  /** Where the stream module is, unless it is built in. */
  streamModule?: string;
  /** Addresses of proxies before this one whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** Origins that the page may connect to besides its own: LiveKit clusters of other regions. */
  connect: readonly string[];
  /** Origins whose pages may show ours in a frame. */
  embedders: readonly string[];
  /** Resolver's address for OCSP stapling. */
  ocsp?: string;
  /** Folder that answers ACME challenges over HTTP. */
  acme?: string;
  /** Per address; 0: no limit. */
  requestsPerSecond: number;
  creationsPerSecond: number;
  connections: number;
  uploadMb: number;
  /** 0: the header is not sent. */
  hstsSeconds: number;
  workers: string;
  /** Folder for the process id, sockets and bodies on their way. */
  run: string;
  accessLog: string;
  errorLog: string;
}

export const DOOR_DEFAULTS: Omit<DoorOptions, 'certificate' | 'key'> = {
  names: ['localhost'],
  signaling: ['127.0.0.1:8080'],
  livekit: '127.0.0.1:7880',
  listen: '0.0.0.0',
  httpsPort: 443,
  httpPort: 80,
  publicPort: 443,
  statusPort: 8094,
  turn: '127.0.0.1:5349',
  trustedProxies: [],
  connect: [],
  embedders: [],
  // A school's whole class may come from one address.
  requestsPerSecond: 50,
  creationsPerSecond: 5,
  connections: 512,
  uploadMb: 64,
  hstsSeconds: 31_536_000,
  workers: 'auto',
  run: '/tmp/understudy-door',
  accessLog: '/dev/stdout',
  errorLog: 'stderr',
};

/** A setting that cannot be used. The message says which and what it takes. */
export class DoorOptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DoorOptionError';
  }
}

export const OPTIONS_HELP = `Options [default]:
  --cert FILE --key FILE      certificate chain and key, PEM; NGINX is reloaded when they change (needed)
  --name NAME                 name of the public URL; may be given several times [localhost]
  --signaling HOST:PORT       a signaling process; may be given several times [127.0.0.1:8080]
  --livekit HOST:PORT         the LiveKit server [127.0.0.1:7880]
  --observer HOST:PORT        the observers' server; without it /observe is 404
  --listen ADDRESS            address to listen on [0.0.0.0]
  --https-port N              [443]
  --http-port N               sends callers on to HTTPS; 0: none [80]
  --public-port N             the port that callers see [the HTTPS port]
  --status-port N             on the loopback: /door for health checks, /status for counts [8094]
  --turn-name NAME            name of TURN over TLS on the same port; without it there is no TURN
  --turn HOST:PORT            where LiveKit takes TURN without TLS [127.0.0.1:5349]
  --stream-module FILE        ngx_stream_module.so, where it is not built in
  --trusted-proxy CIDR        a proxy before this one whose X-Forwarded-For is believed; several times
  --connect ORIGIN            another origin that the page may connect to, wss://eu.example.org; several times
  --embedder ORIGIN           an origin whose pages may show ours in a frame; several times
  --ocsp ADDRESS              staples OCSP answers, with the resolver at this address
  --acme FOLDER               answers ACME challenges from this folder
  --requests-per-second N     of the API, from one address; 0: no limit [50]
  --creations-per-second N    of sessions, from one address; 0: no limit [5]
  --connections N             from one address; 0: no limit [512]
  --upload-mb N               largest upload of an avatar [64]
  --hsts-seconds N            0 leaves the header out [31536000]
  --workers N                 NGINX's processes [auto]
  --run FOLDER                process id, sockets, bodies on their way [/tmp/understudy-door]
  --access-log FILE           [/dev/stdout]
  --error-log FILE            [stderr]
`;

const one = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
export const OPTION_ARGUMENTS = {
  cert: one,
  key: one,
  name: many,
  signaling: many,
  livekit: one,
  observer: one,
  listen: one,
  'https-port': one,
  'http-port': one,
  'public-port': one,
  'status-port': one,
  'turn-name': one,
  turn: one,
  'stream-module': one,
  'trusted-proxy': many,
  connect: many,
  embedder: many,
  ocsp: one,
  acme: one,
  'requests-per-second': one,
  'creations-per-second': one,
  connections: one,
  'upload-mb': one,
  'hsts-seconds': one,
  workers: one,
  run: one,
  'access-log': one,
  'error-log': one,
} as const;

/** Reads the command line. Options that only the caller knows are named in `more`. Throws DoorOptionError. */
export function readDoorArguments<const More extends Record<string, typeof one>>(
  args: readonly string[],
  more: More,
): { options: DoorOptions; more: Partial<Record<keyof More, string>> } | 'help' {
  const values = parsed(args, more);
  if (values['help'] === true) {
    return 'help';
  }
  const text = (name: string): string | undefined => values[name] as string | undefined;
  // NGINX reads relative paths from a place of its own.
  const path = (name: string): string | undefined => {
    const said = text(name);
    return said === undefined ? undefined : resolve(said);
  };
  const list = (name: string, fallback: readonly string[]): readonly string[] =>
    (values[name] as string[] | undefined) ?? fallback;
  const number = (name: string, fallback: number): number => {
    const given = text(name);
    if (given !== undefined && !/^\d{1,9}$/.test(given)) {
      throw new DoorOptionError(`--${name} takes a whole number, not "${given}".`);
    }
    return given === undefined ? fallback : Number(given);
  };
  const certificate = text('cert');
  const key = text('key');
  if (certificate === undefined || key === undefined) {
    throw new DoorOptionError('Name a certificate and its key: --cert FILE --key FILE.');
  }
  const d = DOOR_DEFAULTS;
  const httpsPort = number('https-port', d.httpsPort);
  const options: DoorOptions = {
    certificate: resolve(certificate),
    key: resolve(key),
    names: list('name', d.names),
    signaling: list('signaling', d.signaling),
    livekit: text('livekit') ?? d.livekit,
    listen: text('listen') ?? d.listen,
    httpsPort,
    httpPort: number('http-port', d.httpPort),
    publicPort: number('public-port', httpsPort),
    statusPort: number('status-port', d.statusPort),
    turn: text('turn') ?? d.turn,
    trustedProxies: list('trusted-proxy', d.trustedProxies),
    connect: list('connect', d.connect),
    embedders: list('embedder', d.embedders),
    requestsPerSecond: number('requests-per-second', d.requestsPerSecond),
    creationsPerSecond: number('creations-per-second', d.creationsPerSecond),
    connections: number('connections', d.connections),
    uploadMb: number('upload-mb', d.uploadMb),
    hstsSeconds: number('hsts-seconds', d.hstsSeconds),
    workers: text('workers') ?? d.workers,
    run: resolve(text('run') ?? d.run),
    accessLog: resolve(text('access-log') ?? d.accessLog),
    errorLog: text('error-log') ?? d.errorLog,
    ...given('observer', text('observer')),
    ...given('turnName', text('turn-name')),
    ...given('streamModule', path('stream-module')),
    ...given('ocsp', text('ocsp')),
    ...given('acme', path('acme')),
  };
  checkDoorOptions(options);
  return { options, more: values as Partial<Record<keyof More, string>> };
}

function parsed(
  args: readonly string[],
  more: Record<string, typeof one>,
): Record<string, string | boolean | (string | boolean)[] | undefined> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { ...OPTION_ARGUMENTS, ...more, help: { type: 'boolean', short: 'h' } },
    });
    return values;
  } catch (error) {
    throw new DoorOptionError(error instanceof Error ? error.message : String(error));
  }
}

function given<Name extends string>(
  name: Name,
  value: string | undefined,
): Partial<Record<Name, string>> {
  return value === undefined || value === '' ? {} : ({ [name]: value } as Record<Name, string>);
}

const HOST =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;
const ORIGIN = /^(https|wss):\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/;
/** What ends a directive, opens a block or begins a variable cannot be in a value. */
const PLAIN = /^[^\s;{}"'$\\#]+$/;

/** Throws DoorOptionError, so that no value can become a directive of its own. */
export function checkDoorOptions(options: DoorOptions): void {
  const each = (
    name: string,
    values: readonly (string | undefined)[],
    good: (value: string) => boolean,
    takes: string,
  ): void => {
    for (const value of values) {
      if (value !== undefined && !good(value)) {
        throw new DoorOptionError(`--${name} takes ${takes}, not "${value}".`);
      }
    }
  };
  const isHost = (value: string): boolean => HOST.test(value) || isIP(value) === 4;
  const isEndpoint = (value: string): boolean => {
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
    return host !== undefined && isHost(host) && isPort(Number(port));
  };
  const isCidr = (value: string): boolean => {
    const [address, bits, ...rest] = value.split('/');
    return isIP(address ?? '') !== 0 && /^\d{0,3}$/.test(bits ?? '') && rest.length === 0;
  };
  const endpoint = 'host:port';
  each('name', options.names, isHost, 'a host name or an IPv4 address');
  each('turn-name', [options.turnName], (value) => HOST.test(value), 'a host name');
  each('signaling', options.signaling, isEndpoint, endpoint);
  each('livekit', [options.livekit], isEndpoint, endpoint);
  each('observer', [options.observer], isEndpoint, endpoint);
  each('turn', [options.turn], isEndpoint, endpoint);
  each('listen', [options.listen], (value) => isIP(value) === 4 || value === '[::]', 'an address');
  each('trusted-proxy', options.trustedProxies, isCidr, 'an address or a range');
  each('connect', options.connect, (value) => ORIGIN.test(value), 'https://host or wss://host');
  each('embedder', options.embedders, (value) => ORIGIN.test(value), 'https://host');
  each('ocsp', [options.ocsp], (value) => isIP(value) === 4, "a resolver's address");
  each(
    'workers',
    [options.workers],
    (value) => /^(auto|[1-9]\d?)$/.test(value),
    'auto or a number',
  );
  const { certificate, key, streamModule, acme, run, accessLog, errorLog } = options;
  const paths = { cert: certificate, key, 'stream-module': streamModule, acme, run };
  for (const [name, path] of Object.entries({
    ...paths,
    'access-log': accessLog,
    'error-log': errorLog,
  })) {
    each(
      name,
      [path],
      (value) => PLAIN.test(value),
      'a path without spaces, quotes, ; { } $ # or \\',
    );
  }
  if (options.names.length === 0 || options.signaling.length === 0) {
    throw new DoorOptionError('The door needs a --name and a --signaling process.');
  }
  if (options.turnName !== undefined && options.trustedProxies.length > 0) {
    throw new DoorOptionError(
      'TURN takes the port itself: --turn-name and --trusted-proxy exclude each other.',
    );
  }
  for (const port of [options.httpsPort, options.publicPort, options.statusPort]) {
    if (!isPort(port)) {
      throw new DoorOptionError(`${String(port)} is no port.`);
    }
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port < 65_536;
}

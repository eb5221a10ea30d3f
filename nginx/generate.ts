/** Makes NGINX's configuration from `understudy.conf.template`: `node --import tsx nginx/generate.ts --help`. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { isMain } from './is-main.ts';
import {
  checkDoorOptions,
  DoorOptionError,
  OPTIONS_HELP,
  readDoorArguments,
  type DoorOptions,
} from './options.ts';
import { DOOR_PROBLEMS } from './problems.ts';

const TEMPLATE = fileURLToPath(new URL('./understudy.conf.template', import.meta.url));
const HELP = `Makes NGINX's configuration of the public URL and prints it.

Usage: node --import tsx nginx/generate.ts --cert FILE --key FILE [OPTIONS]

  --output FILE               writes it there

${OPTIONS_HELP}`;

/** Long enough for a lesson of any length: a WebSocket that is alive sends something every few seconds. */
const LONG_LIVED = '4h';
/** An upstream that failed twice within this is left alone for as long. */
const FAIL_TIMEOUT = '5s';

/** Throws DoorOptionError for a value that cannot be used. */
export function doorConfiguration(options: DoorOptions): string {
  checkDoorOptions(options);
  const values = templateValues(options);
  return fillIn(keepChosen(readFileSync(TEMPLATE, 'utf8'), values), values);
}

type Values = Readonly<Record<string, string | undefined>>;

function templateValues(options: DoorOptions): Values {
  const { names, httpsPort, publicPort, run, turnName } = options;
  const shared = turnName !== undefined && names.includes(turnName);
  const portSuffix = publicPort === 443 ? '' : `:${String(publicPort)}`;
  const positive = (value: number): string | undefined => (value > 0 ? String(value) : undefined);
  const requests = positive(options.requestsPerSecond);
  const creations = positive(options.creationsPerSecond);
  return {
    names: names.join(' '),
    certificate: options.certificate,
    key: options.key,
    signaling: options.signaling.map(upstreamServer).join('\n'),
    livekit: upstreamServer(options.livekit),
    observer: options.observer === undefined ? undefined : upstreamServer(options.observer),
    httpPort: positive(options.httpPort),
    httpListen: `${options.listen}:${String(options.httpPort)}`,
    // Behind the stream that looks at the name first, HTTPS is reached through a socket.
    tlsListen:
      turnName === undefined
        ? `${options.listen}:${String(httpsPort)} ssl http2`
        : `unix:${run}/https.sock ssl http2 proxy_protocol`,
    streamListen: `${options.listen}:${String(httpsPort)}`,
    portSuffix,
    publicPort: String(publicPort),
    statusPort: String(options.statusPort),
    // A caller who uses an address sends no name before the handshake.
    rejectUnknown: names.some((name) => isIP(name) !== 0) ? undefined : 'yes',
    turn: turnName === undefined ? undefined : options.turn,
    turnKey: shared
      ? '"$ssl_preread_server_name:$ssl_preread_alpn_protocols"'
      : '$ssl_preread_server_name',
    turnMatch: shared ? `"${turnName}:"` : (turnName ?? ''),
    streamModule: turnName === undefined ? undefined : options.streamModule,
    realIp: realIp(options),
    ocsp: options.ocsp,
    acme: options.acme,
    requests,
    // A zone must have a rate even where nothing uses it.
    requestsPerSecond: requests ?? '1',
    requestsBurst: String(options.requestsPerSecond * 3),
    creations,
    creationsPerSecond: creations ?? '1',
    creationsBurst: String(options.creationsPerSecond * 6),
    connections: positive(options.connections),
    uploadMb: String(options.uploadMb),
    hsts: positive(options.hstsSeconds),
    contentSecurityPolicy: contentSecurityPolicy(options, portSuffix),
    problems: problemLocations(),
    workers: options.workers,
    longLived: LONG_LIVED,
    run,
    accessLog: options.accessLog,
    errorLog: options.errorLog,
  };
}

function upstreamServer(endpoint: string): string {
  return `        server ${endpoint} max_fails=2 fail_timeout=${FAIL_TIMEOUT};`;
}

function realIp({ turnName, trustedProxies }: DoorOptions): string {
  const lines =
    turnName === undefined
      ? trustedProxies.map((range) => `set_real_ip_from ${range};`)
      : ['set_real_ip_from unix:;'];
  if (turnName === undefined && lines.length > 0) {
    lines.push('real_ip_header X-Forwarded-For;', 'real_ip_recursive on;');
  } else if (turnName !== undefined) {
    lines.push('real_ip_header proxy_protocol;');
  }
  return lines.map((line) => `    ${line}\n`).join('');
}

/** What the page needs and nothing else; a test has a whole call without a violation. */
function contentSecurityPolicy({ connect, embedders }: DoorOptions, portSuffix: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    // 'self' does not mean wss: in every browser.
    `connect-src ${["'self'", `wss://$host${portSuffix}`, ...connect].join(' ')}`,
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    `frame-ancestors ${embedders.length === 0 ? "'none'" : embedders.join(' ')}`,
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}

const ADDRESS_TOO_LONG = 414;

/** The door's own refusals, in the form of the API's. */
function problemLocations(): string {
  return DOOR_PROBLEMS.flatMap(({ statuses, code, title, detail }) =>
    statuses.map((status) => {
      const body = {
        type: `urn:understudy:problem:${code.toLowerCase().replaceAll('_', '-')}`,
        title,
        status: status === 494 ? 431 : status,
        code,
        detail,
        requestId: '$door_request_id',
      };
      const name = `problem${String(status)}`;
      // A named location needs the request's own address, which NGINX has not read where it is too long.
      const place = status === ADDRESS_TOO_LONG ? `/.door/${name}` : `@${name}`;
      return [
        `        error_page ${String(status)} ${place};`,
        `        location ${place.startsWith('/') ? '= ' : ''}${place} {`,
        ...(place.startsWith('/') ? ['            internal;'] : []),
        '            default_type application/problem+json;',
        `            return ${String(body.status)} '${JSON.stringify(body)}';`,
        '        }',
      ].join('\n');
    }),
  ).join('\n');
}

/** Drops lines between `#if name` (or `#else`) and `#end` where the value is absent. Blocks may nest. */
function keepChosen(template: string, values: Values): string {
  const kept: string[] = [];
  const open: boolean[] = [];
  for (const line of template.split('\n')) {
    const [, keyword, name] = /^#(if|else|end)(?: (\w+))?$/.exec(line) ?? [];
    if (keyword === 'if') {
      if (name === undefined || !(name in values)) {
        throw new Error(`The template asks for "${name ?? ''}", which has no value.`);
      }
      open.push(values[name] !== undefined);
    } else if (keyword === 'else') {
      open.push(!(open.pop() ?? true));
    } else if (keyword === 'end') {
      open.pop();
    } else if (open.every(Boolean)) {
      kept.push(line);
    }
  }
  if (open.length > 0) {
    throw new Error('The template leaves an #if open.');
  }
  return kept.join('\n');
}

function fillIn(text: string, values: Values): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) {
      throw new Error(`The template asks for "${name}", which has no value.`);
    }
    return value;
  });
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const read = readDoorArguments(args, { output: { type: 'string' } });
    if (read === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    const text = doorConfiguration(read.options);
    if (read.more.output === undefined) {
      process.stdout.write(text);
    } else {
      await writeFile(read.more.output, text);
    }
    return 0;
  } catch (error) {
    if (error instanceof DoorOptionError) {
      console.error(`${error.message}\nTry: node --import tsx nginx/generate.ts --help`);
      return 2;
    }
    throw error;
  }
}

if (isMain(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}

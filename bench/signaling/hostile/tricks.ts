/** Ways around a guard: other spellings of an address, and headers that somebody on the way may believe. */
import { mayEnter, type Credential } from './credentials.ts';
import type { HostileRequest } from './request.ts';
import { addressOf, goodBody, type Api, type Operation, type Things } from './targets.ts';

export const authorizationOf = ({
  authorization,
  cookie,
  origin,
}: Credential): [string, string][] => [
  ...(origin === undefined ? [] : [['Origin', origin] as [string, string]]),
  ...(authorization === undefined ? [] : [['Authorization', authorization] as [string, string]]),
  ...(cookie === undefined ? [] : [['Cookie', cookie] as [string, string]]),
];

const bodyHeaders = (operation: Operation): [string, string][] =>
  operation.bodyType === undefined ? [] : [['Content-Type', operation.bodyType]];

const bodyOf = (api: Api, operation: Operation, seed: number): Buffer | undefined => {
  const text = goodBody(api, operation, seed);
  return text === undefined ? undefined : Buffer.from(text);
};

/** Every credential at every operation that it does not open. */
export function credentialTrials(
  api: Api,
  things: Things,
  credentials: readonly Credential[],
  seed: number,
): HostileRequest[] {
  return api.operations.flatMap((operation) => {
    const target = addressOf(operation, things);
    const sessionId = target.split('/')[4];
    return credentials
      .filter((credential) => !mayEnter(credential, operation, sessionId))
      .map((credential) => ({
        attack: 'credentials' as const,
        what: credential.what,
        operation: operation.id,
        method: operation.method,
        target,
        headers: [...authorizationOf(credential), ...bodyHeaders(operation)],
        body: bodyOf(api, operation, seed),
        mustNot: ['success', 'pass-guard'] as const,
      }));
  });
}

/** Other spellings of the same address; what comes of each is nothing, or the guard of the address that it means. */
const SPELLINGS: readonly (readonly [string, (path: string) => string])[] = [
  ['a dot segment', (path) => path.replace('/api/', '/api/./')],
  ['up and back', (path) => path.replace('/api/', '/api/x/../')],
  ['up and back, encoded dots', (path) => path.replace('/api/', '/api/x/%2e%2e/')],
  ['up and back, encoded slash', (path) => path.replace('/api/', '/api/x/..%2f')],
  ['up and back, encoded twice', (path) => path.replace('/api/', '/api/x/%252e%252e%252f')],
  ['encoded slashes', (path) => `/${path.slice(1).replaceAll('/', '%2f')}`],
  ['encoded slashes, twice', (path) => `/${path.slice(1).replaceAll('/', '%252f')}`],
  ['backslashes', (path) => path.replaceAll('/', '\\')],
  ['encoded backslash', (path) => path.replace('/api/', '/api/x/..%5c')],
  ['double slash', (path) => path.replaceAll('/', '//')],
  ['double slash before', (path) => `//localhost${path}`],
  [
    'an encoded letter',
    (path) =>
      path
        .replace('/api/v1/', '/api/v1/%')
        .replace(/%(.)/u, (_whole, letter: string) => `%${letter.charCodeAt(0).toString(16)}`),
  ],
  [
    'all letters encoded',
    (path) => path.replaceAll(/[a-z]/gu, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  ],
  ['capitals', (path) => path.toUpperCase()],
  ['a capital', (path) => path.replace('/api/v1/', '/Api/v1/')],
  ['a slash after', (path) => `${path}/`],
  ['dots after', (path) => `${path}/..;/`],
  ['a dot after', (path) => `${path}/.`],
  ['a matrix parameter', (path) => path.replace('/api/', '/api;x=1/')],
  ['a matrix parameter after', (path) => `${path};x=1`],
  ['NUL after', (path) => `${path}%00`],
  ['NUL inside', (path) => path.replace('/v1/', '/v1%00/')],
  ['an extension', (path) => `${path}.json`],
  ['an extension of a file', (path) => `${path}%23.js`],
  ['overlong dots', (path) => path.replace('/api/', '/api/x/%c0%ae%c0%ae/')],
  ['overlong slash', (path) => path.replace('/api/', '/api/x/..%c0%af')],
  ['wide slash', (path) => path.replaceAll('/', '\u{2215}')],
  ['wide dots', (path) => path.replace('/api/', '/api/x/\uff0e\uff0e/')],
  ['a line end', (path) => `${path}%0d%0aX-Injected:%201`],
  ['a line end in the query', (path) => `${path}?x=%0d%0aX-Injected:%201`],
  ['a bad escape', (path) => `${path}%`],
  ['a bad escape inside', (path) => path.replace('/v1/', '/v1/%zz/')],
  ['a fragment', (path) => `/nothing#${path}`],
  ['a question before', (path) => `${path}?/../../health`],
  ['overlong', (path) => `${path}?x=${'a'.repeat(9_000)}`],
  ['too long', (path) => `${path}?x=${'a'.repeat(70_000)}`],
  ['a long id', (path) => `${path}${'a'.repeat(3_000)}`],
  ['many segments', (path) => `${path}${'/..'.repeat(200)}${path}`],
  ['the older address', (path) => path.replace('/api/v1/', '/api/')],
  ['the older address, encoded', (path) => path.replace('/api/v1/', '/api/%76%31/')],
  ['another version', (path) => path.replace('/v1/', '/v2/')],
  ['the version twice', (path) => path.replace('/v1/', '/v1/v1/')],
  ['another name in the address', (path) => `http://localhost:1${path}`],
  ['another server in the address', (path) => `https://evil.example${path}`],
  ['a space', (path) => `${path} HTTP/1.1 x`],
  ['no slash', (path) => path.slice(1)],
  ['a star', () => '*'],
];

/** Of the release before: what everybody may read is there. */
const OLDER_CATALOGUE = '/api/scenarios';

/** Addresses that nobody reaches through NGINX, whoever they are. */
const INSIDE = [
  '/api/internal/sessions/x/report',
  '/api/v1/internal/sessions/x/report',
  '/api/internal/sessions/x/line',
  '/api/avatar-workers',
  '/twirp/livekit.RoomService/ListRooms',
  '/twirp/livekit.RoomService/CreateRoom',
  '/twirp/livekit.AgentDispatchService/ListDispatch',
  '/agent',
  '/debug/rooms',
  '/debug/pprof/heap',
  '/whip',
  '/metrics',
  '/rtc/../twirp/livekit.RoomService/ListRooms',
  '/rtc/%2e%2e/twirp/livekit.RoomService/ListRooms',
  '/rtc%2f..%2ftwirp/livekit.RoomService/ListRooms',
  '/%74wirp/livekit.RoomService/ListRooms',
  '/api/../twirp/livekit.RoomService/ListRooms',
  '/api/%69nternal/sessions/x/report',
];

export function pathTrials(
  api: Api,
  things: Things,
  { nobody, owner, service }: { nobody: Credential; owner: Credential; service: Credential },
  seed: number,
): HostileRequest[] {
  const guarded = api.operations.filter((operation) => !mayEnter(nobody, operation, undefined));
  const spelled = guarded.flatMap((operation) =>
    SPELLINGS.map(([what, spell]): HostileRequest => {
      const target = Buffer.from(spell(addressOf(operation, things)), 'utf8').toString('latin1');
      const isCatalogue = operation.method === 'GET' && target === OLDER_CATALOGUE;
      return {
        attack: 'paths',
        what,
        operation: operation.id,
        method: operation.method,
        target,
        headers: bodyHeaders(operation),
        body: bodyOf(api, operation, seed),
        mustNot: isCatalogue ? [] : ['success'],
      };
    }),
  );
  const inside = INSIDE.flatMap((target) =>
    ['GET', 'POST', 'PUT'].flatMap((method) =>
      [nobody, owner, service].map((credential): HostileRequest => ({
        attack: 'paths',
        what: `inside, with ${credential.what}`,
        operation: target,
        method,
        target,
        headers: [...authorizationOf(credential), ['Content-Type', 'application/json']],
        body: method === 'GET' ? undefined : Buffer.from('{}'),
        mustNot: ['success'],
      })),
    ),
  );
  return [...spelled, ...inside];
}

const header = (name: string, value: string): [string, string] => [name, value];

/** `token` is one that nobody should believe. */
const HEADERS = (token: string): readonly (readonly [string, [string, string][]])[] => [
  [
    'told to be another address',
    [header('X-Original-URL', '/health'), header('X-Rewrite-URL', '/health')],
  ],
  [
    'told to be another method',
    [header('X-HTTP-Method-Override', 'GET'), header('X-Method-Override', 'GET')],
  ],
  [
    'told to be inside',
    [
      header('X-Forwarded-For', '127.0.0.1'),
      header('X-Real-IP', '127.0.0.1'),
      header('Forwarded', 'for=127.0.0.1;proto=https'),
    ],
  ],
  [
    'told to be inside, twice',
    [header('X-Forwarded-For', '10.0.0.1, 127.0.0.1'), header('X-Forwarded-For', '::1')],
  ],
  [
    'told to be another name',
    [
      header('X-Forwarded-Host', 'evil.example'),
      header('X-Forwarded-Proto', 'javascript'),
      header('X-Forwarded-Port', '1'),
    ],
  ],
  [
    'told who it is',
    [
      header('X-Forwarded-User', 'admin'),
      header('X-Remote-User', 'operator'),
      header('X-Principal', 'owner'),
      header('Remote-User', 'admin'),
    ],
  ],
  ['told who it is, inside', [header('X-Understudy-Role', 'admin'), header('X-Api-Key', token)]],
  [
    'two tokens',
    [header('Authorization', `Bearer ${token}`), header('Authorization', 'Bearer ..')],
  ],
  [
    'two tokens, empty first',
    [header('Authorization', ''), header('Authorization', `Bearer ${token}`)],
  ],
  ['a token in another case', [header('aUTHORIZATION', `bEARER ${token}`)]],
  ['a token with tabs', [header('Authorization', `Bearer\t${token}`)]],
  ['a token with spaces', [header('Authorization', `  Bearer    ${token}  `)]],
  [
    'an underscore',
    [header('Authorization_', `Bearer ${token}`), header('X_Forwarded_For', '127.0.0.1')],
  ],
  ['a folded line', [header('Authorization', `Bearer\r\n ${token}`)]],
  ['a bare line feed', [header('X-A', `b\nAuthorization: Bearer ${token}`)]],
  ['a bare carriage return', [header('X-A', `b\rAuthorization: Bearer ${token}`)]],
  ['NUL', [header('X-A', 'b\0c')]],
  ['control letters', [header('X-A', 'b\u0001\u007f\u0008')]],
  ['no name', [header('', 'x')]],
  ['a space in the name', [header('X A', 'x')]],
  ['a space after the name', [header('Authorization ', `Bearer ${token}`)]],
  ['two names of the server', [header('Host', 'localhost'), header('Host', 'evil.example')]],
  ['another name of the server', [header('Host', 'evil.example')]],
  ['an empty name of the server', [header('Host', '')]],
  ['a wild name of the server', [header('Host', 'localhost/../x@evil.example')]],
  ['an id that ends the line', [header('X-Request-Id', 'abcdefgh\r\nX-Injected: 1')]],
  ['an id with encoded ends', [header('X-Request-Id', 'abcdefgh%0d%0aX-Injected:%201')]],
  ['an id for a log', [header('X-Request-Id', '"},{"level":60,"msg":"\u001b[31m')]],
  ['a long id', [header('X-Request-Id', 'a'.repeat(4_000))]],
  ['a large header', [header('X-A', 'a'.repeat(20_000))]],
  ['a very large header', [header('X-A', 'a'.repeat(100_000))]],
  [
    'many headers',
    Array.from({ length: 400 }, (_unused, index) => header(`X-A${String(index)}`, 'b')),
  ],
  [
    'very many headers',
    Array.from({ length: 3_000 }, (_unused, index) =>
      header(`X-A${String(index)}`, 'b'.repeat(30)),
    ),
  ],
  ['many tokens', Array.from({ length: 60 }, () => header('Authorization', `Bearer ${token}`))],
  [
    'many cookies',
    Array.from({ length: 200 }, (_unused, index) => header('Cookie', `c${String(index)}=1`)),
  ],
  [
    'an upgrade',
    [
      header('Connection', 'Upgrade'),
      header('Upgrade', 'h2c'),
      header('HTTP2-Settings', 'AAMAAABkAAQAAP__'),
    ],
  ],
  [
    'an upgrade to a socket',
    [
      header('Connection', 'Upgrade'),
      header('Upgrade', 'websocket'),
      header('Sec-WebSocket-Version', '13'),
      header('Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='),
    ],
  ],
  [
    'headers that are for one hop',
    [header('Connection', 'close, Authorization, X-Forwarded-For, Host')],
  ],
  [
    'a proxy',
    [header('Proxy', 'http://evil.example'), header('Proxy-Authorization', `Bearer ${token}`)],
  ],
  ['a range without end', [header('Range', `bytes=${'0-,'.repeat(500)}`)]],
  ['a length that is none', [header('Content-Length', '-1')]],
  ['a length of letters', [header('Content-Length', '1e3')]],
  ['a coding of nobody', [header('Content-Encoding', 'gzip, gzip, gzip')]],
];

export function headerTrials(
  api: Api,
  things: Things,
  token: string,
  seed: number,
): HostileRequest[] {
  const nobody: Credential = { what: 'none', opens: [] };
  const guarded = api.operations.filter((operation) => !mayEnter(nobody, operation, undefined));
  return guarded.flatMap((operation) =>
    HEADERS(token).map(([what, headers]): HostileRequest => {
      const names = headers.map(([name]) => name.toLowerCase());
      const hasLength = names.includes('content-length');
      return {
        attack: 'headers',
        what,
        operation: operation.id,
        method: operation.method,
        target: addressOf(operation, things),
        headers: [...bodyHeaders(operation), ...headers],
        body: hasLength ? undefined : bodyOf(api, operation, seed),
        mustNot: ['success'],
      };
    }),
  );
}

/** Requests after the OpenAPI file, and almost after it: each part is well made or damaged, by chance. */
import { allowed, damaged, STRANGE } from '#signaling/testing-schema.ts';
import fc from 'fast-check';
import { mayEnter, type Credential } from './credentials.ts';
import type { HostileRequest } from './request.ts';
import { authorizationOf } from './tricks.ts';
import { textOf, thingsAt, type Api, type Operation, type Things } from './targets.ts';

/** Names that mean something to JavaScript. */
const POISON = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then'];
const DEEP = 20_000;
/** NGINX lets 1 MB through, and so does signaling. */
const TOO_LONG = 1_100_000;

/** JSON that parsers disagree about or stumble over. `name` is a field that the route knows, where there is one. */
function oddTexts(name: string, good: string): fc.Arbitrary<Buffer> {
  const field = JSON.stringify(name);
  const texts = [
    ...[
      '',
      ' ',
      '{',
      '[',
      '"',
      'null',
      'true',
      '0',
      '[]',
      '""',
      '{}',
      'NaN',
      'undefined',
      '{"a":1}}',
    ],
    ...[`{${field}:1,${field}:"two"}`, `{${field}:"a",${field}:{"b":[]}}`, `${good}${good}`],
    ...[
      `{${field}:1e400}`,
      `{${field}:-1e400}`,
      `{${field}:${'9'.repeat(400)}}`,
      `{${field}:0.${'1'.repeat(400)}}`,
    ],
    ...[`{${field}:-0}`, `{${field}:1E+2}`, `{${field}:9007199254740993}`, `{${field}:2147483648}`],
    ...[
      `{${field}:"\\u0000"}`,
      `{${field}:"\\ud800"}`,
      `{${field}:"\\udfff\\ud800"}`,
      `{${field}:"a\\u0000b"}`,
    ],
    ...[
      `{${field}:"\\u202e\\u2066"}`,
      `{${field}:"${'\u0301'.repeat(500)}"}`,
      `{${field}:"${'x'.repeat(70_000)}"}`,
    ],
    ...[
      `{${field}:${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`,
      '['.repeat(DEEP),
      `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
    ],
    ...POISON.map(
      (poison) => `{${JSON.stringify(poison)}:{"isAdmin":true,"opens":["api-keys:manage"]}}`,
    ),
    ...POISON.map((poison) => `{${field}:{${JSON.stringify(poison)}:{"x":1}}}`),
    ...[
      `\ufeff${good}`,
      `/* c */${good}`,
      `${good},`,
      good.replace('{', '{"a":1,,'),
      `{'a':1}`,
      `{${name}:1}`,
    ],
    ...[
      '&a [*a,*a]',
      '!!js/function "x"',
      '%YAML 1.2\n---\n',
      '? [a]\n: b',
      'a: &a [*b, *b]\nb: &b [x]',
    ],
    ...[
      `{${field}:["${'","'.repeat(5_000)}"]}`,
      `{${Array.from({ length: 2_000 }, (_unused, index) => `"k${String(index)}":1`).join(',')}}`,
    ],
  ].map((text) => Buffer.from(text));
  const bytes = [
    Buffer.from([0xff, 0xfe, 0x7b, 0, 0x7d, 0]),
    Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    Buffer.concat([Buffer.from(`{${field}:"`), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    Buffer.from([0]),
  ];
  return fc.oneof(
    { weight: 40, arbitrary: fc.constantFrom(...texts, ...bytes) },
    { weight: 2, arbitrary: fc.constant(Buffer.alloc(TOO_LONG, '{')) },
    { weight: 6, arbitrary: fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)) },
  );
}

const TYPES = [
  ...['', 'text/plain', 'application/xml', 'nonsense', '*/*', 'application/json; charset=utf-7'],
  ...[
    'application/json; charset=utf-16',
    'application/json;',
    'application/JSON',
    'application/json, text/plain',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'application/jsonx',
  ],
  ...[
    'application/vnd.api+json',
    'application/yaml',
    'application/json',
    `application/${'j'.repeat(2_000)}`,
  ],
];

/** Text for a header: no line ends, which the wire would take for the next header. */
const headerText = fc.string({ maxLength: 60, unit: 'binary' }).map((text) =>
  Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/[\0\r\n]/gu, '-'),
);

function headersOf(): fc.Arbitrary<[string, string][]> {
  const some = <Value>(values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
  const optional: [string, fc.Arbitrary<string>][] = [
    [
      'If-Match',
      fc.oneof(some(['*', '"1"', '"2"', 'W/"1"', '"-1"', '"99999999999"', '""']), headerText),
    ],
    ['If-None-Match', fc.oneof(some(['*', '"1"', '"x", "y"']), headerText)],
    [
      'Idempotency-Key',
      fc.oneof(
        some(['the-same-key-again-1', 'the-same-key-again-2', 'x'.repeat(2_000)]),
        headerText,
      ),
    ],
    [
      'Range',
      fc.oneof(
        some(['bytes=0-1', 'bytes=-0', 'bytes=9-', 'bytes=1-0', 'bytes=0-0,1-1', 'lines=1']),
        headerText,
      ),
    ],
    ['X-Request-Id', headerText],
    ['Accept', some(['*/*', 'text/plain', '', 'a/b;q=x', 'application/problem+json'])],
    ['Accept-Encoding', some(['gzip', 'br', 'identity;q=0', '*;q=0', 'x'.repeat(300)])],
    ['Content-Encoding', some(['gzip', 'br', 'deflate', 'identity', 'x'])],
    [
      'Cookie',
      fc.oneof(
        some(['a=b; a=c', '=', ';;;', `x=${'y'.repeat(3_000)}`, '__Host-understudy=x']),
        headerText,
      ),
    ],
    ['Origin', some(['null', 'https://evil.example', 'https://localhost'])],
    ['Expect', some(['100-continue', 'nothing'])],
  ];
  return fc
    .tuple(...optional.map(([, value]) => fc.option(value, { freq: 4 })))
    .map((values) =>
      values.flatMap((value, index): [string, string][] =>
        value === null ? [] : [[optional[index]![0], value]],
      ),
    );
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
/** As a browser writes it into an address; lone surrogates have no bytes. */
const encoded = (text: string): string =>
  encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));

export function shapes(
  api: Api,
  things: Things,
  credentials: readonly Credential[],
): fc.Arbitrary<HostileRequest> {
  return fc
    .constantFrom(...api.operations)
    .chain((operation) => shapesOf(operation, api, things, credentials));
}

function shapesOf(
  operation: Operation,
  { schemas }: Api,
  things: Things,
  credentials: readonly Credential[],
): fc.Arbitrary<HostileRequest> {
  const inPath = operation.parameters.filter((one) => one.in === 'path');
  const ids = fc.constantFrom(...thingsAt(things, operation.path));
  const values = fc.tuple(
    ...inPath.map(({ name }) =>
      fc.oneof(
        { weight: 8, arbitrary: name === 'id' ? ids : fc.constantFrom('1', '2', 'call.mp4') },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            ...Object.values(things).flat(),
            '0',
            '-1',
            '1e9',
            '99999999999',
          ),
        },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 80 }) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            ...POISON,
            '\0',
            '..',
            '.',
            ' ',
            '%',
            'x'.repeat(300),
            '𝒳'.repeat(60),
          ),
        },
      ),
    ),
  );
  const query = fc.record(
    Object.fromEntries(
      operation.parameters
        .filter((one) => one.in === 'query')
        .map(({ name, schema }) => [name, fc.oneof(allowed(schema, schemas), STRANGE)]),
    ),
    { requiredKeys: [] },
  );
  const oddQuery = fc.option(
    fc.constantFrom(
      'limit=1&limit=2',
      '__proto__[x]=1',
      'constructor.prototype.x=1',
      'a=%ff',
      'a=%',
      '%00=1',
      '&&==&',
      'cursor='.repeat(50),
    ),
    { freq: 6 },
  );
  const valid = operation.body === undefined ? fc.constant('') : allowed(operation.body, schemas);
  const field = Object.keys(operation.body?.properties ?? {})[0] ?? 'name';
  const bodies =
    operation.body === undefined
      ? fc.oneof(
          { weight: 8, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: oddTexts(field, '{}') },
        )
      : valid.chain((value) => {
          const good = textOf(value, operation.bodyType);
          return fc.oneof(
            { weight: 4, arbitrary: fc.constant(Buffer.from(good)) },
            {
              weight: 5,
              arbitrary: damaged(fc.constant(value)).map((one) =>
                Buffer.from(textOf(one, operation.bodyType)),
              ),
            },
            { weight: 4, arbitrary: oddTexts(field, good) },
          );
        });
  const type = fc.oneof(
    { weight: 9, arbitrary: fc.constant(operation.bodyType ?? 'application/json') },
    { weight: 2, arbitrary: fc.constantFrom(...TYPES) },
  );
  const method = fc.oneof(
    { weight: 20, arbitrary: fc.constant(operation.method) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'HEAD',
        'OPTIONS',
        'PUT',
        'PATCH',
        'DELETE',
        'GET',
        'POST',
        'PROPFIND',
        'QUERY',
        'get',
      ),
    },
  );
  const who = fc.oneof(
    { weight: 10, arbitrary: fc.constant(credentials[0]!) },
    { weight: 4, arbitrary: fc.constantFrom(...credentials) },
  );
  return fc
    .tuple(values, query, oddQuery, headersOf(), bodies, type, method, who)
    .map(([parts, search, odd, headers, body, contentType, sentMethod, credential]) => {
      const chosen = Object.fromEntries(
        inPath.map(({ name }, index) => [name, parts[index] as string]),
      );
      const address = operation.path.replaceAll(/\{(\w+)\}/gu, (_whole, name: string) =>
        encoded(chosen[name] ?? ''),
      );
      const asked = new URLSearchParams(
        Object.entries(search).map(([name, value]) => [
          name,
          Buffer.from(wordOf(value), 'utf8').toString('utf8'),
        ]),
      ).toString();
      const search2 = [asked, ...(odd === null ? [] : [odd])].filter((one) => one !== '').join('&');
      const sent = [
        ...authorizationOf(credential),
        ...headers.filter(
          ([name]) =>
            (name !== 'Cookie' || credential.cookie === undefined) &&
            (name !== 'Origin' || credential.origin === undefined),
        ),
        ...(body === undefined ? [] : [['Content-Type', contentType] as const]),
      ];
      const isOpen = mayEnter(credential, operation, chosen['id']);
      return {
        attack: 'shapes',
        what: `credential: ${credential.what}`,
        operation: operation.id,
        method: sentMethod,
        target: `${address}${search2 === '' ? '' : `?${search2}`}`,
        headers: sent,
        body,
        // Another method is another operation, with another permission; an odd id may be another address.
        mustNot:
          isOpen ||
          sentMethod !== operation.method ||
          inPath.some(({ name }) => !/^[\w-]+$/u.test(chosen[name] ?? ''))
            ? []
            : ['success'],
      } satisfies HostileRequest;
    });
}

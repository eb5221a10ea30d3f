/** Two requests in one, where servers that count differently would see the second: nobody may obey the one inside. */
import type { HostileRequest } from './request.ts';

/** A session for a learner whose name is `marker` and a place in the list was made by the request inside of that one. */
export function smugglingTrials(host: string, marker: string): HostileRequest[] {
  return Array.from({ length: shapesFor(host, '').length }, (_unused, index) => {
    const [what, text] = shapesFor(host, `${marker}${String(index)}`)[index]!;
    return {
      attack: 'smuggling',
      what,
      operation: 'two requests in one',
      method: 'GET',
      target: '/',
      headers: [],
      raw: Buffer.from(text, 'latin1'),
      mustNot: ['success'],
    };
  });
}

function shapesFor(host: string, marker: string): readonly (readonly [string, string])[] {
  const made = `{"scenarioId":"first-interview","learnerName":"${marker}"}`;
  const inner =
    `POST /api/v1/sessions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${String(made.length)}\r\n\r\n${made}`;
  const innerBytes = Buffer.byteLength(inner);
  const hex = innerBytes.toString(16);
  const Host = `Host: ${host}\r\n`;
  const post = `POST /api/v1/learners HTTP/1.1\r\n${Host}Content-Type: application/json\r\n`;
  return [
    [
      'length and chunks',
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'chunks and length',
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'two lengths',
      `${post}Content-Length: 0\r\nContent-Length: ${String(innerBytes)}\r\n\r\n${inner}`,
    ],
    ['lengths in a list', `${post}Content-Length: 0, ${String(innerBytes)}\r\n\r\n${inner}`],
    [
      'the same length twice, then another',
      `${post}Content-Length: 2\r\nContent-Length: 2\r\nContent-Length: 0\r\n\r\n{}${inner}`,
    ],
    ['a signed length', `${post}Content-Length: +0\r\n\r\n${inner}`],
    ['a negative length', `${post}Content-Length: -1\r\n\r\n${inner}`],
    ['a length in hexadecimal', `${post}Content-Length: 0x0\r\n\r\n${inner}`],
    ['a length too large', `${post}Content-Length: 18446744073709551616\r\n\r\n${inner}`],
    ['a length with a letter', `${post}Content-Length: 0a\r\n\r\n${inner}`],
    ['a length with a space before the colon', `${post}Content-Length : 0\r\n\r\n${inner}`],
    [
      'a coding with a space before the colon',
      `${post}Transfer-Encoding : chunked\r\nContent-Length: ${String(innerBytes)}\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'a coding with a tab',
      `${post}Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'a coding on a second line',
      `${post}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['an unknown coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner}`],
    [
      'a coding with a letter before',
      `${post}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['a quoted coding', `${post}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n${inner}`],
    [
      'codings in a list',
      `${post}Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'two codings',
      `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'two codings, the first unknown',
      `${post}Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'a coding after a bare line feed',
      `${post}X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'chunks in HTTP/1.0',
      `${post.replace('1.1', '1.0')}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['a chunk with a sign', `${post}Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n${inner}`],
    [
      'a chunk with 0x',
      `${post}Transfer-Encoding: chunked\r\n\r\n0x${hex}\r\n${inner}\r\n0\r\n\r\n`,
    ],
    [
      'a chunk too large',
      `${post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n\r\n${inner}`,
    ],
    [
      'a chunk that is shorter than it says',
      `${post}Transfer-Encoding: chunked\r\n\r\n${hex}\r\n${inner.slice(0, -20)}\r\n0\r\n\r\n`,
    ],
    ['a bad end of a chunk', `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n${inner}`],
    [
      'a trailer',
      `${post}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: ${String(innerBytes)}\r\nTransfer-Encoding: x\r\n\r\n`,
    ],
    ['no version', `POST /api/v1/learners\r\n${inner}`],
    ['another version', `POST /api/v1/learners HTTP/9.9\r\n${Host}\r\n`],
    ['HTTP/2 without agreement', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ['a line before', `\r\n\r\n\0${inner}`],
    ['no name of the server', `GET /api/v1/api-keys HTTP/1.1\r\n\r\n`],
    [
      'two names of the server',
      `GET /api/v1/api-keys HTTP/1.1\r\n${Host}Host: evil.example\r\n\r\n`,
    ],
    ['a tunnel', `CONNECT evil.example:80 HTTP/1.1\r\n${Host}\r\n`],
    ['a trace', `TRACE /api/v1/api-keys HTTP/1.1\r\n${Host}\r\n`],
    ['nonsense', 'x\r\n\r\n'],
    ['TLS inside', '\u0016\u0003\u0001\u0002\u0000\u0001'],
    ['half a request', `GET /api/v1/api-keys HTTP/1.1\r\n${Host}X: `],
    [
      'bytes',
      Array.from({ length: 300 }, (_unused, index) => String.fromCharCode(index % 256)).join('') +
        '\r\n\r\n',
    ],
    ['an inner request as a body', `${post}Content-Length: ${String(innerBytes)}\r\n\r\n${inner}`],
    [
      'an inner request as a chunk',
      `${post}Transfer-Encoding: chunked\r\n\r\n${hex}\r\n${inner}\r\n0\r\n\r\n`,
    ],
    [
      'a body of GET',
      `GET /api/v1/api-keys HTTP/1.1\r\n${Host}Content-Length: ${String(innerBytes)}\r\n\r\n${inner}`,
    ],
    [
      'a body of HEAD',
      `HEAD /api/v1/api-keys HTTP/1.1\r\n${Host}Content-Length: ${String(innerBytes)}\r\n\r\n${inner}`,
    ],
    [
      'a body that was expected',
      `${post}Expect: 100-continue\r\nContent-Length: ${String(innerBytes)}\r\n\r\n${inner}`,
    ],
    [
      'a body before an upgrade',
      `POST /rtc HTTP/1.1\r\n${Host}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${String(innerBytes)}\r\n\r\n${inner}`,
    ],
  ];
}

/** A request as bytes on a wire: nothing between the bench and the server mends it. */

export interface HostileRequest {
  /** For the report: the section of the attack and what is wrong with this one. */
  attack: 'shapes' | 'credentials' | 'paths' | 'headers' | 'smuggling';
  what: string;
  /** The operation of the OpenAPI file that it aims at, or what else it aims at. */
  operation: string;
  method: string;
  /** As it stands in the request line. */
  target: string;
  /** Names and values as they are sent; several of one name are several lines. */
  headers: readonly (readonly [name: string, value: string])[];
  body?: Buffer | undefined;
  /** Sent in place of all of the above; the connection is not used again. */
  raw?: Buffer;
  /** What must not come back: `success` is an answer below 400 that is not the page. */
  mustNot: readonly ('success' | 'pass-guard')[];
}

export function bytesOf(request: HostileRequest, host: string): Buffer {
  const { raw, method, target, headers, body } = request;
  if (raw !== undefined) {
    return raw;
  }
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(named.has('host') ? [] : [`Host: ${host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined || named.has('content-length') || named.has('transfer-encoding')
      ? []
      : [`Content-Length: ${String(body.byteLength)}`]),
  ];
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    body ?? Buffer.alloc(0),
  ]);
}

/** A line for a shell that sends the same bytes again. */
export function curlLine(request: HostileRequest, url: string): string {
  const { raw, method, target, headers, body } = request;
  if (raw !== undefined) {
    const address = url.replace(/^https?:\/\//u, '');
    const program = url.startsWith('https')
      ? `openssl s_client -quiet -connect ${address}`
      : `nc ${address.replace(':', ' ')}`;
    return `printf ${quoted(escaped(raw))} | ${program}`;
  }
  const more = headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const data =
    body === undefined || body.byteLength === 0
      ? []
      : body.byteLength > LONGEST_BODY
        ? [`--data-binary '(${String(body.byteLength)} bytes)'`]
        : [`--data-binary "$(printf ${quoted(escaped(body))})"`];
  return [
    `curl -ik --path-as-is -X ${quoted(method)}`,
    ...more,
    ...data,
    quoted(`${url}${target}`),
  ].join(' ');
}

/** What a terminal shows; longer bodies are told by their length. */
const LONGEST_BODY = 4_000;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For printf: every byte that is no plain letter as an octal number. */
const escaped = (bytes: Buffer): string =>
  [...bytes]
    .map((byte) =>
      /[\w .,:;/?=&{}"[\]()*<>@-]/u.test(String.fromCharCode(byte)) && byte < 128
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('');

import fastify, { type FastifyInstance } from 'fastify';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerNoRequest } from './no-request.ts';

let app: FastifyInstance;
beforeEach(async () => {
  app = fastify({ clientErrorHandler: answerNoRequest });
  app.get('/', () => 'here');
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => app.close());

/** All that comes back until the server has closed the connection. */
const send = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.once('error', reject);
    socket.once('end', () => {
      socket.end();
      resolve(text);
    });
  });

it.each([
  ['a header with a control letter', 'GET / HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n', 400],
  ['no request at all', 'nonsense\r\n\r\n', 400],
  ['a method of nobody', 'QUIRK / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}', 400],
  ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
])('%s is answered, and the connection is said to close', async (_what, bytes, status) => {
  const answer = await send(bytes);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `, 'u'));
  expect(answer).toMatch(/\r\nConnection: close\r\n/iu);
  const [, body = ''] = answer.split('\r\n\r\n');
  expect(JSON.parse(body)).toMatchObject({ status, code: 'REQUEST_INVALID' });
});

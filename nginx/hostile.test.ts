/** Callers who mean no good, before real NGINX: forged headers, other spellings of a path, two requests in one. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DoorStage, nginxForTests } from './testing/stage.ts';
import { Upstream } from './testing/upstream.ts';

const { install, reason } = await nginxForTests();
if (reason !== undefined) {
  console.warn(reason);
}

describe.skipIf(install === undefined)('The door', () => {
  let signaling: Upstream;
  let livekit: Upstream;
  let stage: DoorStage;

  beforeAll(async () => {
    signaling = await Upstream.start('signaling');
    livekit = await Upstream.start('livekit');
    stage = await DoorStage.open(install!, {
      signaling: [signaling.address],
      livekit: livekit.address,
    });
  });
  afterEach(() => {
    signaling.seen.length = 0;
    livekit.seen.length = 0;
  });
  afterAll(async () => {
    await stage.close();
    await Promise.all([signaling.close(), livekit.close()]);
  });

  const header = (name: string): unknown => signaling.seen.at(-1)?.headers[name];

  it('says itself who is calling, whatever the caller says', async () => {
    await stage.ask('/api/scenarios', {
      headers: {
        'x-forwarded-for': '203.0.113.9',
        'x-real-ip': '203.0.113.9',
        'x-forwarded-proto': 'gopher',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=203.0.113.9',
        'x-original-url': '/api/internal/sessions/1/report',
        'x-rewrite-url': '/api/internal/sessions/1/report',
        x_forwarded_for: '203.0.113.9',
        upgrade: 'h2c',
        connection: 'close, x-real-ip',
      },
    });
    const port = String(stage.options.httpsPort);
    expect(signaling.seen.at(-1)?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': `localhost:${port}`,
    });
    for (const name of [
      'forwarded',
      'x-original-url',
      'x-rewrite-url',
      'x_forwarded_for',
      'upgrade',
    ]) {
      expect(header(name), name).toBeUndefined();
    }
  });

  it.each([
    '/twirp/livekit.RoomService/ListRooms',
    '//twirp/livekit.RoomService/ListRooms',
    '/rtc/../twirp/livekit.RoomService/ListRooms',
    '/rtc/..%2ftwirp/livekit.RoomService/ListRooms',
    '/rtc/%2e%2e/twirp/livekit.RoomService/ListRooms',
    '/%74wirp/livekit.RoomService/ListRooms',
    '/rtc%2f..%2ftwirp',
    '/rtc/../../twirp',
    '/rtc;/../twirp',
    '/rtc%00/twirp',
    '/rtc\\..\\twirp',
    '/agent',
    '/debug/rooms',
    '/rtc/anything',
    '/rtcx',
  ])('LiveKit does not hear of %s', async (path) => {
    for (const method of ['POST', 'GET']) {
      const answer = await stage.ask(path, {
        method,
        ...(method === 'POST' ? { body: '{}' } : {}),
      });
      // What begins with another word is the page's, which knows nothing of it.
      expect(answer.headers['x-upstream'], String(answer.status)).not.toBe('livekit');
    }
    expect(livekit.seen).toEqual([]);
  });

  it.each([
    '/api/internal/sessions/1/report',
    '/api//internal/sessions/1/report',
    '/api/%69nternal/sessions/1/report',
    '/api/x/../internal/sessions/1/report',
    '/api/x/..%2finternal/sessions/1/report',
    '/api/v1/internal/sessions/1/report',
    '/api/avatar-workers',
  ])('signaling does not hear of %s', async (path) => {
    const answer = await stage.ask(path, { method: 'PUT', body: '{}' });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'DOOR_ROUTE_UNKNOWN', status: 404 });
    expect(signaling.seen).toEqual([]);
  });

  it('refuses an address that is too long to be read, in its own words', async () => {
    const answer = await stage.ask(`/api/a?x=${'a'.repeat(70_000)}`);
    expect(answer.status).toBe(414);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'DOOR_HEADERS_TOO_LARGE', status: 414 });
    expect((await stage.ask('/.door/problem414')).status).toBe(404);
    expect(signaling.seen).toEqual([]);
  });

  describe('given two requests in one', () => {
    const HOST = 'Host: localhost\r\n';
    const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
    it.each([
      {
        what: 'length and chunks at once',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'two lengths',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 46\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'a length that is none',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Content-Length: +4\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'an unknown coding',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'two codings',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'a space before the colon',
        bytes: `POST /api/a HTTP/1.1\r\n${HOST}Content-Length : 46\r\n\r\n${SMUGGLED}`,
      },
      {
        what: 'chunks in HTTP/1.0',
        bytes: `POST /api/a HTTP/1.0\r\n${HOST}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      },
      { what: 'two hosts', bytes: `GET /api/a HTTP/1.1\r\n${HOST}Host: evil.example\r\n\r\n` },
      { what: 'no host', bytes: `GET /api/a HTTP/1.1\r\n\r\n` },
      {
        what: 'a method to another server',
        bytes: `CONNECT evil.example:80 HTTP/1.1\r\n${HOST}\r\n`,
      },
      { what: 'TRACE', bytes: `TRACE / HTTP/1.1\r\n${HOST}\r\n` },
    ])('refuses $what', async ({ bytes }) => {
      const answer = await stage.raw(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 (400|405|501) /);
      expect(signaling.seen).toEqual([]);
    });

    it('passes a whole body on as a body', async () => {
      const answer = await stage.ask('/api/a', { method: 'POST', body: SMUGGLED });
      expect(answer.status).toBe(200);
      expect(signaling.seen.map(({ url, body }) => ({ url, body }))).toEqual([
        { url: '/api/a', body: SMUGGLED },
      ]);
    });

    it('hears an absolute address as its own name', async () => {
      const answer = await stage.raw(
        `GET https://evil.example/ HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    });
  });
});

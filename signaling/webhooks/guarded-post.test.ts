import type { LookupAddress } from 'node:dns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardedPost, KEPT_BYTES, type PostOptions } from './guarded-post.ts';
import { Receiver } from './testing/receiver.ts';

let receiver: Receiver;
beforeAll(async () => {
  receiver = await Receiver.open();
});
afterAll(() => receiver.close());
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (answer) => {
    answer.writeHead(200).end('thanks');
  };
});

const post = (url: string, options: Partial<PostOptions> = {}) =>
  guardedPost(url, { 'x-test': 'yes' }, '{"å":1}', { allowPrivate: true, ...options });
const at = (address: string) => (): Promise<LookupAddress[]> =>
  Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]);

describe('a post', () => {
  it('arrives as it was given', async () => {
    const outcome = await post(receiver.url('/hook?a=b'));
    expect(outcome).toMatchObject({ status: 200, failure: null, text: 'thanks' });
    expect(receiver.received).toMatchObject([
      { path: '/hook?a=b', body: '{"å":1}', headers: { 'x-test': 'yes', 'content-length': '8' } },
    ]);
  });

  it('follows no redirect', async () => {
    receiver.answer = (answer) => {
      answer.writeHead(307, { location: receiver.url('/elsewhere') }).end();
    };
    expect(await post(receiver.url('/here'))).toMatchObject({ status: 307, failure: 'REDIRECTED' });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/here']);
  });

  it('gives up on a receiver that hangs, before its answer and within', async () => {
    receiver.answer = () => undefined;
    const silent = await post(receiver.url(), { timeoutMs: 60 });
    expect(silent).toMatchObject({ status: null, failure: 'TIMED_OUT' });
    receiver.answer = (answer) => {
      answer.writeHead(200).write('a');
    };
    const slow = await post(receiver.url(), { timeoutMs: 60 });
    expect(slow).toMatchObject({ status: null, failure: 'TIMED_OUT', text: null });
  });

  it('keeps the beginning of an answer that never ends', async () => {
    receiver.answer = (answer) => {
      answer.writeHead(500);
      const more = (): void => {
        if (!answer.destroyed) {
          answer.write('x\0'.repeat(5_000), more);
        }
      };
      answer.on('error', () => undefined);
      more();
    };
    const outcome = await post(receiver.url());
    expect(outcome).toMatchObject({ status: 500, failure: 'STATUS' });
    expect(outcome.text).toBe('x'.repeat(KEPT_BYTES / 2));
  });

  it('tells how long the receiver wants to be left alone', async () => {
    receiver.answer = (answer) => {
      answer.writeHead(429, { 'retry-after': '120' }).end();
    };
    expect(await post(receiver.url())).toMatchObject({ status: 429, retryAfterS: 120 });
    receiver.answer = (answer) => {
      answer.writeHead(503, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }).end();
    };
    expect(await post(receiver.url())).toMatchObject({ status: 503, retryAfterS: null });
  });

  it('tells where nobody answers', async () => {
    const gone = await Receiver.open();
    const url = gone.url();
    await gone.close();
    expect(await post(url)).toMatchObject({ status: null, failure: 'UNREACHABLE' });
    const unknown = () => Promise.reject(new Error('ENOTFOUND'));
    const nameless = await post('http://nobody.example/', { resolve: unknown });
    expect(nameless).toMatchObject({ failure: 'NAME_UNKNOWN' });
  });
});

describe('addresses of this network', () => {
  const guarded = (url: string, options: Partial<PostOptions> = {}) =>
    post(url, { allowPrivate: false, ...options });

  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '0'])(
    'http://%s is refused, and nothing arrives',
    async (host) => {
      const outcome = await guarded(`http://${host}:${String(receiver.port)}/`);
      expect(outcome).toMatchObject({ status: null, failure: 'ADDRESS_PRIVATE' });
      expect(receiver.received).toEqual([]);
    },
  );

  it.each(['127.0.0.1', '169.254.169.254', '10.0.0.5', '::1', 'fd00::1'])(
    'a name that leads to %s is refused',
    async (address) => {
      const outcome = await guarded('http://hook.example.org/', { resolve: at(address) });
      expect(outcome.failure).toBe('ADDRESS_PRIVATE');
    },
  );

  it('a name is looked up once: what was looked at is what is connected to', async () => {
    let asked = 0;
    const resolve = (): Promise<LookupAddress[]> => {
      asked += 1;
      return at(asked === 1 ? '127.0.0.1' : '10.0.0.1')();
    };
    const url = `http://hook.example.org:${String(receiver.port)}/`;
    expect((await post(url, { resolve })).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('of several addresses each must be allowed to be tried', async () => {
    const mixed = (): Promise<LookupAddress[]> =>
      Promise.resolve([
        { address: '127.0.0.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ]);
    const url = `http://hook.example.org:${String(receiver.port)}/`;
    expect((await guarded(url, { resolve: mixed })).failure).toBe('ADDRESS_PRIVATE');
    expect((await post(url, { resolve: mixed })).status).toBe(200);
  });
});

/** The door in real NGINX: what goes through, as what, and what does not. */
import { ensureCertificate } from '#launch/install/certificate.ts';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
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

  it.each(['/', '/health', '/faces/ada/portrait.jpg', '/api/scenarios', '/avatars/ann'])(
    '%s is signaling’s',
    async (path) => {
      const answer = await stage.ask(path);
      expect(answer.status).toBe(200);
      expect(answer.body).toBe(`signaling GET ${path}`);
    },
  );

  it('gives every request an id, and tells it to signaling, to the caller and to the log', async () => {
    const answer = await stage.ask('/api/scenarios');
    const id = answer.headers['x-request-id'];
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(header('x-request-id')).toBe(id);
    await expect.poll(() => stage.accessLog()).toContain(String(id));
  });

  it('keeps a caller’s id that is harmless, and no other', async () => {
    const ask = async (id: string) =>
      (await stage.ask('/', { headers: { 'x-request-id': id } })).headers['x-request-id'];
    await expect(ask('abc-123_DEF.4')).resolves.toBe('abc-123_DEF.4');
    for (const bad of ['short', 'a"b"c"d"e"', 'x'.repeat(65), '${jndi:ldap://a}']) {
      await expect(ask(bad)).resolves.toMatch(/^[0-9a-f]{32}$/);
      expect(header('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('answers with its headers once each, and without versions', async () => {
    for (const path of ['/', '/api/scenarios', '/twirp/x']) {
      const { headers } = await stage.ask(path);
      expect(headers['strict-transport-security']).toMatch(/^max-age=31536000/);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['server']).toBe('nginx');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['x-request-id']).not.toContain(',');
    }
  });

  it('refuses names that are not its own', async () => {
    const answer = await stage.ask('/', { headers: { host: 'evil.example' } });
    expect(answer.status).toBe(421);
    const handshake = new Promise((resolve, reject) => {
      const { httpsPort: port } = stage.options;
      const socket = connect({ host: '127.0.0.1', port, servername: 'evil.example' }, () => {
        resolve('connected');
      });
      socket.on('error', reject);
    });
    await expect(handshake).rejects.toThrow(/unrecognized name|alert/i);
    expect(signaling.seen).toEqual([]);
  });

  it('sends callers from HTTP on to HTTPS, under its own names only', async () => {
    const ask = (host: string): Promise<{ status: number; location: string | undefined }> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port: stage.options.httpPort, headers: { host } };
        get({ ...options, path: '/reports?x=1' }, ({ statusCode = 0, headers }) => {
          resolve({ status: statusCode, location: headers.location });
        }).on('error', reject);
      });
    await expect(ask('localhost')).resolves.toEqual({
      status: 308,
      location: `${stage.url}/reports?x=1`,
    });
    expect((await ask('evil.example')).status).toBe(421);
  });

  it('speaks HTTP/2 and TLS 1.3, nothing below 1.2, and gives no session ticket', async () => {
    const session = connectHttp2(stage.url, { ca: await readFile(stage.options.certificate) });
    const stream = session.request({ ':path': '/api/scenarios' });
    const status = await new Promise((resolve, reject) => {
      stream.on('response', (headers) => {
        resolve(headers[':status']);
      });
      stream.on('error', reject);
    });
    session.close();
    expect(status).toBe(200);

    const handshake = (options: object): Promise<{ protocol: string | null; ticket: boolean }> =>
      new Promise((resolve, reject) => {
        const { httpsPort: port, certificate } = stage.options;
        const at = { host: '127.0.0.1', port, servername: 'localhost' };
        void readFile(certificate).then((ca) => {
          const socket: TLSSocket = connect({ ...at, ca, ...options }, () => {
            resolve({
              protocol: socket.getProtocol(),
              ticket: socket.getTLSTicket() !== undefined,
            });
            socket.end();
          });
          socket.on('error', reject);
        });
      });
    expect((await handshake({})).protocol).toBe('TLSv1.3');
    await expect(handshake({ maxVersion: 'TLSv1.2' })).resolves.toEqual({
      protocol: 'TLSv1.2',
      ticket: false,
    });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(handshake(old)).rejects.toThrow();
  });

  it.each(['/rtc', '/rtc/v1'])('%s is LiveKit’s WebSocket', async (path) => {
    const socket = await stage.upgrade(`${path}?access_token=SECRET&auto_subscribe=1`);
    if (typeof socket === 'number') {
      throw new Error(`refused with ${String(socket)}`);
    }
    const echoed = new Promise((resolve) =>
      socket.once('data', (data) => {
        resolve(String(data));
      }),
    );
    socket.write('hello');
    await expect(echoed).resolves.toBe('hello');
    socket.destroy();
    expect(livekit.seen[0]).toMatchObject({
      url: `${path}?access_token=SECRET&auto_subscribe=1`,
      headers: { upgrade: 'websocket', connection: 'upgrade', 'x-forwarded-for': '127.0.0.1' },
    });
  });

  it('passes LiveKit’s validation on', async () => {
    const answer = await stage.ask('/rtc/v1/validate?access_token=SECRET');
    expect(answer.body).toBe('livekit GET /rtc/v1/validate?access_token=SECRET');
  });

  it('upgrades nothing else to a WebSocket', async () => {
    await expect(stage.upgrade('/api/scenarios')).resolves.toBe(200);
    expect(header('upgrade')).toBeUndefined();
    await expect(stage.upgrade('/observe')).resolves.toBe(404);
  });

  it('takes no body that is too large, and says so', async () => {
    const large = 'x'.repeat(1_200_000);
    const answer = await stage.ask('/api/sessions', { method: 'POST', body: large });
    expect(answer.status).toBe(413);
    const problem = JSON.parse(answer.body) as object;
    expect(problem).toMatchObject({ code: 'DOOR_BODY_TOO_LARGE' });
    expect(problem).toMatchObject({ requestId: answer.headers['x-request-id'] });
    const avatar = await stage.ask('/api/avatars', { method: 'POST', body: large });
    expect(avatar.status).toBe(200);
  });

  it('lets nobody write to the page', async () => {
    const answer = await stage.ask('/', { method: 'DELETE' });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'DOOR_METHOD_REFUSED' });
  });

  it('logs JSON without a query, in the access log or the error log', async () => {
    await stage.ask('/rtc/validate?access_token=TOP-SECRET', {
      headers: {
        referer: 'https://localhost/?access_token=TOP-SECRET',
        'x-request-id': 'logged-1',
      },
    });
    await stage.ask('/api/sessions/1/recording/call.mp4?ticket=TOP-SECRET');
    // LiveKit down: NGINX's own words about that hold the whole request line.
    const { port } = livekit;
    await livekit.close();
    const answer = await stage.ask('/rtc/validate?access_token=TOP-SECRET');
    livekit = await Upstream.start('livekit', port);
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'DOOR_UPSTREAM_DOWN' });

    await expect.poll(() => stage.accessLog()).toMatch(/"path":"\/rtc\/validate".*"status":502/);
    const log = await stage.accessLog();
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.find(({ requestId }) => requestId === 'logged-1')).toMatchObject({
      method: 'GET',
      path: '/rtc/validate',
      query: '(masked)',
      status: 200,
      client: '127.0.0.1',
    });
    expect(log).not.toContain('SECRET');
    expect(await readFile(stage.options.errorLog, 'utf8')).not.toContain('SECRET');
  });

  it('counts for whoever watches this machine, and for nobody else', async () => {
    const status = await fetch(`http://127.0.0.1:${String(stage.options.statusPort)}/status`);
    expect(await status.text()).toContain('Active connections');
    expect((await stage.ask('/status')).body).toBe('signaling GET /status');
  });

  it('changes its certificate without ending a WebSocket', async () => {
    const before = await stage.certificateSerial();
    const socket = await stage.upgrade('/rtc');
    if (typeof socket === 'number') {
      throw new Error(`refused with ${String(socket)}`);
    }
    await expect(stage.door.check()).resolves.toBe(false);

    const elsewhere = await mkdtemp(join(tmpdir(), 'understudy-certificate-'));
    const renewed = await ensureCertificate(elsewhere, '127.0.0.1');
    await copyFile(join(dirname(renewed), 'key.pem'), stage.options.key);
    // Half of the pair: NGINX would not start with it.
    await expect(stage.door.check()).resolves.toBe(false);
    expect(stage.said.at(-1)).toMatch(/stays as it is.*(key values mismatch|KEY_VALUES_MISMATCH)/s);
    await expect(stage.certificateSerial()).resolves.toBe(before);

    await copyFile(renewed, stage.options.certificate);
    await expect(stage.door.check()).resolves.toBe(true);
    await expect.poll(() => stage.certificateSerial()).not.toBe(before);
    const echoed = new Promise((resolve) =>
      socket.once('data', (data) => {
        resolve(String(data));
      }),
    );
    socket.write('still here');
    await expect(echoed).resolves.toBe('still here');
    socket.destroy();
  });

  it('says what is wrong with a certificate before it starts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-certificate-'));
    const certificate = join(folder, 'cert.pem');
    await writeFile(certificate, 'not a certificate');
    await expect(DoorStage.open(install!, { certificate })).rejects.toThrow(/cert\.pem/);
  });
});

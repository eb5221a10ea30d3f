/** A learner's call through the public door: real NGINX, HTTPS, one address, in a real Chromium. */
import { Service, untilAnswers } from '#launch/service.ts';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DoorStage, nginxForTests } from '../nginx/testing/stage.ts';
import { LearnerBrowser } from './learner-browser.ts';

/** Beside the ports of the system that the other tests use. */
const SIGNALING_PORT = 18_180;
const WORKER_PORT = 18_081;

const { install, reason } = await nginxForTests();
if (reason !== undefined) {
  console.warn(reason);
}

describe.skipIf(install === undefined)('Through the public door', () => {
  let stage: DoorStage;
  let signaling: Service;
  let signalingLog: string;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-public-door-'));
    signalingLog = join(folder, 'signaling.log');
    // The system's own signaling is for calls without a proxy; this one stands behind the door.
    signaling = new Service({
      name: 'Signaling behind the door',
      command: process.execPath,
      args: ['--import', 'tsx', 'signaling/server.ts'],
      env: {
        PORT: String(SIGNALING_PORT),
        WORKER_PORT: String(WORKER_PORT),
        LIVEKIT_URL: inject('livekitUrl'),
        LIVEKIT_API_KEY: inject('apiKey'),
        LIVEKIT_API_SECRET: inject('apiSecret'),
        UNDERSTUDY_DATA: folder,
        UNDERSTUDY_TRUST_PROXY: '127.0.0.1',
        UNDERSTUDY_RECOGNITION: 'none',
        LOG_LEVEL: 'info',
      },
      logPath: signalingLog,
      ready: (signal) =>
        untilAnswers(`http://127.0.0.1:${String(SIGNALING_PORT)}/api/v1/catalogue`, signal),
      readyWithinMs: 90_000,
    });
    await signaling.start();
    stage = await DoorStage.open(install!, {
      signaling: [`127.0.0.1:${String(SIGNALING_PORT)}`],
      livekit: new URL(inject('livekitUrl')).host.replace('localhost', '127.0.0.1'),
    });
  });

  afterAll(async () => {
    await stage.close();
    await signaling.stop();
  });

  it('a learner has a whole call over one address, and the content security policy has nothing to forbid', async () => {
    const browser = await LearnerBrowser.open(stage.url, { anyCertificate: true });
    try {
      const { page } = browser;
      const sockets: string[] = [];
      let socketsClosed = 0;
      page.on('websocket', (socket) => {
        sockets.push(socket.url());
        socket.on('close', () => {
          socketsClosed += 1;
        });
      });
      await browser.choose('first-interview');
      await browser.join();
      await browser.untilFrames(10);
      await browser.untilCaption('avatar', /\w+ \w+/);

      // A reload of NGINX in the middle of the call, as after a new certificate, is not noticed.
      process.kill(stage.door.pid!, 'SIGHUP');
      await browser.type('I taught mathematics for six years and liked it.');
      await browser.untilCaption('learner', /mathematics/);
      await browser.untilFrames(25);
      expect(socketsClosed).toBe(0);
      expect(sockets.length).toBeGreaterThan(0);
      for (const url of sockets) {
        expect(url).toMatch(new RegExp(`^wss://localhost:${String(stage.options.httpsPort)}/rtc`));
      }

      await browser.end();
      await page.getByTestId('transcript').waitFor();
      const origins = await page.evaluate(() => [
        ...new Set(
          performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
        ),
      ]);
      expect(origins).toEqual([stage.url]);
      expect(browser.errors).toEqual([]);
      expect(browser.violations).toEqual([]);

      // The list above would show a violation: here is one.
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = true';
        document.body.append(script);
      });
      await expect.poll(() => browser.violations.length).toBe(1);
      expect(await page.evaluate(() => 'injected' in window)).toBe(false);
    } finally {
      await browser.close();
    }

    // The browser is gone, so that its WebSocket is in the log.
    await expect
      .poll(() => stage.accessLog())
      .toMatch(/"path":"\/rtc[^"]*","query":"\(masked\)".*"status":101/);
    const log = await stage.accessLog();
    // Every JSON Web Token begins like this.
    expect(log).not.toContain('eyJ');
    expect(await readFile(stage.options.errorLog, 'utf8')).not.toContain('eyJ');
    const lines = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const creation = lines.find(
      ({ method, path }) => method === 'POST' && /^\/api\/(v1\/)?sessions$/.test(path ?? ''),
    );
    expect(creation?.['status']).toBe(201);
    expect(await readFile(signalingLog, 'utf8')).toContain(`"reqId":"${creation!['requestId']!}"`);
  });

  it('LiveKit’s API, signaling’s inside and agents’ socket are not there', async () => {
    for (const path of [
      '/twirp/livekit.RoomService/ListRooms',
      '/rtc/..%2ftwirp/livekit.RoomService/ListRooms',
      '/agent',
      '/api/internal/sessions/1/report',
      '/api/avatar-workers',
      '/api/v1/avatar-workers',
    ]) {
      const answer = await stage.ask(path, { method: 'POST', body: '{}' });
      expect(answer.status, path).toBe(404);
    }
    await expect(stage.upgrade('/agent')).resolves.toBe(404);
    // A token that LiveKit itself refuses is refused here, not by the door.
    await expect(stage.upgrade('/rtc?access_token=none')).resolves.toBe(401);
  });

  it('who is healthy is told under the public address', async () => {
    const answer = await stage.ask('/health');
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ status: 'ok' });
  });
});

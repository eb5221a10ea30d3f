/** TURN over TLS and HTTPS on one port of real NGINX: who is meant is told by the name, or by ALPN. */
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DoorStage, nginxForTests } from './testing/stage.ts';
import { Upstream } from './testing/upstream.ts';

const { install, reason } = await nginxForTests();
if (reason !== undefined) {
  console.warn(reason);
}

describe.skipIf(install === undefined)('On the port that HTTPS and TURN share', () => {
  let signaling: Upstream;
  /** Answers as nothing else would, without TLS. */
  let turn: Server;
  let stage: DoorStage;

  const open = async (names: string[], turnName: string): Promise<void> => {
    const { port } = turn.address() as AddressInfo;
    const at = { signaling: [signaling.address], turn: `127.0.0.1:${String(port)}` };
    stage = await DoorStage.open(install!, { ...at, names, turnName });
  };
  beforeAll(async () => {
    signaling = await Upstream.start('signaling');
    turn = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('data', (bytes) => socket.end(`turn heard ${bytes.toString()}`));
    });
    await new Promise<void>((resolve) => turn.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await signaling.close();
    await new Promise((resolve) => turn.close(resolve));
  });

  /** What comes back over TLS for one line sent, from an own address so that it can be told from the door's. */
  async function say(line: string, servername: string, ALPNProtocols?: string[]): Promise<string> {
    const { httpsPort: port, certificate } = stage.options;
    const ca = await readFile(certificate);
    return new Promise((resolve, reject) => {
      const at = { host: '127.0.0.1', port, servername, ca, localAddress: '127.0.0.2' };
      const more = ALPNProtocols === undefined ? {} : { ALPNProtocols };
      const own = { checkServerIdentity: () => undefined };
      const socket = connect({ ...at, ...more, ...own }, () => socket.write(line));
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('close', () => {
        resolve(text);
      });
      socket.on('error', reject);
    });
  }
  const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

  it('a name of its own is TURN’s', async () => {
    await open(['localhost'], 'turn.localhost');
    try {
      await expect(say('allocate', 'turn.localhost')).resolves.toBe('turn heard allocate');
      await expect(say(GET, 'localhost')).resolves.toContain('signaling GET /');
      await expect(say(GET, 'localhost', ['http/1.1'])).resolves.toContain('signaling GET /');
      // Who calls is still known behind the two.
      expect(signaling.seen.at(-1)?.headers).toMatchObject({ 'x-forwarded-for': '127.0.0.2' });
      await expect.poll(() => stage.accessLog()).toMatch(/"client":"127.0.0.2".*"to":"turn"/);
    } finally {
      await stage.close();
    }
  });

  it('a name that both have is TURN’s where the caller offers no protocol, as browsers’ TURN does', async () => {
    await open(['localhost'], 'localhost');
    try {
      await expect(say('allocate', 'localhost')).resolves.toBe('turn heard allocate');
      await expect(say(GET, 'localhost', ['http/1.1'])).resolves.toContain('signaling GET /');
      expect((await stage.ask('/health')).status).toBe(200);
    } finally {
      await stage.close();
    }
  });
});

/** A door of real NGINX on free ports, before servers that keep what reaches them. For tests. */
import { ensureCertificate } from '#launch/install/certificate.ts';
import { ensureNginx, type NginxInstall } from '#launch/install/nginx.ts';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { Door, type DoorSettings } from '../door.ts';
import { DOOR_DEFAULTS, type DoorOptions } from '../options.ts';

/** Absent with the reason where NGINX cannot be had on this machine. */
export async function nginxForTests(): Promise<{ install?: NginxInstall; reason?: string }> {
  try {
    const folder = process.env['UNDERSTUDY_DATA'] ?? '.understudy';
    return { install: await ensureNginx(folder, () => undefined) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export class DoorStage {
  readonly door: Door;
  readonly options: DoorOptions;
  readonly folder: string;
  readonly said: string[];

  private constructor(door: Door, options: DoorOptions, folder: string, said: string[]) {
    this.door = door;
    this.options = options;
    this.folder = folder;
    this.said = said;
  }

  static async open(
    install: NginxInstall,
    wanted: Partial<DoorOptions>,
    settings: Partial<DoorSettings> = {},
  ): Promise<DoorStage> {
    const folder = await mkdtemp(join(tmpdir(), 'understudy-door-'));
    // NGINX's workers are another user where a test runs as root.
    await chmod(folder, 0o711);
    const certificate = await ensureCertificate(folder, '127.0.0.1');
    const [httpsPort, httpPort, statusPort] = (await freePorts(3)) as [number, number, number];
    const options: DoorOptions = {
      ...DOOR_DEFAULTS,
      certificate,
      key: join(dirname(certificate), 'key.pem'),
      listen: '127.0.0.1',
      httpsPort,
      httpPort,
      publicPort: httpsPort,
      statusPort,
      workers: '1',
      run: join(folder, 'run'),
      accessLog: join(folder, 'access.log'),
      errorLog: join(folder, 'error.log'),
      ...(install.streamModule === undefined ? {} : { streamModule: install.streamModule }),
      ...wanted,
    };
    const said: string[] = [];
    const door = await Door.start({
      options,
      nginx: install.program,
      checkEveryMs: 60_000,
      say: (line) => said.push(line),
      stdio: 'ignore',
      ...settings,
    });
    const stage = new DoorStage(door, options, folder, said);
    await stage.#untilOpen();
    return stage;
  }

  get url(): string {
    return `https://localhost:${String(this.options.httpsPort)}`;
  }

  /** Asks as any client does, trusting the door's certificate. */
  ask(path: string, options: AskOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', headers = {}, body } = options;
      const more = { path, method, headers: { host: this.#host, ...headers }, agent: false };
      const asked = request({ ...this.#tls(), ...more }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        });
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Opens a WebSocket as far as the upgrade; resolves with the connection, or the refusal's status. */
  upgrade(path: string): Promise<TLSSocket | number> {
    return new Promise((resolve, reject) => {
      const asked = request({
        ...this.#tls(),
        path,
        agent: false,
        headers: {
          host: this.#host,
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      });
      asked.on('upgrade', (_answer, socket) => {
        resolve(socket as TLSSocket);
      });
      asked.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  /** Sends bytes as they are over TLS and resolves with all that comes back until the door closes or is quiet after answering. */
  raw(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#tls(), () => {
        socket.write(bytes, 'latin1');
      });
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('close', () => {
        resolve(text);
      });
      socket.on('error', reject);
    });
  }

  /** Serial number of the certificate that a new connection is shown. */
  certificateSerial(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.#tls(), rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.end();
      });
      socket.on('error', reject);
    });
  }

  async accessLog(): Promise<string> {
    return readFile(this.options.accessLog, 'utf8');
  }

  async close(): Promise<void> {
    process.kill(this.door.pid!, 'SIGTERM');
    await this.door.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get #host(): string {
    return `localhost:${String(this.options.httpsPort)}`;
  }

  #tls(): { host: string; port: number; servername: string; ca: string; ALPNProtocols: string[] } {
    return {
      host: '127.0.0.1',
      port: this.options.httpsPort,
      servername: 'localhost',
      ca: readFileSync(this.options.certificate, 'utf8'),
      // As every browser does; Node does so only where connections are kept.
      ALPNProtocols: ['http/1.1'],
    };
  }

  /** The door is open when its own health answers. */
  async #untilOpen(): Promise<void> {
    let ended = false;
    void this.door.ended.then(() => {
      ended = true;
    });
    for (;;) {
      if (ended) {
        const log = await readFile(this.options.errorLog, 'utf8').catch(() => '');
        throw new Error(`NGINX has ended: ${log}`);
      }
      const answer = await fetch(`http://127.0.0.1:${String(this.options.statusPort)}/door`).catch(
        () => undefined,
      );
      if (answer?.ok === true) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

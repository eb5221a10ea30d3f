/** A LiveKit server that can be reached on this machine and over a bad line. */
import { readEnvironment } from '#config/environment.ts';
import { ensureLiveKitServer } from '#launch/install/livekit-server.ts';
import { requireFreePorts } from '#launch/ports.ts';
import { Service, untilAnswers } from '#launch/service.ts';
import { projectRoot } from '#launch/system.ts';
import { AccessToken } from 'livekit-server-sdk';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const PORT = 39_880;
const TCP_PORT = 39_881;
const UDP_PORT = 39_882;

interface Keys {
  apiKey: string;
  apiSecret: string;
}

export class LineServer {
  /** For what runs beside it. */
  readonly url = `ws://127.0.0.1:${String(PORT)}`;
  /** For what runs behind the line. */
  readonly farUrl: string;
  readonly #service: Service;
  readonly #keys: Keys;

  private constructor(service: Service, address: string, keys: Keys) {
    this.#service = service;
    this.farUrl = `ws://${address}:${String(PORT)}`;
    this.#keys = keys;
  }

  /** `address` is the near end of the line, which must be up. Throws LaunchProblem. */
  static async start(address: string): Promise<LineServer> {
    const dataFolder = resolve(projectRoot, readEnvironment().UNDERSTUDY_DATA);
    await requireFreePorts(
      [
        { port: PORT, variable: 'the bad line’s port', protocol: 'tcp' },
        { port: TCP_PORT, variable: 'the bad line’s port', protocol: 'tcp' },
        { port: UDP_PORT, variable: 'the bad line’s port', protocol: 'udp' },
      ],
      '127.0.0.1',
    );
    const program = await ensureLiveKitServer(dataFolder, () => undefined);
    const folder = join(dataFolder, 'network');
    await mkdir(folder, { recursive: true });
    const keys = { apiKey: 'line', apiSecret: randomBytes(32).toString('hex') };
    const config = join(folder, 'livekit.yaml');
    await writeFile(config, configOf(address, keys), { mode: 0o600 });
    const service = new Service({
      name: 'LiveKit server',
      command: program,
      args: ['--config', config],
      logPath: join(folder, 'livekit.log'),
      ready: (signal) => untilAnswers(`http://127.0.0.1:${String(PORT)}/`, signal),
      readyWithinMs: 15_000,
    });
    await service.start();
    return new LineServer(service, address, keys);
  }

  token(room: string, identity: string): Promise<string> {
    const token = new AccessToken(this.#keys.apiKey, this.#keys.apiSecret, { identity });
    token.addGrant({ roomJoin: true, room, canUpdateOwnMetadata: true });
    return token.toJwt();
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }
}

function configOf(address: string, keys: Keys): string {
  return [
    `port: ${String(PORT)}`,
    `bind_addresses: ['127.0.0.1', '${address}']`,
    'rtc:',
    `  tcp_port: ${String(TCP_PORT)}`,
    `  udp_port: ${String(UDP_PORT)}`,
    `  node_ip: ${address}`,
    '  use_external_ip: false',
    // Every socket is offered under node_ip and only the first is kept: there must be no other, such as loopback's,
    // from which nothing reaches the line.
    '  ips:',
    `    includes: ['${address}/32']`,
    'keys:',
    `  ${keys.apiKey}: ${keys.apiSecret}`,
    'logging:',
    '  level: warn',
    '',
  ].join('\n');
}

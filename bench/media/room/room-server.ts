/** A LiveKit server for the media bench, on ports of its own, and tokens for its rooms. */
import { readEnvironment } from '#config/environment.ts';
import { ensureLiveKitServer } from '#launch/install/livekit-server.ts';
import { requireFreePorts } from '#launch/ports.ts';
import { Service, untilAnswers } from '#launch/service.ts';
import { projectRoot } from '#launch/system.ts';
import { AccessToken } from 'livekit-server-sdk';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const PORT = 38_880;
const TCP_PORT = 38_881;
const UDP_PORT = 38_882;

export class RoomServer {
  readonly url = `ws://127.0.0.1:${String(PORT)}`;
  readonly #service: Service;
  readonly #keys: { apiKey: string; apiSecret: string };

  private constructor(service: Service, keys: { apiKey: string; apiSecret: string }) {
    this.#service = service;
    this.#keys = keys;
  }

  static async start(say: (line: string) => void): Promise<RoomServer> {
    const dataFolder = resolve(projectRoot, readEnvironment().UNDERSTUDY_DATA);
    await requireFreePorts(
      [
        { port: PORT, variable: 'the bench’s port', protocol: 'tcp' },
        { port: TCP_PORT, variable: 'the bench’s port', protocol: 'tcp' },
        { port: UDP_PORT, variable: 'the bench’s port', protocol: 'udp' },
      ],
      '127.0.0.1',
    );
    const program = await ensureLiveKitServer(dataFolder, say);
    const folder = join(dataFolder, 'bench', 'media');
    await mkdir(folder, { recursive: true });
    const keys = { apiKey: 'bench', apiSecret: randomBytes(32).toString('hex') };
    const config = join(folder, 'livekit.yaml');
    await writeFile(config, configOf(keys), { mode: 0o600 });
    const service = new Service({
      name: 'LiveKit server',
      command: program,
      args: ['--config', config],
      logPath: join(folder, 'livekit.log'),
      ready: (signal) => untilAnswers(`http://127.0.0.1:${String(PORT)}/`, signal),
      readyWithinMs: 15_000,
    });
    await service.start();
    return new RoomServer(service, keys);
  }

  token(room: string, identity: string): Promise<string> {
    const token = new AccessToken(this.#keys.apiKey, this.#keys.apiSecret, { identity });
    token.addGrant({ roomJoin: true, room });
    return token.toJwt();
  }

  stop(): Promise<void> {
    return this.#service.stop();
  }
}

function configOf(keys: { apiKey: string; apiSecret: string }): string {
  return [
    `port: ${String(PORT)}`,
    `bind_addresses: ['127.0.0.1']`,
    'rtc:',
    `  tcp_port: ${String(TCP_PORT)}`,
    `  udp_port: ${String(UDP_PORT)}`,
    '  node_ip: 127.0.0.1',
    '  use_external_ip: false',
    '  enable_loopback_candidate: true',
    'keys:',
    `  ${keys.apiKey}: ${keys.apiSecret}`,
    'room:',
    // As config/livekit.yaml has it.
    '  sync_streams: true',
    'logging:',
    '  level: warn',
    '',
  ].join('\n');
}

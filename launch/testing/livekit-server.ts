/** A real LiveKit server for tests, with the configuration that the launcher makes, on free ports. */
import { readEnvironment } from '#config/environment.ts';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLiveKitServer } from '../install/livekit-server.ts';
import type { Keys } from '../install/keys.ts';
import { liveKitConfig } from '../livekit-config.ts';
import { untilAnswers } from '../service.ts';

export interface TestLiveKit {
  url: string;
  keys: Keys;
  /** Ends it at once, without a word. */
  kill(): Promise<void>;
  /** Asks it to end, as an operator does. */
  stop(): Promise<void>;
  /** Starts it again on its ports, empty. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Absent with the reason where LiveKit cannot be had on this machine. */
export async function liveKitForTests(): Promise<{ program?: string; reason?: string }> {
  try {
    const folder = process.env['UNDERSTUDY_DATA'] ?? '.understudy';
    return { program: await ensureLiveKitServer(folder, () => undefined) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

export async function startLiveKit(
  program: string,
  { name, webhookUrls = [] }: { name: string; webhookUrls?: readonly string[] },
): Promise<TestLiveKit> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-livekit-'));
  const [port, tcpPort] = await freeTcpPorts(2);
  const environment = readEnvironment({
    LIVEKIT_PORT: String(port),
    LIVEKIT_TCP_PORT: String(tcpPort),
    LIVEKIT_UDP_PORT: String(await freeUdpPort()),
    LIVEKIT_WEBHOOK_URLS: webhookUrls.join(','),
    LOG_LEVEL: 'error',
  });
  const keys = { apiKey: `key-${name}`, apiSecret: `${name}-secret`.padEnd(40, '-') };
  const config = join(folder, 'livekit.yaml');
  await writeFile(config, await liveKitConfig(environment, keys), { mode: 0o600 });
  let end = (_signal: NodeJS.Signals): Promise<void> => Promise.resolve();
  const start = async (): Promise<void> => {
    const child = spawn(program, ['--config', config], { stdio: 'ignore' });
    const endWithUs = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', endWithUs);
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => {
        process.off('exit', endWithUs);
        resolve();
      });
    });
    end = (signal) => {
      child.kill(signal);
      return ended;
    };
    await untilAnswers(`http://127.0.0.1:${String(port)}/`, AbortSignal.timeout(15_000));
  };
  await start();
  return {
    url: `ws://127.0.0.1:${String(port)}`,
    keys,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    close: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freeTcpPorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => {
        resolve(port);
      });
    });
  });
}

/** An avatar worker as a process of its own, for tests in real rooms. */
import {
  serviceToken,
  type AvatarRequest,
  type AvatarSummary,
  type ServiceKeys,
} from '#agents/dispatch/avatar-service.ts';
import { PUBLISH_ON_BEHALF } from '#agents/room/avatar-room.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AccessToken } from 'livekit-server-sdk';
import type { ListedAvatar, WorkerHealth } from '../http-api.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface WorkerProcessOptions {
  keys: ServiceKeys;
  capacity: number;
  signalingUrl?: string;
}

export class WorkerProcess {
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #keys: ServiceKeys;

  private constructor(child: ChildProcess, address: string, keys: ServiceKeys) {
    this.#child = child;
    this.address = address;
    this.#keys = keys;
  }

  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        LIVEKIT_API_KEY: options.keys.apiKey,
        LIVEKIT_API_SECRET: options.keys.apiSecret,
        AVATAR_WORKER_PORT: '0',
        AVATAR_WORKER_CAPACITY: String(options.capacity),
        LOG_LEVEL: 'error',
        UNDERSTUDY_SIGNALING: options.signalingUrl ?? '',
      },
    });
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('The avatar worker ended at once.'))),
    ])) as [{ address: string }];
    return new WorkerProcess(child, message.address, options.keys);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async request(path: string, init: { method?: string; body?: unknown } = {}): Promise<Response> {
    return fetch(`${this.address}${path}`, {
      method: init.method ?? 'GET',
      headers: {
        authorization: `Bearer ${await serviceToken(this.#keys, 'test')}`,
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  }

  async enter(request: AvatarRequest): Promise<AvatarSummary> {
    const answer = await this.request('/v1/avatars', { method: 'POST', body: request });
    if (answer.status !== 201) {
      throw new Error(`No avatar: ${await answer.text()}`);
    }
    return (await answer.json()) as AvatarSummary;
  }

  async list(): Promise<ListedAvatar[]> {
    const answer = await this.request('/v1/avatars');
    return ((await answer.json()) as { avatars: ListedAvatar[] }).avatars;
  }

  async health(): Promise<WorkerHealth> {
    return (await (await this.request('/health')).json()) as WorkerHealth;
  }

  /** Asks it to end when its avatars have. */
  drain(): void {
    this.#child.kill('SIGTERM');
  }

  async untilEnded(): Promise<void> {
    if (!this.ended) {
      await once(this.#child, 'exit');
    }
  }

  /** Asked twice, it ends at once. */
  async close(): Promise<void> {
    this.#child.kill('SIGTERM');
    this.#child.kill('SIGINT');
    await this.untilEnded();
  }
}

/** A room token for an avatar, an agent or a viewer. `onBehalf`: whose avatar it is. */
export async function roomToken(
  keys: ServiceKeys,
  options: { room: string; identity: string; agent?: boolean; onBehalf?: string },
): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, {
    identity: options.identity,
    ttl: 600,
    ...(options.onBehalf === undefined
      ? {}
      : { attributes: { [PUBLISH_ON_BEHALF]: options.onBehalf } }),
  });
  if (options.agent === true) {
    token.kind = 'agent';
  }
  token.addGrant({ roomJoin: true, room: options.room });
  return token.toJwt();
}

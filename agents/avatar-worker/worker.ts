/** An avatar worker: faces loaded once, avatars in rooms, an HTTP API, heartbeats to signaling, an orderly end. */
import { faceFor } from '#agents/call/face-for.ts';
import type { AvatarRequest, ServiceKeys } from '#agents/dispatch/avatar-service.ts';
import type { Runtimes } from '#agents/engines/runtimes.ts';
import type { Environment } from '#config/environment.ts';
import type { Clock } from '#media/clock.ts';
import { MediaError } from '#media/errors.ts';
import { listFaces, loadFace } from '#media/face/load-face.ts';
import type { FaceRenderer } from '#media/ports.ts';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { Avatars } from './avatars.ts';
import { Heartbeat } from './heartbeat.ts';
import { buildHttpApi } from './http-api.ts';
import { MachineLoad } from './machine-load.ts';
import { PerformingAvatar } from './performing-avatar.ts';
import { WorkerProblem } from './problems.ts';

export interface AvatarWorkerOptions {
  environment: Environment;
  keys: ServiceKeys;
  runtimes: Runtimes | undefined;
  clock: Clock;
  log: Logger;
  capacity: number;
  /** Where it listens; port 0 takes any. */
  host: string;
  port: number;
  /** Its address as signaling reaches it; host and port when absent. */
  address?: string;
  /** Signaling's address; without it nobody is told. */
  signalingUrl?: string;
}

/** The processors are read this often at most, so that a figure covers a stretch that means something. */
const CPU_EVERY_MS = 1_000;

export class AvatarWorker {
  readonly #options: AvatarWorkerOptions;
  readonly #avatars: Avatars<PerformingAvatar>;
  readonly #api: FastifyInstance;
  readonly #drawn: ReadonlyMap<string, FaceRenderer>;
  readonly #load = new MachineLoad();
  #cpu = 0;
  #cpuAtMs = Number.NEGATIVE_INFINITY;
  #heartbeat: Heartbeat | undefined;
  #address = '';

  private constructor(options: AvatarWorkerOptions, drawn: ReadonlyMap<string, FaceRenderer>) {
    this.#options = options;
    this.#drawn = drawn;
    this.#avatars = new Avatars({
      capacity: options.capacity,
      enter: (request, id, onOver) => this.#enter(request, id, onOver),
      onChange: (what, id, reason) => {
        options.log.info({ id, reason }, `an avatar has ${what}`);
      },
    });
    this.#api = buildHttpApi({
      avatars: this.#avatars,
      keys: options.keys,
      cpu: () => this.#readCpu(),
      onFault: (err, requestId) => {
        options.log.error({ err, requestId }, 'request failed');
      },
    });
  }

  static async start(options: AvatarWorkerOptions): Promise<AvatarWorker> {
    const faces = await Promise.all((await listFaces()).map(({ id }) => loadFace(id)));
    const worker = new AvatarWorker(options, new Map(faces.map((face) => [face.id, face])));
    await worker.#api.listen({ host: options.host, port: options.port });
    const { port } = worker.#api.server.address() as AddressInfo;
    worker.#address = options.address ?? `http://${options.host}:${String(port)}`;
    if (options.signalingUrl !== undefined) {
      worker.#heartbeat = new Heartbeat({
        signalingUrl: options.signalingUrl,
        keys: options.keys,
        clock: options.clock,
        state: () => ({
          address: worker.address,
          capacity: worker.#avatars.capacity,
          active: worker.#avatars.active,
          cpu: worker.#readCpu(),
          draining: worker.#avatars.draining,
        }),
        onReach: (reached, reason) => {
          options.log[reached ? 'info' : 'warn'](
            { reason },
            reached ? 'signaling knows of this worker' : 'signaling does not take heartbeats',
          );
        },
      });
      worker.#heartbeat.start();
    }
    return worker;
  }

  get address(): string {
    return this.#address;
  }

  /** Takes no new avatars; resolves when the running ones have ended. */
  async drain(): Promise<void> {
    const drained = this.#avatars.drain();
    await this.#heartbeat?.tell();
    await drained;
  }

  /** Ends everything that still runs. */
  async close(): Promise<void> {
    this.#heartbeat?.stop();
    await this.#avatars.close();
    await this.#api.close();
    for (const face of this.#drawn.values()) {
      face.close();
    }
  }

  async #enter(
    request: AvatarRequest,
    id: string,
    onOver: (reason: string) => void,
  ): Promise<PerformingAvatar> {
    const { clock, environment, log, runtimes } = this.#options;
    const face = await faceFor({
      name: request.avatar,
      drawn: this.#drawn,
      environment,
      runtimes,
      session: id,
      onUndecoded: (err) => {
        log.warn({ err, id }, 'no runtime decodes this face');
      },
    }).catch((cause: unknown) => {
      if (cause instanceof MediaError && cause.code === 'FACE_UNKNOWN') {
        throw new WorkerProblem('AVATAR_UNKNOWN', `It is called ${request.avatar}.`, { cause });
      }
      throw cause;
    });
    const { agentIdentity, avatar, livekitUrl: url, token } = request;
    const closeFace = (): void => {
      if (this.#drawn.get(avatar) !== face) {
        face.close();
      }
    };
    try {
      const performing = await PerformingAvatar.enter({
        id,
        avatar,
        url,
        token,
        ...(agentIdentity === undefined ? {} : { agentIdentity }),
        face,
        seed: Number.parseInt(id.slice(0, 7), 16),
        clock,
        onProblem: (problem) => {
          log.warn(
            { id, code: problem.code, detail: problem.message },
            'the agent was not understood',
          );
        },
        onOver,
        onClosed: closeFace,
      });
      return performing;
    } catch (cause) {
      closeFace();
      throw new WorkerProblem(
        'ROOM_REFUSED',
        'LiveKit does not let the avatar in with this token.',
        {
          cause,
        },
      );
    }
  }

  #readCpu(): number {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#cpuAtMs >= CPU_EVERY_MS) {
      this.#cpuAtMs = nowMs;
      this.#cpu = this.#load.read();
    }
    return this.#cpu;
  }
}

/** Mouths of a neural avatar from a runtime: `media/face/neural` asks through this. */
import type { Clock } from '#media/clock.ts';
import type { MouthDecoder } from '#media/face/neural/neural-renderer.ts';
import { RuntimeError } from '../errors.ts';
import { faceTensors } from '../face/face-rows.ts';
import type { InferenceService } from '../ports.ts';

export interface RuntimeMouthsOptions {
  service: Pick<InferenceService, 'infer'>;
  avatar: string;
  /** The room, for fair shares. */
  session: string;
  clock: Clock;
  modelName?: string;
}

/** An avatar's bank is loaded in well under this. */
const MAX_LOAD_MS = 20_000;
const FIRST_TIMEOUT_MS = 5_000;

export class RuntimeMouths implements MouthDecoder {
  readonly #options: RuntimeMouthsOptions;

  constructor(options: RuntimeMouthsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the runtime has the avatar in memory: the first picture of speech must not wait for that. Rejects with
   * REQUEST_INVALID where it has no such avatar, OUT_OF_MEMORY, or MODEL_NOT_READY when it takes too long.
   */
  async prepare(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + MAX_LOAD_MS;
    for (;;) {
      try {
        await this.decode(0, new Float32Array(32), { timeoutMs: FIRST_TIMEOUT_MS, signal });
        return;
      } catch (error) {
        const waits = error instanceof RuntimeError && error.code === 'MODEL_NOT_READY';
        const pauseMs = waits ? (error.retryAfterMs ?? 250) : 0;
        if (!waits || signal.aborted || clock.nowMs() + pauseMs > untilMs) {
          throw error;
        }
        await new Promise<void>((resolve) => {
          clock.after(pauseMs, resolve);
        });
      }
    }
  }

  async decode(
    frame: number,
    params: Float32Array,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const { service, avatar, session, modelName = 'face' } = this.#options;
    const request = {
      modelName,
      modelVersion: '',
      id: '',
      inputs: faceTensors({ avatars: [avatar], frames: Int32Array.of(frame), params }),
      outputs: ['I420'],
      scheduling: { priority: 0 as const, timeoutMs, session, batchKey: avatar },
    };
    const { outputs } = await service.infer(request, { signal });
    const patch = outputs.find(({ name }) => name === 'I420');
    if (patch?.datatype !== 'UINT8') {
      throw new RuntimeError('MODEL_FAILED', { detail: 'The runtime gave no picture.' });
    }
    return patch.data;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

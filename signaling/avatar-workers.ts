/** Avatar workers tell of themselves every two seconds; avatars for agents are placed on the one with the most room. */
import {
  avatarSummarySchema,
  serviceToken,
  type AvatarPlacement,
  type AvatarRequest,
  type AvatarWorkerState,
  type ServiceKeys,
} from '#agents/dispatch/avatar-service.ts';
import { z } from 'zod';
import { ProblemError, type ProblemCode } from './problems.ts';

/** Three heartbeats: a worker that missed them is not asked. */
const EXPIRES_AFTER_MS = 6_000;
/** Joining a room takes a second or two; a neural face has to be opened first. */
const ANSWER_WITHIN_MS = 15_000;
/** Heartbeats bring news within this. */
const RETRY_AFTER_S = 5;
/** More workers than any fleet has: a faulty one cannot fill the memory with new addresses. */
const MOST_WORKERS = 1_000;

/** What a worker may answer that is about the request: another worker would say the same. */
const PASSED_ON: Readonly<Record<string, ProblemCode>> = {
  BODY_INVALID: 'BODY_INVALID',
  AVATAR_UNKNOWN: 'AVATAR_UNKNOWN',
  ROOM_REFUSED: 'ROOM_REFUSED',
};

const problemSchema = z.object({ code: z.string(), detail: z.string() });

export interface AvatarWorkersOptions {
  keys: ServiceKeys;
  now?: () => Date;
  send?: typeof fetch;
}

interface KnownWorker {
  state: AvatarWorkerState;
  heardAtMs: number;
  /** Avatars placed there since its last heartbeat, which does not count them yet. */
  placed: number;
}

export class AvatarWorkers {
  readonly #options: AvatarWorkersOptions;
  readonly #known = new Map<string, KnownWorker>();

  constructor(options: AvatarWorkersOptions) {
    this.#options = options;
  }

  /** A heartbeat. */
  hear(state: AvatarWorkerState): void {
    this.#forget();
    if (this.#known.size < MOST_WORKERS || this.#known.has(state.address)) {
      this.#known.set(state.address, { state, heardAtMs: this.#nowMs(), placed: 0 });
    }
  }

  /** The workers that live, the one with the most room first, those that take nobody last. */
  list(): AvatarWorkerState[] {
    this.#forget();
    return [...this.#known.values()]
      .sort((a, b) => loadOf(a) - loadOf(b) || a.state.cpu - b.state.cpu)
      .map(({ state, placed }) => ({ ...state, active: state.active + placed }));
  }

  /**
   * Has an avatar enter its room. A worker that is lost or has filled up meanwhile is passed over.
   * Throws ProblemError AVATARS_FULL, or what the worker finds wrong with the request.
   */
  async place(request: AvatarRequest): Promise<AvatarPlacement> {
    for (const { address } of this.list()) {
      const worker = this.#known.get(address);
      if (worker === undefined || loadOf(worker) >= 1) {
        continue;
      }
      worker.placed += 1;
      try {
        const placement = await this.#ask(address, request);
        if (placement !== undefined) {
          return placement;
        }
      } catch (error) {
        worker.placed -= 1;
        throw error;
      }
      worker.placed -= 1;
    }
    throw new ProblemError('AVATARS_FULL', 'No avatar worker has room. Try again soon.', {
      retryAfterS: RETRY_AFTER_S,
    });
  }

  /** Undefined: this worker cannot, another one may. */
  async #ask(address: string, request: AvatarRequest): Promise<AvatarPlacement | undefined> {
    const { keys, send = fetch } = this.#options;
    let answer: Response;
    let body: unknown;
    try {
      answer = await send(`${address}/v1/avatars`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await serviceToken(keys, 'signaling')}`,
        },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      body = await answer.json();
    } catch {
      return undefined;
    }
    if (answer.ok) {
      const summary = avatarSummarySchema.safeParse(body);
      return summary.success ? { ...summary.data, worker: address } : undefined;
    }
    const problem = problemSchema.safeParse(body);
    const code = problem.success ? PASSED_ON[problem.data.code] : undefined;
    if (code !== undefined) {
      throw new ProblemError(code, problem.data!.detail);
    }
    return undefined;
  }

  #forget(): void {
    const oldestMs = this.#nowMs() - EXPIRES_AFTER_MS;
    for (const [address, { heardAtMs }] of this.#known) {
      if (heardAtMs < oldestMs) {
        this.#known.delete(address);
      }
    }
  }

  #nowMs(): number {
    return (this.#options.now?.() ?? new Date()).getTime();
  }
}

/** 0 idle .. 1 full; one that drains is full. */
function loadOf({ state, placed }: KnownWorker): number {
  return state.draining ? Number.POSITIVE_INFINITY : (state.active + placed) / state.capacity;
}

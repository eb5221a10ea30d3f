/**
 * Several runtimes as one: a session is placed on one of them, stays there, and moves when that one drains or is lost.
 * A request that met a lost runtime is sent once more elsewhere, which is safe because inference changes nothing.
 */
import type { Clock } from '#media/clock.ts';
import { asRuntimeError, RuntimeError } from '../../errors.ts';
import type { InferenceService, InferRequest, InferResponse } from '../../ports.ts';
import { placeSession, type RuntimeState, type Wish } from './placement.ts';

export interface RuntimePoolOptions {
  clock: Clock;
  /** Addresses now; asked again every `discoverEveryMs`. */
  discover: () => Promise<readonly string[]>;
  connect: (address: string) => InferenceService;
  /** Called when a session got another runtime. */
  onMoved?: (session: string, from: string, to: string) => void;
  checkEveryMs?: number;
}

interface Member {
  state: RuntimeState;
  service: InferenceService;
  inFlight: number;
}

/** A lost runtime is noticed by its requests at once; this finds drained and returned ones. */
const CHECK_EVERY_MS = 500;
const WISH: Wish = { priority: 0, neededBytes: 0 };

export class RuntimePool {
  readonly #options: RuntimePoolOptions;
  readonly #members = new Map<string, Member>();
  readonly #placed = new Map<string, string>();
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: RuntimePoolOptions) {
    this.#options = options;
  }

  /** Finds the runtimes and looks at each once. */
  async open(): Promise<void> {
    await this.#check();
    this.#schedule();
  }

  get runtimes(): readonly RuntimeState[] {
    return [...this.#members.values()].map(({ state, inFlight }) => ({ ...state, load: inFlight }));
  }

  /** Where a session is; undefined before its first request. */
  runtimeOf(session: string): string | undefined {
    return this.#placed.get(session);
  }

  /** Throws RUNTIME_LOST when no runtime can be had, and whatever the runtime answers. */
  async infer(
    request: InferRequest,
    options: { signal?: AbortSignal; neededBytes?: number } = {},
  ): Promise<InferResponse> {
    const { session, priority } = request.scheduling;
    const wish: Wish = { priority, neededBytes: options.neededBytes ?? WISH.neededBytes };
    const first = this.#place(session, wish);
    try {
      return await this.#send(first, request, options.signal);
    } catch (error) {
      if (asRuntimeError(error).code !== 'RUNTIME_LOST' || options.signal?.aborted === true) {
        throw error;
      }
    }
    first.state.state = 'lost';
    return this.#send(this.#place(session, wish), request, options.signal);
  }

  /** The session has ended. */
  release(session: string): void {
    this.#placed.delete(session);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await Promise.allSettled([...this.#members.values()].map(({ service }) => service.close()));
    this.#members.clear();
  }

  async #send(
    member: Member,
    request: InferRequest,
    signal: AbortSignal | undefined,
  ): Promise<InferResponse> {
    member.inFlight += 1;
    try {
      return await member.service.infer(request, signal === undefined ? {} : { signal });
    } finally {
      member.inFlight -= 1;
    }
  }

  #place(session: string, wish: Wish): Member {
    const before = this.#placed.get(session);
    const held = before === undefined ? undefined : this.#members.get(before);
    if (held?.state.state === 'ready') {
      return held;
    }
    const chosen = placeSession(this.runtimes, (address) => this.#sessionsOn(address), wish);
    const member = chosen && this.#members.get(chosen.address);
    if (member === undefined) {
      // One that drains still serves; better than none.
      if (held?.state.state === 'draining') {
        return held;
      }
      throw new RuntimeError('RUNTIME_LOST', {
        detail: 'No runtime is ready.',
        retryAfterMs: this.#options.checkEveryMs ?? CHECK_EVERY_MS,
      });
    }
    this.#placed.set(session, member.state.address);
    if (before !== undefined && before !== member.state.address) {
      this.#options.onMoved?.(session, before, member.state.address);
    }
    return member;
  }

  #sessionsOn(address: string): number {
    return [...this.#placed.values()].filter((at) => at === address).length;
  }

  async #check(): Promise<void> {
    const { connect, discover } = this.#options;
    let addresses: readonly string[];
    try {
      addresses = await discover();
    } catch {
      // Discovery that fails for a while leaves what is known.
      addresses = [...this.#members.keys()];
    }
    for (const address of addresses) {
      if (!this.#members.has(address)) {
        const state: RuntimeState = { address, state: 'lost', load: 0, freeBytes: undefined };
        this.#members.set(address, { state, service: connect(address), inFlight: 0 });
      }
    }
    for (const [address, { service, inFlight }] of this.#members) {
      if (!addresses.includes(address) && inFlight === 0) {
        this.#members.delete(address);
        await service.close().catch(() => undefined);
      }
    }
    await Promise.all([...this.#members.values()].map((member) => lookAt(member)));
  }

  #schedule(): void {
    if (this.#closed) {
      return;
    }
    const { checkEveryMs = CHECK_EVERY_MS, clock } = this.#options;
    this.#cancelTimer = clock.after(checkEveryMs, () => {
      void this.#check().then(() => {
        this.#schedule();
      });
    });
  }
}

async function lookAt(member: Member): Promise<void> {
  try {
    const [live, ready] = await Promise.all([member.service.live(), member.service.ready()]);
    member.state.state = ready ? 'ready' : live ? 'draining' : 'lost';
  } catch {
    member.state.state = 'lost';
  }
}

/**
 * Several runtimes as one: a session is placed on one of them, stays there, and moves when that one drains, is lost or
 * has no room. A request that met such a runtime is sent once more elsewhere, which is safe because inference changes
 * nothing.
 */
import type { Clock } from '#media/clock.ts';
import { asRuntimeError, RuntimeError } from '../../errors.ts';
import type { InferenceService, InferRequest, InferResponse } from '../../ports.ts';
import type { Discover } from './discovery/discovery.ts';
import { placeSession, type RuntimeState, type Wish } from './placement.ts';

export interface RuntimePoolOptions {
  clock: Clock;
  /** Addresses now; asked again every `checkEveryMs`. */
  discover: Discover;
  connect: (address: string) => InferenceService;
  /** Called when a session got another runtime. */
  onMoved?: (session: string, from: string, to: string) => void;
  checkEveryMs?: number;
}

interface Member {
  state: RuntimeState;
  service: InferenceService;
  inFlight: number;
  /** Discovery still names it. */
  listed: boolean;
  /** It is being asked how it is. */
  looking: Promise<void> | undefined;
}

/** A lost runtime is noticed by its requests at once; this finds drained and returned ones. */
const CHECK_EVERY_MS = 500;
/** One that lets a request's deadline pass and does not answer a question in this time is as good as lost. */
const SUSPECT_MS = 150;

export class RuntimePool {
  readonly #options: RuntimePoolOptions;
  readonly #members = new Map<string, Member>();
  readonly #placed = new Map<string, string>();
  #finding: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: RuntimePoolOptions) {
    this.#options = options;
  }

  /** Finds the runtimes and looks at each once. */
  async open(): Promise<void> {
    await this.#find();
    await Promise.all([...this.#members.values()].map((member) => this.#look(member)));
    this.#schedule();
  }

  /** As last seen; `load` is what a runtime told or what it has from here, whichever is more. */
  get runtimes(): readonly RuntimeState[] {
    return [...this.#members.values()].map(({ state, inFlight }) => ({
      ...state,
      load: Math.max(state.load, inFlight),
    }));
  }

  /** Where a session is; undefined before its first request. */
  runtimeOf(session: string): string | undefined {
    return this.#placed.get(session);
  }

  /**
   * Throws RUNTIME_LOST when no runtime can be had, CLOSED when the pool is closed, and whatever the runtime answers.
   * `neededBytes`: what the session's face or model takes where it is not loaded yet.
   */
  async infer(
    request: InferRequest,
    options: { signal?: AbortSignal; neededBytes?: number } = {},
  ): Promise<InferResponse> {
    if (this.#closed) {
      throw new RuntimeError('CLOSED');
    }
    const { session, priority } = request.scheduling;
    const wish: Wish = { priority, neededBytes: options.neededBytes ?? 0 };
    const first = this.#place(session, wish);
    try {
      return await this.#send(first, request, options.signal);
    } catch (error) {
      const { code } = asRuntimeError(error);
      if (this.#closed || options.signal?.aborted === true) {
        throw error;
      }
      switch (code) {
        case 'RUNTIME_LOST':
          first.state.state = 'lost';
          break;
        case 'CLOSED':
          first.state.state = 'draining';
          break;
        case 'OUT_OF_MEMORY':
          if (!this.#leaveFor(session, first, wish)) {
            throw error;
          }
          break;
        case 'DEADLINE_EXCEEDED':
          this.#suspect(first);
          throw error;
        default:
          throw error;
      }
    }
    return this.#send(this.#place(session, wish), request, options.signal);
  }

  /** Whether one of the runtimes that are ready has the model. Never rejects. */
  async modelReady(name: string): Promise<boolean> {
    const ready = [...this.#members.values()].filter(({ state }) => state.state === 'ready');
    const answers = await Promise.all(
      ready.map(({ service }) => service.modelReady(name).catch(() => false)),
    );
    return answers.includes(true);
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
    this.#placed.clear();
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
    const member = this.#best(this.runtimes, wish);
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
    this.#move(session, member);
    return member;
  }

  /** A runtime without room for the session: places it on another that has some. False where there is none. */
  #leaveFor(session: string, full: Member, wish: Wish): boolean {
    full.state.freeBytes = 0;
    const others = this.runtimes.filter(({ address }) => address !== full.state.address);
    const member = this.#best(others, wish);
    if (member !== undefined) {
      this.#move(session, member);
    }
    return member !== undefined;
  }

  #best(runtimes: readonly RuntimeState[], wish: Wish): Member | undefined {
    const chosen = placeSession(runtimes, (address) => this.#sessionsOn(address), wish);
    return chosen && this.#members.get(chosen.address);
  }

  #move(session: string, to: Member): void {
    const before = this.#placed.get(session);
    const { address } = to.state;
    this.#placed.set(session, address);
    if (before !== undefined && before !== address) {
      this.#options.onMoved?.(session, before, address);
    }
  }

  #sessionsOn(address: string): number {
    return [...this.#placed.values()].filter((at) => at === address).length;
  }

  /** Too late an answer may be load, or a machine that is gone without a word: the next question tells. */
  #suspect(member: Member): void {
    if (member.state.state !== 'ready') {
      return;
    }
    const lost = (): void => {
      member.state.state = 'lost';
    };
    const cancelTimer = this.#options.clock.after(SUSPECT_MS, lost);
    void member.service
      .live()
      .catch(() => false)
      .then((live) => {
        cancelTimer();
        if (!live) {
          lost();
        }
      });
  }

  /** Never rejects, and asks no second time while the first is unanswered. */
  #find(): Promise<void> {
    this.#finding ??= this.#discover().finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  async #discover(): Promise<void> {
    const { connect, discover } = this.#options;
    let addresses: readonly string[];
    try {
      addresses = await discover();
    } catch {
      // Discovery that fails for a while leaves what is known.
      return;
    }
    if (this.#closed) {
      return;
    }
    for (const address of addresses) {
      if (!this.#members.has(address)) {
        const state: RuntimeState = { address, state: 'lost', load: 0, freeBytes: undefined };
        const service = connect(address);
        const rest = { inFlight: 0, listed: true, looking: undefined };
        this.#members.set(address, { state, service, ...rest });
      }
    }
    for (const [address, member] of this.#members) {
      member.listed = addresses.includes(address);
      if (!member.listed) {
        member.state.state = 'draining';
        if (member.inFlight === 0) {
          this.#members.delete(address);
          void member.service.close().catch(() => undefined);
        }
      }
    }
  }

  /** Never rejects. One that is slow to answer is not asked twice at a time. */
  #look(member: Member): Promise<void> {
    member.looking ??= lookAt(member).finally(() => {
      member.looking = undefined;
    });
    return member.looking;
  }

  #schedule(): void {
    if (this.#closed) {
      return;
    }
    const { checkEveryMs = CHECK_EVERY_MS, clock } = this.#options;
    this.#cancelTimer = clock.after(checkEveryMs, () => {
      // Slow answers, discovery's too, are not waited for: the others matter.
      void this.#find().then(() => {
        this.#members.forEach((member) => void this.#look(member));
      });
      this.#members.forEach((member) => void this.#look(member));
      this.#schedule();
    });
  }
}

async function lookAt(member: Member): Promise<void> {
  const { service, state } = member;
  try {
    const health = await service.health?.();
    if (health !== undefined) {
      state.load = health.load;
      state.freeBytes = health.availableBytes;
    }
    const [live, ready] =
      health === undefined
        ? await Promise.all([service.live(), service.ready()])
        : [health.live, health.ready];
    state.state = ready && member.listed ? 'ready' : live ? 'draining' : 'lost';
  } catch {
    state.state = 'lost';
  }
}

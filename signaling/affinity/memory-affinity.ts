/** Session affinity of one signaling process. */
import {
  FENCE_TTL_S,
  FORGOTTEN_FENCE,
  SESSION_TTL_S,
  type Ownership,
  type Placement,
  type SessionAffinity,
} from './session-affinity.ts';

interface Entry {
  /** The highest number that was given or seen. */
  fence: number;
  owner: Ownership | undefined;
  text: string | undefined;
  ownerUntilMs: number;
  fenceUntilMs: number;
}

/** Entries that have run out are dropped when so many have come. */
const SWEEP_EVERY = 256;

export class MemoryAffinity implements SessionAffinity {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  #untilSweep = SWEEP_EVERY;

  /** `nowMs` counts from the epoch. */
  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  claim(sessionId: string, after: number, placement: Placement): Promise<Ownership | undefined> {
    const entry = this.#entry(sessionId);
    if ((entry?.fence ?? 0) > after) {
      return Promise.resolve(undefined);
    }
    return Promise.resolve(this.#put(sessionId, after + 1, placement, entry?.text));
  }

  renew(sessionId: string, fence: number, placement: Placement): Promise<boolean> {
    const entry = this.#entry(sessionId);
    const mayHave = entry === undefined ? fence > 0 : this.#holds(entry, fence);
    if (mayHave) {
      this.#put(sessionId, fence, placement, entry?.text);
    }
    return Promise.resolve(mayHave);
  }

  read(sessionId: string): Promise<Ownership | undefined> {
    return Promise.resolve(this.#entry(sessionId)?.owner);
  }

  release(sessionId: string, fence: number): Promise<boolean> {
    const entry = this.#entry(sessionId);
    if (entry?.owner?.fence !== fence) {
      return Promise.resolve(false);
    }
    entry.owner = undefined;
    entry.text = undefined;
    return Promise.resolve(true);
  }

  forget(sessionId: string): Promise<number> {
    const entry = this.#entry(sessionId);
    const nowMs = this.#nowMs();
    this.#entries.set(sessionId, {
      ...{ fence: FORGOTTEN_FENCE, owner: undefined, text: undefined },
      ownerUntilMs: nowMs,
      fenceUntilMs: nowMs + FENCE_TTL_S * 1_000,
    });
    return Promise.resolve(Number(entry?.owner !== undefined) + Number(entry?.text !== undefined));
  }

  list(): Promise<Ownership[]> {
    const all = [...this.#entries.keys()].map((id) => this.#entry(id)?.owner);
    return Promise.resolve(all.filter((owner) => owner !== undefined));
  }

  keep(sessionId: string, fence: number, text: string): Promise<boolean> {
    const entry = this.#entry(sessionId);
    if (entry === undefined) {
      const nowMs = this.#nowMs();
      this.#entries.set(sessionId, {
        ...{ fence: 0, owner: undefined, text },
        ownerUntilMs: nowMs + SESSION_TTL_S * 1_000,
        fenceUntilMs: nowMs + SESSION_TTL_S * 1_000,
      });
      return Promise.resolve(true);
    }
    if (entry.fence !== 0 && entry.owner?.fence !== fence) {
      return Promise.resolve(false);
    }
    entry.text = text;
    return Promise.resolve(true);
  }

  kept(sessionId: string): Promise<string | undefined> {
    return Promise.resolve(this.#entry(sessionId)?.text);
  }

  close(): Promise<void> {
    this.#entries.clear();
    return Promise.resolve();
  }

  /** The holder of the last number, and a higher one that was never seen here: an emptied store believes it. */
  #holds({ fence: last }: Entry, fence: number): boolean {
    return fence >= last;
  }

  #entry(sessionId: string): Entry | undefined {
    const entry = this.#entries.get(sessionId);
    const nowMs = this.#nowMs();
    if (entry === undefined || nowMs >= entry.fenceUntilMs) {
      this.#entries.delete(sessionId);
      return undefined;
    }
    if (nowMs >= entry.ownerUntilMs) {
      entry.owner = undefined;
      entry.text = undefined;
    }
    return entry;
  }

  #put(
    sessionId: string,
    fence: number,
    placement: Placement,
    text: string | undefined,
  ): Ownership {
    const nowMs = this.#nowMs();
    const owner: Ownership = { ...placement, sessionId, fence, seenAtMs: nowMs };
    this.#entries.set(sessionId, {
      fence,
      owner,
      text,
      ownerUntilMs: nowMs + SESSION_TTL_S * 1_000,
      fenceUntilMs: nowMs + FENCE_TTL_S * 1_000,
    });
    this.#untilSweep -= 1;
    if (this.#untilSweep === 0) {
      this.#untilSweep = SWEEP_EVERY;
      for (const id of [...this.#entries.keys()]) {
        this.#entry(id);
      }
    }
    return owner;
  }
}

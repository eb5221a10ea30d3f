/**
 * What lies in a device's memory and what may go: pure. Models stay; faces come and go. Nothing that is in use is ever
 * evicted, and of what is idle the least recently used goes first.
 */

export interface Holding {
  name: string;
  /** As declared until it has been measured. */
  bytes: number;
  measured: boolean;
  /** Never evicted. */
  pinned: boolean;
  /** Uses under way. */
  users: number;
  usedAtMs: number;
}

export type Plan =
  /** Room for it, once these have gone. */
  | { ok: true; evict: readonly string[] }
  /** No room, even with all idle holdings gone; `inUseBytes` may be free later. */
  | { ok: false; freeBytes: number; evictableBytes: number; inUseBytes: number };

export class MemoryLedger {
  readonly capacityBytes: number;
  readonly #holdings = new Map<string, Holding>();

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get holdings(): readonly Readonly<Holding>[] {
    return [...this.#holdings.values()];
  }

  get usedBytes(): number {
    return sumOf(this.holdings);
  }

  /** Negative where what was measured is more than there is. */
  get freeBytes(): number {
    return this.capacityBytes - this.usedBytes;
  }

  has(name: string): boolean {
    return this.#holdings.has(name);
  }

  /** Which idle holdings have to go so that `neededBytes` more fit. Changes nothing. */
  plan(neededBytes: number): Plan {
    const idle = this.idle();
    const evict: string[] = [];
    let freeBytes = this.freeBytes;
    for (const { name, bytes } of idle) {
      if (freeBytes >= neededBytes) {
        break;
      }
      evict.push(name);
      freeBytes += bytes;
    }
    if (freeBytes >= neededBytes) {
      return { ok: true, evict };
    }
    return {
      ok: false,
      freeBytes: this.freeBytes,
      evictableBytes: sumOf(idle),
      inUseBytes: sumOf(this.holdings.filter(({ pinned, users }) => !pinned && users > 0)),
    };
  }

  /** Idle holdings that may go, least recently used first. */
  idle(): readonly Readonly<Holding>[] {
    return this.holdings
      .filter(({ pinned, users }) => !pinned && users === 0)
      .toSorted((a, b) => a.usedAtMs - b.usedAtMs);
  }

  /** Takes the declared bytes at once, before anything is loaded. */
  hold(name: string, declaredBytes: number, pinned: boolean, nowMs: number): void {
    const holding = { name, bytes: declaredBytes, measured: false, pinned, users: 0 };
    this.#holdings.set(name, { ...holding, usedAtMs: nowMs });
  }

  measure(name: string, bytes: number): void {
    const holding = this.#holdings.get(name);
    if (holding !== undefined) {
      holding.bytes = bytes;
      holding.measured = true;
    }
  }

  enter(name: string, nowMs: number): void {
    this.#count(name, 1, nowMs);
  }

  leave(name: string, nowMs: number): void {
    this.#count(name, -1, nowMs);
  }

  drop(name: string): void {
    this.#holdings.delete(name);
  }

  #count(name: string, change: number, nowMs: number): void {
    const holding = this.#holdings.get(name);
    if (holding !== undefined) {
      holding.users += change;
      holding.usedAtMs = nowMs;
    }
  }
}

function sumOf(holdings: readonly Readonly<Holding>[]): number {
  return holdings.reduce((sum, { bytes }) => sum + bytes, 0);
}

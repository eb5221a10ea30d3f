/** The regions of an installation that has several: where a new session goes, and which of them are well. */
import { ProblemError } from '../problems.ts';
import type { Rooms } from '../rooms.ts';
import { place, type Candidate, type Latencies, type PlaceReason } from './placement.ts';
import type { Region } from './region-file.ts';
import { FAILED, next, UNKNOWN, type Health } from './region-health.ts';

export interface RegionsOptions {
  regions: readonly Region[];
  /** The LiveKit of each. */
  roomsOf: (region: Region) => Rooms;
  /** Live sessions by region; those of none are left out. */
  live: () => Promise<ReadonlyMap<string, number>>;
  onChange?: (regionId: string, healthy: boolean) => void;
  probeEveryMs?: number;
  probeTimeoutMs?: number;
}

export interface PlacedRegion {
  id: string;
  reason: PlaceReason;
  /** WebSocket address of its LiveKit, as browsers reach it. */
  url: string;
  capacity: number;
}

const PROBE_EVERY_MS = 2_000;
/** A LiveKit that takes longer to say which rooms there are serves nobody well. */
const PROBE_TIMEOUT_MS = 1_500;
const FULL_RETRY_S = 60;

export class Regions {
  readonly #options: RegionsOptions;
  readonly #rooms: ReadonlyMap<string, Rooms>;
  readonly #health = new Map<string, Health>();
  #probing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RegionsOptions) {
    this.#options = options;
    this.#rooms = new Map(options.regions.map((region) => [region.id, options.roomsOf(region)]));
  }

  get all(): readonly Region[] {
    return this.#options.regions;
  }

  rooms(regionId: string): Rooms | undefined {
    return this.#rooms.get(regionId);
  }

  isHealthy(regionId: string): boolean {
    return (this.#health.get(regionId) ?? UNKNOWN).healthy;
  }

  /**
   * Where a new session goes. `full` names regions that have turned out to be so. Throws ProblemError SESSIONS_FULL or
   * LIVEKIT_UNREACHABLE.
   */
  async place(
    latenciesMs: Latencies,
    full: ReadonlySet<string> = new Set(),
  ): Promise<PlacedRegion> {
    const live = await this.#options.live();
    const placed = place(
      this.all.map(({ id, capacity, location }): Candidate => ({
        ...{ id, capacity, location, healthy: this.isHealthy(id) },
        live: full.has(id) ? capacity : (live.get(id) ?? 0),
      })),
      latenciesMs,
    );
    switch (placed.kind) {
      case 'unhealthy':
        throw new ProblemError('LIVEKIT_UNREACHABLE', 'No region answers.', { retryAfterS: 5 });
      case 'full':
        throw new ProblemError('SESSIONS_FULL', 'Every region that answers is full.', {
          retryAfterS: FULL_RETRY_S,
        });
      case 'placed': {
        const { url, capacity } = this.all.find(({ id }) => id === placed.id)!;
        return { id: placed.id, reason: placed.reason, url, capacity };
      }
    }
  }

  /** A session could not be made there: it gets nothing until it has answered well for a while. */
  failed(regionId: string): void {
    this.#change(regionId, FAILED);
  }

  /** Asks every region once. Never rejects. */
  async probe(): Promise<void> {
    await Promise.all(
      [...this.#rooms].map(async ([id, rooms]) => {
        const good = await this.#answers(rooms);
        this.#change(id, next(this.#health.get(id) ?? UNKNOWN, good));
      }),
    );
  }

  /** Asks again and again, until `close`. */
  start(): void {
    this.#probing = this.probe().then(() => {
      if (!this.#closed) {
        this.#timer = setTimeout(() => {
          this.start();
        }, this.#options.probeEveryMs ?? PROBE_EVERY_MS);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#probing;
  }

  #change(regionId: string, health: Health): void {
    const before = this.isHealthy(regionId);
    this.#health.set(regionId, health);
    if (before !== health.healthy) {
      this.#options.onChange?.(regionId, health.healthy);
    }
  }

  async #answers(rooms: Rooms): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, this.#options.probeTimeoutMs ?? PROBE_TIMEOUT_MS);
    });
    const answered = rooms.ping().then(
      () => true,
      () => false,
    );
    return Promise.race([answered, late]).finally(() => {
      clearTimeout(timer);
    });
  }
}

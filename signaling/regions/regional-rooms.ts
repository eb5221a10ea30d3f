/** Rooms and agents of sessions in several regions: each call goes to the LiveKit that the session was placed in. */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import type { AgentAbsence, AgentRooms } from '../failover/agent-rooms.ts';
import type { Rooms } from '../rooms.ts';
import type { Regions } from './regions.ts';

export interface RegionalRoomsOptions {
  regions: Regions;
  /** The LiveKit of sessions that are older than the regions. */
  otherwise: Rooms;
  /** Null for a session of no region. */
  regionOf: (sessionId: string) => Promise<string | null>;
  /** Live sessions of a region. */
  sessionsIn: (regionId: string) => Promise<readonly string[]>;
}

export class RegionalRooms implements Rooms {
  readonly #options: RegionalRoomsOptions;

  constructor(options: RegionalRoomsOptions) {
    this.#options = options;
  }

  async open(metadata: DispatchMetadata): Promise<void> {
    await (await this.#of(metadata.sessionId)).open(metadata);
  }

  async close(sessionId: string): Promise<void> {
    await (await this.#of(sessionId)).close(sessionId);
  }

  async sid(sessionId: string): Promise<string | undefined> {
    return (await this.#of(sessionId)).sid(sessionId);
  }

  /** The rooms of a region that does not answer are taken to be there: nobody can tell. */
  async sessionIds(): Promise<ReadonlySet<string>> {
    const { regions, otherwise, sessionsIn } = this.#options;
    const found = await Promise.all([
      ...regions.all.map(async ({ id }) => {
        try {
          return [...((await regions.rooms(id)?.sessionIds()) ?? [])];
        } catch {
          return sessionsIn(id);
        }
      }),
      // A LiveKit of before that is gone has no rooms.
      otherwise.sessionIds().then(
        (ids) => [...ids],
        () => [],
      ),
    ]);
    return new Set(found.flat());
  }

  /** Resolves when one of them answers. */
  async ping(): Promise<void> {
    const { regions } = this.#options;
    await Promise.any(regions.all.map(({ id }) => regions.rooms(id)!.ping()));
  }

  async #of(sessionId: string): Promise<Rooms> {
    const { regions, otherwise, regionOf } = this.#options;
    const region = await regionOf(sessionId);
    return (region === null ? undefined : regions.rooms(region)) ?? otherwise;
  }
}

export interface RegionalAgentRoomsOptions {
  agentRooms: ReadonlyMap<string, AgentRooms>;
  otherwise: AgentRooms;
  regionOf: (sessionId: string) => Promise<string | null>;
}

export class RegionalAgentRooms implements AgentRooms {
  readonly #options: RegionalAgentRoomsOptions;

  constructor(options: RegionalAgentRoomsOptions) {
    this.#options = options;
  }

  async replaceAgent(metadata: DispatchMetadata): Promise<void> {
    await (await this.#of(metadata.sessionId)).replaceAgent(metadata);
  }

  async keep(sessionId: string): Promise<void> {
    await (await this.#of(sessionId)).keep(sessionId);
  }

  async isTaken(sessionId: string): Promise<boolean> {
    return (await this.#of(sessionId)).isTaken(sessionId);
  }

  async report(sessionId: string, absence: AgentAbsence | null): Promise<void> {
    await (await this.#of(sessionId)).report(sessionId, absence);
  }

  async #of(sessionId: string): Promise<AgentRooms> {
    const { agentRooms, otherwise, regionOf } = this.#options;
    const region = await regionOf(sessionId);
    return (region === null ? undefined : agentRooms.get(region)) ?? otherwise;
  }
}

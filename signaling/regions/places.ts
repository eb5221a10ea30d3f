/** Where sessions are: the one LiveKit of an installation, or its regions. */
import type { SessionRecords } from '../data/session-records.ts';
import { LiveKitAgentRooms, type AgentRooms } from '../failover/agent-rooms.ts';
import type { TokenKeys } from '../room-tokens.ts';
import { LiveKitRooms, type Rooms } from '../rooms.ts';
import { STALE_AFTER_MS } from '../sessions.ts';
import type { Region } from './region-file.ts';
import { RegionalAgentRooms, RegionalRooms } from './regional-rooms.ts';
import { Regions, type RegionsOptions } from './regions.ts';

export interface PlacesOptions extends Pick<RegionsOptions, 'onChange' | 'probeTimeoutMs'> {
  /** LiveKit where there are no regions, and of sessions that are older than them. */
  url: string;
  keys: TokenKeys;
  regions: readonly Region[] | undefined;
  sessions: Pick<SessionRecords, 'liveByRegion' | 'liveIn' | 'regionOf'>;
  now?: () => Date;
}

export interface Places {
  regions: Regions | undefined;
  rooms: Rooms;
  agentRooms: AgentRooms;
}

export function openPlaces(options: PlacesOptions): Places {
  const { url, keys, sessions, now = () => new Date() } = options;
  const main = new LiveKitRooms(url, keys.apiKey, keys.apiSecret);
  const mainAgents = new LiveKitAgentRooms(url, keys.apiKey, keys.apiSecret);
  if (options.regions === undefined) {
    return { regions: undefined, rooms: main, agentRooms: mainAgents };
  }
  const regions = new Regions({
    ...options,
    regions: options.regions,
    roomsOf: (region) =>
      new LiveKitRooms(region.internalUrl, region.keys.apiKey, region.keys.apiSecret),
    live: () => sessions.liveByRegion(new Date(now().getTime() - STALE_AFTER_MS)),
  });
  const regionOf = (sessionId: string): Promise<string | null> => sessions.regionOf(sessionId);
  return {
    regions,
    rooms: new RegionalRooms({
      ...{ regions, regionOf, otherwise: main },
      sessionsIn: (region) => sessions.liveIn(region),
    }),
    agentRooms: new RegionalAgentRooms({
      ...{ regionOf, otherwise: mainAgents },
      agentRooms: new Map(
        options.regions.map(({ id, internalUrl, keys: { apiKey, apiSecret } }) => [
          id,
          new LiveKitAgentRooms(internalUrl, apiKey, apiSecret),
        ]),
      ),
    }),
  };
}

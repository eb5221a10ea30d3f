/** The port through which signaling makes and ends rooms, and its LiveKit implementation. */
import { AGENT_NAME, type DispatchMetadata, roomName } from '#agents/dispatch/metadata.ts';
import { RoomServiceClient } from 'livekit-server-sdk';
import { RoomCalls, type RoomOptions } from './room-calls.ts';

export interface Rooms {
  /** Makes the session's room with the agent already dispatched into it. */
  open(metadata: DispatchMetadata): Promise<void>;
  /** Ends the room; every participant is disconnected. A room that is gone is fine. */
  close(sessionId: string): Promise<void>;
  /** LiveKit's own id of the session's room; undefined where there is none. Rejects where the server does not answer. */
  sid(sessionId: string): Promise<string | undefined>;
  /** The sessions that have a room. */
  sessionIds(): Promise<ReadonlySet<string>>;
  /** Resolves when the server answers, rejects otherwise. */
  ping(): Promise<void>;
}

/** Seconds a room waits for its first participant. */
const EMPTY_TIMEOUT_S = 60;
/** Seconds a room waits for a learner who lost the network. */
const DEPARTURE_TIMEOUT_S = 40;

/** The room of a session, without its agent. One that is there stays as it is. */
export function roomRequest(sessionId: string): Omit<RoomOptions, 'agents'> {
  return {
    name: roomName(sessionId),
    emptyTimeout: EMPTY_TIMEOUT_S,
    departureTimeout: DEPARTURE_TIMEOUT_S,
    // Players keep sound and picture of one participant in step only when they come as one stream.
    syncStreams: true,
  };
}

export class LiveKitRooms implements Rooms {
  readonly #client: RoomServiceClient;
  readonly #calls: RoomCalls;

  /** `url` is the server's ws:// or http:// address. */
  constructor(url: string, apiKey: string, apiSecret: string) {
    this.#client = new RoomServiceClient(url.replace(/^ws/, 'http'), apiKey, apiSecret);
    this.#calls = new RoomCalls(url, apiKey, apiSecret);
  }

  async open(metadata: DispatchMetadata): Promise<void> {
    await this.#calls.create({
      ...roomRequest(metadata.sessionId),
      agents: [{ agentName: AGENT_NAME, metadata: JSON.stringify(metadata) }],
    });
  }

  async close(sessionId: string): Promise<void> {
    try {
      await this.#calls.remove(roomName(sessionId));
    } catch (error) {
      if ((error as { code?: string }).code !== 'not_found') {
        throw error;
      }
    }
  }

  async sid(sessionId: string): Promise<string | undefined> {
    const [room] = await this.#client.listRooms([roomName(sessionId)]);
    return room?.sid;
  }

  async sessionIds(): Promise<ReadonlySet<string>> {
    const prefix = roomName('');
    const rooms = await this.#client.listRooms();
    return new Set(
      rooms.flatMap(({ name }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
    );
  }

  async ping(): Promise<void> {
    await this.#client.listRooms(['ping']);
  }
}

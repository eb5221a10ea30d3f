/** The port through which agents are put into rooms and taken out of them, and its LiveKit implementation. */
import { AGENT_NAME, roomName, type DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import { roomRequest } from '../rooms.ts';

/** What a room says of its missing agent, for the page: `unanswered`, no worker took the session. */
export type AgentAbsence = 'unanswered' | 'given-up';

export interface AgentRooms {
  /**
   * Puts a new agent into the session's room and takes out those that are there. Where the room is gone, it is made
   * again under its name. Rejects where the server cannot be reached.
   */
  replaceAgent(metadata: DispatchMetadata): Promise<void>;
  /** Makes the room again where it is gone. */
  keep(sessionId: string): Promise<void>;
  /** Whether a worker has taken the newest dispatch: its job is starting. */
  isTaken(sessionId: string): Promise<boolean>;
  /** Lets everybody in the room know that no agent comes; null: that one is there after all. */
  report(sessionId: string, absence: AgentAbsence | null): Promise<void>;
}

/** LiveKit's number for a participant that is an agent. */
const KIND_AGENT = 4;
/** LiveKit's numbers for jobs that wait for their process, and that run. */
const JOB_LIVES: readonly number[] = [0, 1];

export class LiveKitAgentRooms implements AgentRooms {
  readonly #rooms: RoomServiceClient;
  readonly #dispatches: AgentDispatchClient;

  /** `url` is the server's ws:// or http:// address. */
  constructor(url: string, apiKey: string, apiSecret: string) {
    const host = url.replace(/^ws/, 'http');
    this.#rooms = new RoomServiceClient(host, apiKey, apiSecret);
    this.#dispatches = new AgentDispatchClient(host, apiKey, apiSecret);
  }

  async replaceAgent(metadata: DispatchMetadata): Promise<void> {
    const room = roomName(metadata.sessionId);
    await this.keep(metadata.sessionId);
    // Listed before the new one can be there; it enters meanwhile.
    const before = await this.#rooms.listParticipants(room);
    const [dispatch] = await Promise.all([
      this.#dispatches.createDispatch(room, AGENT_NAME, { metadata: JSON.stringify(metadata) }),
      ...before
        .filter(({ kind }) => (kind as number) === KIND_AGENT)
        .map(({ identity }) => this.#remove(room, identity)),
    ]);
    // A job that hangs or was only cut off is told to end; nobody waits for that.
    void this.#retire(room, dispatch.id).catch(() => undefined);
  }

  async keep(sessionId: string): Promise<void> {
    await this.#rooms.createRoom(roomRequest(sessionId));
  }

  async isTaken(sessionId: string): Promise<boolean> {
    const all = await this.#dispatches.listDispatch(roomName(sessionId));
    const [newest] = all.sort(
      (one, other) => Number(other.state?.createdAt ?? 0) - Number(one.state?.createdAt ?? 0),
    );
    return (newest?.state?.jobs ?? []).some(
      ({ state }) => state !== undefined && JOB_LIVES.includes(state.status),
    );
  }

  async report(sessionId: string, absence: AgentAbsence | null): Promise<void> {
    await this.#rooms.updateRoomMetadata(
      roomName(sessionId),
      absence === null ? '' : JSON.stringify({ 'understudy.agent': absence }),
    );
  }

  async #remove(room: string, identity: string): Promise<void> {
    try {
      await this.#rooms.removeParticipant(room, identity);
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  }

  async #retire(room: string, newest: string): Promise<void> {
    const all = await this.#dispatches.listDispatch(room);
    await Promise.all(
      all
        .filter(({ id }) => id !== newest)
        .map(({ id }) => this.#dispatches.deleteDispatch(id, room)),
    );
  }
}

const isGone = (error: unknown): boolean => (error as { code?: string }).code === 'not_found';

/** A room as an avatar of somebody else's agent has it: the agent's streams and calls come in, reports go out. */
import {
  ParticipantKind,
  Room,
  RoomEvent,
  RpcError,
  type Participant,
  type RpcInvocationData,
} from '@livekit/rtc-node';

/** LiveKit's avatar protocol, as its agents in Python and Node speak it. */
export const AUDIO_STREAM_TOPIC = 'lk.audio_stream';
export const CLEAR_BUFFER_METHOD = 'lk.clear_buffer';
export const PUBLISH_ON_BEHALF = 'lk.publish_on_behalf';
const AGENT_STATE = 'lk.agent.state';
/** Ours: phonemes of the sound that follows, as text streams. agents/avatar-worker/README.md has the format. */
export const MARKS_TOPIC = 'understudy.marks';

/** 64 MB: eleven minutes of 48 kHz stereo. What an agent sends beyond it in one stream is not received. */
const LONGEST_STREAM_BYTES = 64_000_000;
const MOST_UNKNOWN = 32;
/** A report that is not answered by then is sent again. */
const ANSWER_WITHIN_MS = 5_000;

/** One `lk.audio_stream`, chunk by chunk. Iteration rejects when the stream breaks. */
export interface AudioByteStream {
  readonly attributes: Readonly<Record<string, string>>;
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array>;
  /** Stops receiving it; a pending read ends. Needed unless it was read to its end. */
  close(): Promise<void>;
}

export interface AvatarRoomEvents {
  onAudioStream: (stream: AudioByteStream) => void;
  /** One whole message on `understudy.marks`. */
  onMarks: (message: string) => void;
  /** The agent wants silence, now. */
  onClear: () => void;
  /** `initializing`, `idle`, `listening`, `thinking` or `speaking`, where the agent says so. */
  onAgentState: (state: string) => void;
  onAgentHere: () => void;
  onAgentGone: () => void;
  /** The connection is over and does not come back by itself. */
  onEnded: () => void;
}

export interface AvatarRoomOptions {
  url: string;
  token: string;
  /** Without it the token's `lk.publish_on_behalf` says whose avatar this is, else the first agent in the room. */
  agentIdentity?: string;
}

/** `unsupported`: the agent does not want such reports. `failed`: it may be sent again. */
export type ReportOutcome = 'delivered' | 'unsupported' | 'failed';

export class AvatarRoom {
  readonly room = new Room();
  readonly #events: AvatarRoomEvents;
  readonly #wantedAgent: string | undefined;
  #agent: string | undefined;
  /** What came from people of whom the room does not know yet, oldest first. */
  #unknown: { identity: string; answer: { yes: () => void; no: () => void } }[] = [];
  #closing: Promise<void> | undefined;

  private constructor(options: AvatarRoomOptions, events: AvatarRoomEvents) {
    this.#events = events;
    this.#wantedAgent = options.agentIdentity;
  }

  /** Rejects when the room cannot be entered with that token. */
  static async join(options: AvatarRoomOptions, events: AvatarRoomEvents): Promise<AvatarRoom> {
    const joined = new AvatarRoom(options, events);
    joined.#listen();
    await joined.room.connect(options.url, options.token, {
      autoSubscribe: false,
      dynacast: false,
      dataStream: { maxPayloadByteLength: LONGEST_STREAM_BYTES },
    });
    joined.room.localParticipant!.registerRpcMethod(CLEAR_BUFFER_METHOD, (call) =>
      Promise.resolve(joined.#onClear(call)),
    );
    for (const participant of joined.room.remoteParticipants.values()) {
      joined.#meet(participant);
    }
    return joined;
  }

  get identity(): string {
    return this.room.localParticipant?.identity ?? '';
  }

  get name(): string {
    return this.room.name ?? '';
  }

  /** The agent for whom the avatar plays; undefined until it is here. */
  get agentIdentity(): string | undefined {
    return this.#agent;
  }

  /** Calls a method of the agent. Never rejects. */
  async report(method: string, payload: string): Promise<ReportOutcome> {
    const destinationIdentity = this.#agent;
    const participant = this.room.localParticipant;
    if (destinationIdentity === undefined || participant === undefined) {
      return 'failed';
    }
    try {
      await participant.performRpc({
        destinationIdentity,
        method,
        payload,
        responseTimeout: ANSWER_WITHIN_MS,
      });
      return 'delivered';
    } catch (error) {
      return error instanceof RpcError && error.code === RpcError.ErrorCode.UNSUPPORTED_METHOD
        ? 'unsupported'
        : 'failed';
    }
  }

  /** Attributes of the avatar itself, for whoever looks. A token that may not set them says nothing. */
  tell(attributes: Record<string, string>): void {
    this.room.localParticipant?.setAttributes(attributes).catch(() => undefined);
  }

  /** Idempotent. */
  leave(): Promise<void> {
    this.#closing ??= this.room.disconnect().catch(() => undefined);
    return this.#closing;
  }

  #listen(): void {
    const { room } = this;
    room.registerByteStreamHandler(AUDIO_STREAM_TOPIC, (reader, from) => {
      this.#ifAgent(from.identity, {
        yes: () => {
          this.#events.onAudioStream({
            attributes: reader.info.attributes ?? {},
            [Symbol.asyncIterator]: () => reader[Symbol.asyncIterator](),
            close: () => reader.close(),
          });
        },
        // Nobody but the agent speaks through this face.
        no: () => void reader.close(),
      });
    });
    room.registerTextStreamHandler(MARKS_TOPIC, (reader, from) => {
      this.#ifAgent(from.identity, {
        yes: () => {
          reader.readAll().then(
            (message) => {
              this.#events.onMarks(message);
            },
            // Marks that break off are no marks: the mouth listens instead.
            () => undefined,
          );
        },
        no: () => void reader.close(),
      });
    });
    room.on(RoomEvent.ParticipantConnected, (participant) => {
      this.#meet(participant);
    });
    room.on(RoomEvent.ParticipantDisconnected, (participant) => {
      if (participant.identity === this.#agent) {
        this.#agent = undefined;
        this.#events.onAgentGone();
      }
    });
    room.on(RoomEvent.ParticipantAttributesChanged, (changed, participant) => {
      const state = changed[AGENT_STATE];
      if (state !== undefined && participant.identity === this.#agent) {
        this.#events.onAgentState(state);
      }
    });
    room.on(RoomEvent.Disconnected, () => {
      if (this.#closing === undefined) {
        this.#events.onEnded();
      }
    });
  }

  /**
   * Whether `identity` is our agent, or becomes it by being the first. The first message of somebody may come before
   * the room knows of them: unless it was told whom to expect, it asks again when they are there.
   */
  #ifAgent(identity: string, answer: { yes: () => void; no: () => void }): void {
    const known = this.room.remoteParticipants.get(identity);
    if (known !== undefined) {
      this.#meet(known);
    } else if (this.#agent === undefined && identity === this.#expected) {
      this.#welcome(identity);
    } else if (this.#agent === undefined && this.#expected === undefined) {
      this.#unknown = [...this.#unknown.slice(1 - MOST_UNKNOWN), { identity, answer }];
      return;
    }
    (identity === this.#agent ? answer.yes : answer.no)();
  }

  get #expected(): string | undefined {
    return (
      (this.#wantedAgent ?? this.room.localParticipant?.attributes[PUBLISH_ON_BEHALF]) || undefined
    );
  }

  #meet(participant: Participant): void {
    const expected = this.#expected;
    const isOurs =
      expected === undefined
        ? participant.kind === ParticipantKind.AGENT &&
          participant.attributes[PUBLISH_ON_BEHALF] === undefined
        : participant.identity === expected;
    if (this.#agent === undefined && isOurs) {
      this.#welcome(participant.identity);
    }
    const state = participant.attributes[AGENT_STATE];
    if (state !== undefined && participant.identity === this.#agent) {
      this.#events.onAgentState(state);
    }
    const waiting = this.#unknown.filter(({ identity }) => identity === participant.identity);
    this.#unknown = this.#unknown.filter((one) => !waiting.includes(one));
    for (const { identity, answer } of waiting) {
      (identity === this.#agent ? answer.yes : answer.no)();
    }
  }

  #welcome(identity: string): void {
    this.#agent = identity;
    this.#events.onAgentHere();
  }

  #onClear(call: RpcInvocationData): string {
    let taken = 'reject';
    this.#ifAgent(call.callerIdentity, {
      yes: () => {
        taken = 'ok';
        this.#events.onClear();
      },
      no: () => undefined,
    });
    return taken;
  }
}

/** The line between this room and one learner, as both of its ends and the media server speak of it. */
import { QUALITY_TOPIC } from '#agents/dispatch/quality.ts';
import type { Clock } from '#media/clock.ts';
import type { EncoderReport, Observation } from '#media/quality/observation.ts';
import {
  ConnectionQuality,
  ParticipantKind,
  RoomEvent,
  type Participant,
  type RemoteParticipant,
  type Room,
} from '@livekit/rtc-node';
import { encoderReport, publisherCounters, type PublisherCounters } from './rtc-counters.ts';

export interface LearnerLineOptions {
  room: Room;
  /** Absent where anybody may watch: then the first person who is told of counts, until they leave. */
  learnerIdentity?: string;
  clock: Clock;
  /** A data packet of the learner about quality. */
  onReport: (payload: Uint8Array) => void;
}

const WORDS: Readonly<Partial<Record<ConnectionQuality, Observation['connection']>>> = {
  [ConnectionQuality.QUALITY_POOR]: 'poor',
  [ConnectionQuality.QUALITY_GOOD]: 'good',
  [ConnectionQuality.QUALITY_EXCELLENT]: 'excellent',
  [ConnectionQuality.QUALITY_LOST]: 'lost',
};

export class LearnerLine {
  readonly #options: LearnerLineOptions;
  #watcher: string | undefined;
  #connection: Observation['connection'];
  #before: PublisherCounters | undefined;

  constructor(options: LearnerLineOptions) {
    this.#options = options;
    this.#watcher = options.learnerIdentity;
    options.room.on(RoomEvent.DataReceived, this.#received);
    options.room.on(RoomEvent.ConnectionQualityChanged, this.#changed);
    options.room.on(RoomEvent.ParticipantDisconnected, this.#left);
  }

  /** The media server's word about the learner's line; undefined until it spoke. */
  get connection(): Observation['connection'] {
    return this.#connection;
  }

  /** What was sent since it was asked before. Rejects when the room is gone. */
  async encoder(): Promise<EncoderReport | undefined> {
    const { room, clock } = this.#options;
    const after = await publisherCounters(room, clock.nowMs());
    const before = this.#before;
    this.#before = after;
    return before === undefined || after === undefined ? undefined : encoderReport(before, after);
  }

  close(): void {
    this.#options.room.off(RoomEvent.DataReceived, this.#received);
    this.#options.room.off(RoomEvent.ConnectionQualityChanged, this.#changed);
    this.#options.room.off(RoomEvent.ParticipantDisconnected, this.#left);
  }

  #received = (
    payload: Uint8Array,
    from?: RemoteParticipant,
    _kind?: unknown,
    topic?: string,
  ): void => {
    if (topic === QUALITY_TOPIC && from !== undefined && this.#isWatcher(from)) {
      this.#options.onReport(payload);
    }
  };

  #changed = (quality: ConnectionQuality, of: Participant): void => {
    if (this.#isWatcher(of)) {
      this.#connection = WORDS[quality];
    }
  };

  #left = ({ identity }: Participant): void => {
    if (this.#options.learnerIdentity === undefined && identity === this.#watcher) {
      this.#watcher = undefined;
      this.#connection = undefined;
    }
  };

  #isWatcher({ identity, kind }: Participant): boolean {
    const { room } = this.#options;
    if (
      this.#watcher === undefined &&
      identity !== room.localParticipant?.identity &&
      kind !== ParticipantKind.AGENT
    ) {
      this.#watcher = identity;
    }
    return identity === this.#watcher;
  }
}

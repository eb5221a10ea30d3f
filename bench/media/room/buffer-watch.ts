/** Asks a subscriber's receivers about their jitter buffers once a second. */
import type { Room } from '@livekit/rtc-node';
import { bufferNote, type Inbound } from './buffer-notes.ts';
import { monotonicMs } from './monotonic.ts';
import type { BufferNote } from './order.ts';

const EVERY_MS = 1_000;

type Stats = Awaited<ReturnType<Room['getRtcStats']>>;

export class BufferWatch {
  readonly notes: BufferNote[] = [];
  readonly #room: Room;
  #timer: ReturnType<typeof setInterval> | undefined;
  #last: Inbound[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  begin(): void {
    this.#timer = setInterval(() => {
      // A room that is just closing has no statistics any more.
      this.#look().catch(() => undefined);
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const now = inboundOf(await this.#room.getRtcStats());
    const note = bufferNote(this.#last, now, monotonicMs());
    if (note !== undefined) {
      this.notes.push(note);
    }
    this.#last = now;
  }
}

function inboundOf({ subscriberStats, publisherStats }: Stats): Inbound[] {
  return [...subscriberStats, ...publisherStats].flatMap(({ stats }) => {
    if (stats.case !== 'inboundRtp') {
      return [];
    }
    const { inbound, stream } = stats.value;
    const playoutMs = inbound?.estimatedPlayoutTimestamp ?? 0;
    return [
      {
        kind: stream?.kind ?? '',
        waitedS: inbound?.jitterBufferDelay ?? 0,
        emitted: Number(inbound?.jitterBufferEmittedCount ?? 0),
        concealed: Number(inbound?.concealedSamples ?? 0),
        received: Number(inbound?.totalSamplesReceived ?? 0),
        playoutMs: playoutMs === 0 ? null : playoutMs,
      },
    ];
  });
}

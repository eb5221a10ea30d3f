/**
 * A process that listens and watches in rooms as a headless subscriber on rtc-node, and times tones and flashes. Reads its
 * order as JSON from the first line of stdin; when stdin ends it says what it heard, as one line of JSON.
 */
import {
  AudioStream,
  Room,
  RoomEvent,
  TrackKind,
  VideoStream,
  type RemoteTrack,
} from '@livekit/rtc-node';
import { createInterface } from 'node:readline';
import { BufferWatch } from './buffer-watch.ts';
import { Ear, noteOf } from './ear.ts';
import { readFlash } from './marker-face.ts';
import { monotonicMs } from './monotonic.ts';
import type { Heard, SubscriberEvent, SubscriberOrder } from './order.ts';

const RATE_HZ = 48_000;

class Witness {
  readonly #room = new Room();
  readonly #ear = new Ear(RATE_HZ);
  readonly #flashes: Heard['flashes'] = [];
  readonly #picturesMs: number[] = [];
  #lit = false;
  readonly #buffers = new BufferWatch(this.#room);

  async enter(url: string, token: string, watches: boolean): Promise<void> {
    if (!watches) {
      this.#room.on(RoomEvent.TrackPublished, (publication) => {
        publication.setSubscribed(publication.kind === TrackKind.KIND_AUDIO);
      });
    }
    this.#room.on(RoomEvent.TrackSubscribed, (track) => {
      const following = track.kind === TrackKind.KIND_AUDIO ? this.#hear(track) : this.#see(track);
      following.catch((error: unknown) => {
        process.stderr.write(`The subscriber lost a track: ${String(error)}\n`);
      });
    });
    await this.#room.connect(url, token, { autoSubscribe: watches, dynacast: false });
    this.#buffers.begin();
  }

  get heard(): Heard {
    return {
      ...this.#ear.heard(),
      flashes: this.#flashes,
      picturesMs: this.#picturesMs,
      buffers: this.#buffers.notes,
    };
  }

  leave(): Promise<void> {
    this.#buffers.stop();
    return this.#room.disconnect();
  }

  async #hear(track: RemoteTrack): Promise<void> {
    for await (const { data } of new AudioStream(track, RATE_HZ, 1)) {
      this.#ear.push(noteOf(data, monotonicMs()));
    }
  }

  async #see(track: RemoteTrack): Promise<void> {
    for await (const { frame } of new VideoStream(track)) {
      const atMs = monotonicMs();
      this.#picturesMs.push(atMs);
      const { lit, ageMs } = readFlash(frame.data, frame.width, frame.height);
      if (lit && !this.#lit) {
        this.#flashes.push({ atMs, ageMs });
      }
      this.#lit = lit;
    }
  }
}

function tell(event: SubscriberEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const lines = createInterface({ input: process.stdin });
const ended = new Promise<void>((resolve) => lines.once('close', resolve));
const { url, tokens, watched } = await new Promise<SubscriberOrder>((resolve) => {
  lines.once('line', (line) => {
    resolve(JSON.parse(line) as SubscriberOrder);
  });
});
const witnesses = tokens.map(() => new Witness());
await Promise.all(
  witnesses.map((witness, index) => witness.enter(url, tokens[index]!, index < watched)),
);
tell({ type: 'ready' });
await ended;
tell({ type: 'heard', rooms: witnesses.map(({ heard }) => heard) });
await Promise.all(witnesses.map((witness) => witness.leave()));
// Not before all that was told has been taken.
process.stdout.write('', () => process.exit(0));

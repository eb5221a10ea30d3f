/** The program behind the line: joins a room, listens and watches until its input ends, and says what came. */
import { QUALITY_TOPIC } from '#agents/dispatch/quality.ts';
import { subscriberCounters } from '#agents/room/rtc-counters.ts';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoStream,
  type RemoteTrack,
} from '@livekit/rtc-node';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { SOUND_RATE_HZ, type FarEvent, type FarOrder, type Picture } from './far-events.ts';

const say = (event: FarEvent): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};
const nowMs = (): number => performance.timeOrigin + performance.now();

const pictures: Picture[] = [];
const sound: Int16Array[] = [];
const soundAtMs: number[] = [];

async function hear(track: RemoteTrack): Promise<void> {
  for await (const { data } of new AudioStream(track, SOUND_RATE_HZ, 1)) {
    sound.push(data.slice());
    soundAtMs.push(nowMs());
  }
}

async function see(track: RemoteTrack): Promise<void> {
  for await (const { frame } of new VideoStream(track)) {
    // A track that ends shows a black picture of 8×8.
    if (frame.width < 16) {
      continue;
    }
    if (pictures.length === 0) {
      say({ type: 'subscribed' });
    }
    pictures.push({ atMs: nowMs(), widthPx: frame.width, heightPx: frame.height });
  }
}

/** A microphone that is open and hears little, so that the line carries sound both ways as in a call. */
async function publishMicrophone(room: Room, stopped: AbortSignal): Promise<void> {
  const source = new AudioSource(SOUND_RATE_HZ, 1, 40);
  await room.localParticipant!.publishTrack(
    LocalAudioTrack.createAudioTrack('microphone', source),
    new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
  );
  const samples = SOUND_RATE_HZ / 100;
  for (let turn = 1; !stopped.aborted; turn += 1) {
    const noise = new Int16Array(samples).map((_, index) => ((index * 7_919 * turn) % 41) - 20);
    await source.captureFrame(new AudioFrame(noise, SOUND_RATE_HZ, 1, samples));
  }
  await source.close();
}

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const ended = once(lines, 'close');
  const [line] = (await once(lines, 'line')) as [string];
  const order = JSON.parse(line) as FarOrder;
  const stopped = new AbortController();
  const room = new Room();
  let connected = true;
  room.on(RoomEvent.TrackSubscribed, (track) => {
    void (track.kind === TrackKind.KIND_AUDIO ? hear(track) : see(track));
  });
  room.on(RoomEvent.ParticipantAttributesChanged, (changed) => {
    const value = changed['understudy.quality'];
    if (value !== undefined) {
      say({ type: 'quality', atMs: nowMs(), value });
    }
  });
  room.on(RoomEvent.Disconnected, () => {
    connected = false;
    say({ type: 'disconnected' });
  });
  await room.connect(order.url, order.token, { autoSubscribe: true, dynacast: false });
  const microphone = publishMicrophone(room, stopped.signal);
  say({ type: 'ready' });
  const timer = setInterval(() => void look(room, order.reports), 1_000);
  await ended;
  clearInterval(timer);
  stopped.abort();
  await microphone;
  const whole = Buffer.concat(sound.map((part) => Buffer.from(part.buffer)));
  await writeFile(order.soundPath, whole);
  say({ type: 'heard', pictures, soundAtMs, connected });
  await room.disconnect();
}

async function look(room: Room, report: boolean): Promise<void> {
  try {
    const counters = await subscriberCounters(room, performance.now());
    say({ type: 'second', atMs: nowMs(), counters });
    if (report) {
      const payload = new TextEncoder().encode(JSON.stringify(counters));
      await room.localParticipant!.publishData(payload, { reliable: false, topic: QUALITY_TOPIC });
    }
  } catch {
    // A room that is being restored has no figures this second.
  }
}

await main();
// Native handles of rooms may outlive their closing.
process.exit(0);

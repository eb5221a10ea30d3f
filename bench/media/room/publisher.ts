/**
 * A process that publishes our avatar into rooms and plays a script into each: what a job does, without the engines.
 * Reads its order as JSON from the first line of stdin, ends when stdin ends, and says what happens as lines of JSON.
 */
import { FRAMES_PER_SECOND, LIP_DELAY_MS, VIDEO_LEAD_MS } from '#agents/room/lip-timing.ts';
import { RoomAvOutput } from '#agents/room/av-output.ts';
import { systemClock } from '#media/clock.ts';
import { loadFace } from '#media/face/load-face.ts';
import { Performer } from '#media/performer/performer.ts';
import { Playout } from '#media/playout/playout.ts';
import { Stage } from '#media/stage/stage.ts';
import { Room } from '@livekit/rtc-node';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { MarkerActing, markerFace } from './marker-face.ts';
import { monotonicMs } from './monotonic.ts';
import type { PublisherOrder, PublisherEvent } from './order.ts';
import { ScriptPlayer } from './script-player.ts';

function tell(event: PublisherEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function enter(
  order: PublisherOrder,
  index: number,
  stop: AbortSignal,
): Promise<() => Promise<void>> {
  const { script } = order;
  const face =
    order.face === 'marker'
      ? markerFace(await readFile(order.markerBasePath))
      : await loadFace(order.face);
  const acting = order.face === 'marker' ? new MarkerActing() : new Performer({ seed: index + 1 });
  const room = new Room();
  await room.connect(order.url, order.tokens[index]!, { autoSubscribe: false, dynacast: false });
  const sink = await RoomAvOutput.publish(room, {
    sampleRateHz: script.sampleRateHz,
    widthPx: face.widthPx,
    heightPx: face.heightPx,
    framesPerSecond: FRAMES_PER_SECOND,
  });
  const stage = new Stage({
    playout: new Playout({ sampleRateHz: script.sampleRateHz }),
    acting,
    face,
    sink,
    clock: systemClock,
    framesPerSecond: FRAMES_PER_SECOND,
    videoLeadMs: VIDEO_LEAD_MS,
    lipDelayMs: LIP_DELAY_MS,
  });
  const running = stage.run(stop);
  const player = new ScriptPlayer(script, stage, systemClock, (op) => {
    if (op === 'clear') {
      tell({ type: 'cleared', room: index, atMs: monotonicMs() });
    }
  });
  player.begin();
  return async () => {
    player.stop();
    await running;
    const { counters } = stage;
    tell({ type: 'counters', room: index, ...counters });
    await sink.close();
    await room.disconnect();
    face.close();
  };
}

const lines = createInterface({ input: process.stdin });
const stop = new AbortController();
const ended = new Promise<void>((resolve) => lines.once('close', resolve));
const order = await new Promise<PublisherOrder>((resolve) => {
  lines.once('line', (line) => {
    resolve(JSON.parse(line) as PublisherOrder);
  });
});
const leave = await Promise.all(order.tokens.map((_, index) => enter(order, index, stop.signal)));
tell({ type: 'ready' });
await ended;
stop.abort();
await Promise.all(leave.map((one) => one()));
// Not before all that was told has been taken.
process.stdout.write('', () => process.exit(0));

/** An hour of the avatar on simulated time: the same stage and playout as in a room, and everything that goes wrong in one. */
import { FRAMES_PER_SECOND, LIP_DELAY_MS, VIDEO_LEAD_MS } from '#agents/room/lip-timing.ts';
import { Playout } from '#media/playout/playout.ts';
import { Stage } from '#media/stage/stage.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { MarkerActing, tinyMarkerFace } from '../room/marker-face.ts';
import { ScriptPlayer } from '../room/script-player.ts';
import { conversationScript } from '../room/script.ts';
import { skewsOf } from '../room/skew.ts';
import { SimulatedRoom } from './simulated-room.ts';

export interface SimulatedHour {
  /** Flash minus tone as they leave, less the delay that is put on the lips on purpose: 0 is as designed. */
  skewsMs: number[];
  tones: number;
  /** Media time of each picture minus that of the one before. */
  pictureStepsMs: number[];
  /** Wall time between pictures. */
  pictureGapsMs: number[];
  picturesDropped: number;
  /** Times that the room was gone, and that the process was held up. */
  reconnects: number;
  hiccups: number;
}

const STEP_MS = 5;
/** The process is held up for 20–150 ms every four seconds or so. */
const HICCUP_EVERY_MS = 4_000;
/** The room is gone for 0.5–4 s every two minutes or so. */
const RECONNECT_EVERY_MS = 120_000;

export async function simulateHour(options: {
  durationMs: number;
  seed: number;
}): Promise<SimulatedHour> {
  const clock = new FakeClock();
  const random = generator(options.seed);
  const stop = new AbortController();
  let [hiccups, reconnects] = [0, 0];
  const room = new SimulatedRoom({
    clock,
    latenessMs: () => {
      if (random() < 10 / HICCUP_EVERY_MS) {
        hiccups += 1;
        return 20 + Math.floor(130 * random());
      }
      return random() < 0.2 ? 1 + Math.floor(4 * random()) : 0;
    },
  });
  const script = conversationScript(options);
  const stage = new Stage({
    playout: new Playout({ sampleRateHz: script.sampleRateHz }),
    acting: new MarkerActing(),
    face: tinyMarkerFace(),
    sink: room,
    clock,
    framesPerSecond: FRAMES_PER_SECOND,
    videoLeadMs: VIDEO_LEAD_MS,
    lipDelayMs: LIP_DELAY_MS,
  });
  const running = stage.run(stop.signal);
  new ScriptPlayer(script, stage, clock, () => undefined).begin();
  const reconnect = (): void => {
    clock.after(RECONNECT_EVERY_MS * (0.5 + random()), () => {
      reconnects += 1;
      room.stall(500 + Math.floor(3_500 * random()));
      reconnect();
    });
  };
  reconnect();
  await clock.advanceAsync(options.durationMs, STEP_MS);
  stop.abort();
  await clock.advanceAsync(10_000, 10);
  await running;
  return {
    skewsMs: skewsOf(room).map((skewMs) => skewMs - (LIP_DELAY_MS - VIDEO_LEAD_MS)),
    tones: room.tonesMs.length,
    pictureStepsMs: steps(room.ptsMs),
    pictureGapsMs: steps(room.picturesAtMs),
    picturesDropped: stage.counters.picturesDropped,
    reconnects,
    hiccups,
  };
}

function steps(values: readonly number[]): number[] {
  return values.slice(1).map((value, index) => value - values[index]!);
}

/** Numbers in 0..1 that follow from the seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

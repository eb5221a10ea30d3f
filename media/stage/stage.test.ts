import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { NEUTRAL_POSE } from '../face/pose.ts';
import { Playout, type PlayoutEvent } from '../playout/playout.ts';
import type { PhonemeMark } from '../ports.ts';
import { Stage, type AvSink } from './stage.ts';

const RATE_HZ = 16_000;
const MARKS: PhonemeMark[] = [{ phoneme: 'm', startMs: 0, endMs: 100 }];

/** A sink that takes a given number of frames and then ends the show; it can hold the loop up. */
function scene(options: { videoLeadMs?: number; lipDelayMs?: number; queuedMs?: number } = {}) {
  const stop = new AbortController();
  const pictures: number[] = [];
  const spoken: { marks: PhonemeMark[]; startMs: number }[] = [];
  const stopped: number[] = [];
  const events: PlayoutEvent[] = [];
  let framesLeft = 0;
  const sink: AvSink = {
    audioQueuedMs: options.queuedMs ?? 0,
    writeAudio: () => {
      framesLeft -= 1;
      if (framesLeft <= 0) {
        stop.abort();
      }
      return Promise.resolve();
    },
    writeVideo: (_frame, ptsUs) => pictures.push(Number(ptsUs) / 1_000),
  };
  const stage = new Stage({
    playout: new Playout({ sampleRateHz: RATE_HZ }),
    acting: {
      speak: (marks, startMs) => spoken.push({ marks, startMs }),
      stopSpeech: (atMs) => stopped.push(atMs),
      poseAt: () => NEUTRAL_POSE,
    },
    face: { id: 'x', widthPx: 4, heightPx: 4, render: () => undefined, close: () => undefined },
    sink,
    clock: new FakeClock(),
    framesPerSecond: 25,
    videoLeadMs: options.videoLeadMs ?? 0,
    lipDelayMs: options.lipDelayMs ?? 0,
  });
  stage.onEvent((event) => events.push(event));
  return {
    stage,
    pictures,
    spoken,
    stopped,
    events,
    play: async (ms: number) => {
      framesLeft = ms / 10;
      await stage.run(stop.signal);
    },
  };
}

describe('the stage', () => {
  it('draws a picture every 40 ms of sound, stamped on the sound’s own timeline', async () => {
    const { pictures, play } = scene();
    await play(200);
    expect(pictures).toEqual([0, 40, 80, 120, 160, 200]);
  });

  it('changes its pace without a picture twice or out of order, and drops none for it', async () => {
    const { stage, pictures, play } = scene();
    const changes = new Map([
      [120, 12.5],
      [320, 1_000 / 60],
      [480, 25],
    ]);
    const keep = pictures.push.bind(pictures);
    pictures.push = (atMs) => {
      const change = changes.get(atMs);
      if (change !== undefined) {
        stage.setFramesPerSecond(change);
      }
      return keep(atMs);
    };
    await play(600);
    expect([...pictures]).toEqual([0, 40, 80, 120, 160, 240, 320, 360, 420, 480, 520, 560, 600]);
    expect(stage.counters).toMatchObject({ picturesDrawn: 13, picturesDropped: 0 });
  });

  it('draws for the sound that leaves, not for the sound that waits in the sink', async () => {
    const { pictures, play } = scene({ queuedMs: 80 });
    await play(200);
    expect(pictures.at(-1)).toBe(120);
  });

  it('hands pictures over ahead of their sound by the video lead', async () => {
    const { pictures, play } = scene({ queuedMs: 80, videoLeadMs: 40 });
    await play(200);
    expect(pictures.at(-1)).toBe(160);
  });

  it('lets the mouth speak when the speech will be heard, and closes it on a cut', async () => {
    const { stage, spoken, stopped, events, play } = scene();
    const segment = stage.open('answer');
    stage.push(segment, new Int16Array(1_600), MARKS);
    stage.push(segment, new Int16Array(1_600), MARKS);
    expect(spoken).toEqual([
      { marks: MARKS, startMs: 0 },
      { marks: MARKS, startMs: 100 },
    ]);
    await play(50);
    stage.clear();
    expect(stopped).toEqual([50]);
    expect(events).toMatchObject([{ type: 'started' }]);
  });

  it('moves the lips later than the rest of the face by the lip delay', async () => {
    const { stage, spoken, play } = scene({ lipDelayMs: 80 });
    const segment = stage.open('answer');
    stage.push(segment, new Int16Array(16_000), MARKS);
    await play(100);
    stage.pause();
    stage.resume();
    expect(spoken.map(({ startMs }) => startMs)).toEqual([80, 80]);
  });

  it('closes the mouth on a pause and speaks the rest, moved, on resuming', async () => {
    const { stage, spoken, stopped, play } = scene();
    const segment = stage.open('answer');
    stage.push(segment, new Int16Array(16_000), MARKS);
    await play(100);
    stage.pause();
    stage.push(segment, new Int16Array(1_600), MARKS);
    expect(spoken).toHaveLength(1);
    stage.resume();
    expect(stopped).toEqual([100]);
    expect(spoken.slice(1).map(({ startMs }) => startMs)).toEqual([0, 1_000]);
  });
});

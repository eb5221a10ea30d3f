import { NEUTRAL_POSE } from '#media/face/pose.ts';
import { describe, expect, it } from 'vitest';
import { bufferNote, type Inbound } from './buffer-notes.ts';
import { heardIn } from './browser.ts';
import {
  MARKER_HEIGHT_PX,
  MARKER_WIDTH_PX,
  MarkerActing,
  markerFace,
  readFlash,
} from './marker-face.ts';
import { paceOf } from './pace.ts';
import { conversationScript, interruptionScript } from './script.ts';
import { slopePerHour } from './slope.ts';

const BYTES = (MARKER_WIDTH_PX * MARKER_HEIGHT_PX * 3) / 2;

describe('the marker face', () => {
  it('shows in its brightness how long before the picture its flash began', () => {
    const acting = new MarkerActing();
    const face = markerFace(new Uint8Array(BYTES).fill(90));
    acting.speak([{ phoneme: 'aa', startMs: 100, endMs: 220 }], 1_000);
    const seenAt = (tMs: number) => {
      const frame = new Uint8Array(BYTES);
      face.render(acting.poseAt(tMs), frame);
      return readFlash(frame, MARKER_WIDTH_PX, MARKER_HEIGHT_PX);
    };
    expect(seenAt(1_080).lit).toBe(false);
    expect(seenAt(1_100)).toEqual({ lit: true, ageMs: 0 });
    expect(seenAt(1_120).lit).toBe(true);
    expect(seenAt(1_120).ageMs).toBeCloseTo(20, 0);
    expect(seenAt(1_240).lit).toBe(false);
  });

  it('follows a cut, and speech that moves', () => {
    const acting = new MarkerActing();
    acting.speak([{ phoneme: 'aa', startMs: 0, endMs: 120 }], 1_000);
    acting.moveSpeech(900, 40);
    expect(acting.poseAt(1_020)).toBe(NEUTRAL_POSE);
    expect(acting.poseAt(1_045)).not.toBe(NEUTRAL_POSE);
    acting.stopSpeech(1_060);
    expect(acting.poseAt(1_060)).toBe(NEUTRAL_POSE);
  });
});

describe('scripts', () => {
  it('interrupt twenty times in ten minutes, in order of time, and are the same for both sides', () => {
    const script = conversationScript({ durationMs: 602_000, seed: 7 });
    expect(script.steps.filter(({ op }) => op === 'clear')).toHaveLength(20);
    const times = script.steps.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(conversationScript({ durationMs: 602_000, seed: 7 })).toEqual(script);
  });

  it('begin tones on the peer’s grid of pictures and inside their push', () => {
    for (const step of conversationScript({ durationMs: 62_000, seed: 1 }).steps) {
      for (const { startMs, endMs } of step.op === 'push' ? step.pulses : []) {
        expect(startMs % 40).toBe(0);
        expect(endMs).toBeLessThanOrEqual(2_000);
      }
    }
  });

  it('cut every tone of the interruptions while it sounds', () => {
    const { steps } = interruptionScript({ count: 5, seed: 1 });
    const pushes = steps.filter(({ op }) => op === 'push');
    const clears = steps.filter(({ op }) => op === 'clear');
    clears.forEach(({ atMs }, index) => {
      expect(atMs).toBeGreaterThan(pushes[index]!.atMs + 500);
      expect(atMs).toBeLessThan(pushes[index]!.atMs + 2_500);
    });
  });
});

describe('pace', () => {
  const steady = Array.from({ length: 101 }, (_, index) => index * 40);

  it('counts every picture that should have been in a gap', () => {
    const gap = steady.filter((atMs) => atMs <= 1_000 || atMs >= 1_200);
    expect(paceOf([steady], 0, 4_000).onTime).toBe(1);
    expect(paceOf([gap], 0, 4_000)).toMatchObject({ onTime: 95 / 100, pictures: 97 });
  });

  it('counts a stream that stops or never comes', () => {
    expect(paceOf([steady.slice(0, 51)], 0, 4_000).onTime).toBe(0.5);
    expect(paceOf([[]], 0, 4_000).onTime).toBe(0);
  });
});

describe('what receivers say', () => {
  const look = (changes: Partial<Inbound>, kind: string): Inbound => ({
    kind,
    waitedS: 0,
    emitted: 0,
    concealed: 0,
    received: 0,
    playoutMs: null,
    ...changes,
  });

  it('becomes waiting times between two looks', () => {
    const before = [look({}, 'audio'), look({}, 'video')];
    const after = [
      look({ waitedS: 2, emitted: 50, received: 100, concealed: 10, playoutMs: 1_000 }, 'audio'),
      look({ waitedS: 1, emitted: 25, playoutMs: 1_015 }, 'video'),
    ];
    expect(bufferNote(before, after, 7)).toEqual({
      atMs: 7,
      audioMs: 40,
      videoMs: 40,
      playoutMs: 15,
      concealed: 0.1,
    });
    expect(bufferNote([], after, 7)).toBeUndefined();
  });

  it('is brought from a browser’s clock to ours', () => {
    const notes = {
      nowMs: 0,
      rateHz: 48_000,
      sounds: [],
      pictures: [[10, 20] as [number, number], [50, 235] as [number, number]],
      stats: [],
    };
    expect(heardIn(notes, 1_000).flashes).toEqual([{ atMs: 1_050, ageMs: 0 }]);
  });
});

describe('memory', () => {
  it('grows by the slope of the line through its samples', () => {
    const samples = Array.from({ length: 60 }, (_, minute) => ({
      atMs: minute * 60_000,
      megabytes: 150 + minute / 10 + (minute % 2),
    }));
    expect(slopePerHour(samples)!).toBeCloseTo(6, 0);
    expect(slopePerHour(samples.slice(0, 1))).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { firstMotionMs, idleMotion, type Motion } from './motion.ts';

/** Pictures every 40 ms: a slow drift, a small nod of its own every 8 s, and a larger one at `nodMs`. */
function face(nodMs: number): Motion[] {
  return Array.from({ length: 500 }, (_, index) => {
    const atMs = index * 40;
    const own = index % 200 < 6 ? 1.5 : 0;
    const nod = atMs >= nodMs && atMs < nodMs + 300 ? 3 : 0;
    return { atMs, change: 0.4 + 0.1 * Math.sin(index) + own + nod };
  });
}

const idle = [{ startMs: 0, endMs: 12_000 }];

describe('the first visible reaction', () => {
  it('is the first picture of the nod', () => {
    const motions = face(14_160);
    const { threshold } = idleMotion([{ motions, idle }])!;
    expect(firstMotionMs(motions, 14_010, threshold)).toBe(150);
  });

  it('is absent when the face only idles', () => {
    const { threshold } = idleMotion([{ motions: face(30_000), idle }])!;
    expect(firstMotionMs(face(30_000), 13_000, threshold)).toBeUndefined();
  });

  it('tells how often the face moves by itself', () => {
    const restless = face(30_000).map(({ atMs, change }, index) => ({
      atMs,
      change: index % 21 === 0 ? 5 : change,
    }));
    const calm = idleMotion([{ motions: face(30_000), idle }])!.chance;
    const moving = idleMotion([{ motions: restless, idle }])!.chance;
    expect(moving.moved / moving.moments).toBeGreaterThan(0.25);
    expect(calm.moved / calm.moments).toBeLessThan(0.1);
  });

  it('is not judged when the face was hardly seen idling', () => {
    expect(
      idleMotion([{ motions: face(400), idle: [{ startMs: 0, endMs: 900 }] }]),
    ).toBeUndefined();
  });
});

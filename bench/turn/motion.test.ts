import { describe, expect, it } from 'vitest';
import { firstMotionMs, type Motion } from './motion.ts';

/** Pictures every 40 ms: a slow drift with now and then a blink, and a nod at `nodMs`. */
function face(nodMs: number): Motion[] {
  return Array.from({ length: 250 }, (_, index) => {
    const atMs = index * 40;
    const blink = index % 70 < 3 ? 1.2 : 0;
    const nod = atMs >= nodMs && atMs < nodMs + 300 ? 3 : 0;
    return { atMs, change: 0.4 + 0.2 * Math.sin(index) + blink + nod };
  });
}

describe('the first visible reaction', () => {
  it('is the first picture of the nod, not the idle motion before it', () => {
    expect(firstMotionMs(face(6_160), 6_010)).toBe(150);
  });

  it('is absent when the face only idles', () => {
    const idle = face(20_000).map((motion) => ({ ...motion, change: 0.4 }));
    expect(firstMotionMs(idle, 6_010)).toBeUndefined();
  });

  it('is not judged without a baseline', () => {
    expect(firstMotionMs(face(400), 200)).toBeUndefined();
  });
});

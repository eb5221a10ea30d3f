import { describe, expect, it } from 'vitest';
import { SoundQueue } from './sound-queue.ts';

const FRAME_MS = 10;
const AHEAD_MS = 40;

/** Writes frame after frame as the SDK asks for them: at once while there is room, then as each one leaves. */
function play(options: { frames: number; handledLateMs?: (frame: number) => number }) {
  const { frames, handledLateMs = () => 0 } = options;
  const queue = new SoundQueue({ aheadMs: AHEAD_MS, frameMs: FRAME_MS });
  // The first frame goes out at 4 ms, the next ones every 10 ms.
  const leavesFromMs = 4;
  let nowMs = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const writtenAtMs = nowMs;
    queue.write(writtenAtMs);
    // There is room when all but AHEAD_MS have begun to go out.
    const roomAtMs = leavesFromMs + frame * FRAME_MS - AHEAD_MS;
    nowMs = roomAtMs > nowMs ? roomAtMs + handledLateMs(frame) : nowMs;
    queue.calledBack(writtenAtMs, nowMs);
  }
  return { queue, nowMs, leavingMs: nowMs - leavesFromMs };
}

describe('the estimate of the sound that waits', () => {
  it('finds what leaves now, whenever in its ten milliseconds the SDK ticks', () => {
    const { queue, nowMs, leavingMs } = play({ frames: 100 });
    expect(queue.leavingMs(nowMs)).toBeCloseTo(leavingMs, 0);
    expect(queue.queuedMs(nowMs)).toBeCloseTo(AHEAD_MS + FRAME_MS, 0);
  });

  it('drains with the time that passes, down to nothing', () => {
    const { queue, nowMs } = play({ frames: 100 });
    expect(queue.queuedMs(nowMs + 25)).toBeCloseTo(25, 0);
    expect(queue.queuedMs(nowMs + 1_000)).toBe(0);
  });

  it('hardly moves when one call-back is handled late', () => {
    const { queue, nowMs, leavingMs } = play({
      frames: 100,
      handledLateMs: (frame) => (frame === 99 ? 8 : 0),
    });
    expect(Math.abs(queue.leavingMs(nowMs) - leavingMs)).toBeLessThan(2);
  });

  it('comes back to the truth after the sound stood still unseen', () => {
    const { queue, nowMs } = play({ frames: 100 });
    // For two seconds nothing leaves, and then everything goes on: the queue is as full as before.
    let atMs = nowMs + 2_000;
    for (let frame = 0; frame < 60; frame += 1) {
      queue.write(atMs);
      queue.calledBack(atMs, atMs + FRAME_MS);
      atMs += FRAME_MS;
    }
    expect(queue.queuedMs(atMs)).toBeGreaterThan(AHEAD_MS + FRAME_MS - 3);
  });
});

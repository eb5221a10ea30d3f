import { percentile } from '../../turn/figures.ts';
import { describe, expect, it } from 'vitest';
import { simulateHour, type SimulatedHour } from './simulate.ts';

const HOUR_MS = 3_600_000;

describe('an hour on simulated time, with interruptions, pauses, starvation, hiccups and reconnects', async () => {
  const hour: SimulatedHour = await simulateHour({ durationMs: HOUR_MS, seed: 11 });

  it('goes through all of them', () => {
    expect(hour.tones).toBeGreaterThan(2_000);
    expect(hour.hiccups).toBeGreaterThan(300);
    expect(hour.reconnects).toBeGreaterThan(10);
    expect(hour.skewsMs.length / hour.tones).toBeGreaterThan(0.95);
  });

  it('keeps lips and sound within 20 ms of each other, the last minutes as well as the first', () => {
    const [first, last] = [hour.skewsMs.slice(0, 300), hour.skewsMs.slice(-300)];
    for (const part of [hour.skewsMs, first, last]) {
      expect(percentile(part.map(Math.abs), 0.95)!).toBeLessThan(20);
    }
    expect(Math.abs(percentile(last, 0.5)! - percentile(first, 0.5)!)).toBeLessThan(2);
  });

  it('drops late pictures and queues none', () => {
    expect(hour.picturesDropped).toBeGreaterThan(0);
    // Every picture is for a later moment than the one before, a whole number of pictures on; none catches up in a burst.
    expect(hour.pictureStepsMs.every((stepMs) => stepMs > 0 && stepMs % 40 === 0)).toBe(true);
    const bursts = hour.pictureGapsMs.filter(
      (gapMs, index) => gapMs < 20 && (hour.pictureGapsMs[index + 1] ?? 40) < 20,
    );
    expect(bursts).toEqual([]);
  });
});

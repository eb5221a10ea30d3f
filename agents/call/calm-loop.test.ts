import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { untilCalm } from './calm-loop.ts';

/** A loop whose timers come late until a moment. */
class BusyClock extends FakeClock {
  readonly busyUntilMs: number;

  constructor(busyUntilMs: number) {
    super();
    this.busyUntilMs = busyUntilMs;
  }

  override after(delayMs: number, task: () => void): () => void {
    return super.after(this.nowMs() < this.busyUntilMs ? delayMs + 60 : delayMs, task);
  }
}

/** When it was calm, on that clock. */
async function calmAtMs(clock: FakeClock, signal = new AbortController().signal): Promise<number> {
  let atMs = Number.NaN;
  const calm = untilCalm({ clock, signal }).then(() => {
    atMs = clock.nowMs();
  });
  for (let step = 0; step < 400 && Number.isNaN(atMs); step += 1) {
    clock.advance(10);
    await Promise.resolve();
    await Promise.resolve();
  }
  await calm;
  return atMs;
}

describe('Before the first words', () => {
  it('a loop that is in time is believed after a quarter of a second', async () => {
    expect(await calmAtMs(new FakeClock())).toBeLessThanOrEqual(270);
  });

  it('a busy one is waited for', async () => {
    const atMs = await calmAtMs(new BusyClock(700));
    expect(atMs).toBeGreaterThanOrEqual(900);
    expect(atMs).toBeLessThanOrEqual(1_100);
  });

  it('one that is never calm is waited for no longer than a second and a half', async () => {
    const atMs = await calmAtMs(new BusyClock(60_000));
    expect(atMs).toBeGreaterThanOrEqual(1_500);
    expect(atMs).toBeLessThanOrEqual(1_600);
  });

  it('a call that is over waits for nothing', async () => {
    const clock = new FakeClock();
    await untilCalm({ clock, signal: AbortSignal.abort() });
    expect(clock.pendingTimers).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { MachineLoad } from './machine-load.ts';

describe('The machine’s load', () => {
  it('is what was busy since it was asked before', () => {
    const ticks = { total: 1_000, idle: 900 };
    const load = new MachineLoad(() => ({ ...ticks }));
    ticks.total += 200;
    ticks.idle += 50;
    expect(load.read()).toBe(0.75);
    ticks.total += 100;
    ticks.idle += 100;
    expect(load.read()).toBe(0);
  });

  it('is none where time stands, and never beyond its bounds', () => {
    const ticks = { total: 1_000, idle: 900 };
    const load = new MachineLoad(() => ({ ...ticks }));
    expect(load.read()).toBe(0);
    // A core that was taken offline takes its ticks along.
    ticks.total -= 500;
    expect(load.read()).toBe(0);
  });

  it('of this machine is a share', () => {
    const share = new MachineLoad().read();
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  });
});

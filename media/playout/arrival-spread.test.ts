import { describe, expect, it } from 'vitest';
import { ArrivalSpread } from './arrival-spread.ts';

const spread = (): ArrivalSpread =>
  new ArrivalSpread({ longestMs: 240, memory: 200, quantile: 0.9975 });

function observe(subject: ArrivalSpread, lateMs: number, times: number): void {
  for (let index = 0; index < times; index += 1) {
    subject.observe(lateMs);
  }
}

describe('how late sound arrives', () => {
  it('wants no delay where nothing was ever late', () => {
    const subject = spread();
    expect(subject.quantileMs).toBe(0);
    observe(subject, -30, 5);
    expect(subject.quantileMs).toBe(0);
  });

  it('covers the latest arrival among many, rounded up to whole frames', () => {
    const subject = spread();
    observe(subject, 12, 300);
    subject.observe(83);
    expect(subject.quantileMs).toBe(90);
    expect(subject.usualMs).toBe(20);
  });

  it('forgets what was late once, and keeps what is late again and again', () => {
    const once = spread();
    observe(once, 5, 300);
    once.observe(200);
    observe(once, 5, 100);
    expect(once.quantileMs).toBe(200);
    observe(once, 5, 60);
    expect(once.quantileMs).toBe(10);

    const again = spread();
    for (let round = 0; round < 20; round += 1) {
      again.observe(200);
      observe(again, 5, 60);
      expect(again.quantileMs).toBe(200);
    }
  });

  it('counts everything beyond its longest as that', () => {
    const subject = spread();
    subject.observe(9_000);
    expect(subject.quantileMs).toBe(240);
  });

  it('stays exact over hours', () => {
    const subject = spread();
    observe(subject, 35, 200_000);
    expect(subject.quantileMs).toBe(40);
    subject.observe(120);
    expect(subject.quantileMs).toBe(120);
  });
});

import { describe, expect, it } from 'vitest';
import { reportBetween, type SubscriberCounters } from './subscriber-counters.ts';

const BEFORE: SubscriberCounters = {
  atMs: 10_000,
  packetsReceived: 1_000,
  packetsLost: 20,
  bytesReceived: 500_000,
  framesDecoded: 250,
  freezeMs: 100,
  concealedSamples: 480,
  playedSamples: 480_000,
};

describe('Between two looks at a subscriber', () => {
  it('stands what happened, as shares and rates', () => {
    const report = reportBetween(BEFORE, {
      atMs: 12_000,
      packetsReceived: 1_190,
      packetsLost: 30,
      bytesReceived: 600_000,
      framesDecoded: 290,
      freezeMs: 300,
      concealedSamples: 5_280,
      playedSamples: 576_000,
      roundTripMs: 42,
    });
    expect(report).toEqual({
      lossShare: 0.05,
      freezeShare: 0.1,
      concealedShare: 0.05,
      receivedKbps: 400,
      framesPerSecond: 20,
      roundTripMs: 42,
    });
  });

  it('packets that came after all are no negative loss', () => {
    const after = { ...BEFORE, atMs: 12_000, packetsReceived: 1_100, packetsLost: 5 };
    expect(reportBetween(BEFORE, after)?.lossShare).toBe(0);
  });

  it('is nothing where a new connection counts from zero, or time stands', () => {
    expect(reportBetween(BEFORE, { ...BEFORE, atMs: 12_000, bytesReceived: 10 })).toBeUndefined();
    expect(reportBetween(BEFORE, BEFORE)).toBeUndefined();
  });

  it('a line on which nothing came has lost nothing and carried nothing', () => {
    expect(reportBetween(BEFORE, { ...BEFORE, atMs: 12_000 })).toMatchObject({
      lossShare: 0,
      receivedKbps: 0,
      concealedShare: 0,
    });
  });
});

import { subscriberCountersSchema } from '#agents/dispatch/quality.ts';
import { describe, expect, it } from 'vitest';
import { lineReport } from './line-report.ts';

const report = (...statistics: object[]): RTCStatsReport =>
  new Map(statistics.map((statistic, index) => [String(index), statistic])) as RTCStatsReport;

describe('The page’s report of the line', () => {
  it('adds up sound and picture, and takes the round trip of the pair in use', () => {
    const sound = report(
      {
        ...{ type: 'inbound-rtp', packetsReceived: 500, packetsLost: 10, bytesReceived: 60_000 },
        ...{ headerBytesReceived: 6_000, concealedSamples: 960, silentConcealedSamples: 480 },
        totalSamplesReceived: 480_000,
      },
      { type: 'codec', mimeType: 'audio/opus' },
      { type: 'candidate-pair', nominated: false, currentRoundTripTime: 3 },
      { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.042 },
    );
    const picture = report({
      ...{ type: 'inbound-rtp', packetsReceived: 1_000, packetsLost: 0, bytesReceived: 900_000 },
      ...{ framesDecoded: 250, totalFreezesDuration: 0.3 },
    });
    expect(lineReport([sound, picture], 1_234)).toEqual({
      atMs: 1_234,
      packetsReceived: 1_500,
      packetsLost: 10,
      bytesReceived: 966_000,
      framesDecoded: 250,
      freezeMs: 300,
      concealedSamples: 480,
      playedSamples: 480_000,
      roundTripMs: 42,
    });
  });

  it('is one that the agent accepts, with nothing known too', () => {
    const nothing = lineReport([undefined, report({ type: 'inbound-rtp' })], 10);
    expect(subscriberCountersSchema.parse(nothing)).toEqual(nothing);
  });
});

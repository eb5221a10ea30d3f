/** What WebRTC counted of the avatar's sound and picture, for the agent, which fits the picture to the line. Pure. */
import type { SubscriberCounters } from '#agents/dispatch/quality.ts';

/** The fields that are read, of statistics that browsers do not all fill. */
interface Inbound {
  type: 'inbound-rtp';
  packetsReceived?: number;
  packetsLost?: number;
  bytesReceived?: number;
  headerBytesReceived?: number;
  framesDecoded?: number;
  totalFreezesDuration?: number;
  concealedSamples?: number;
  silentConcealedSamples?: number;
  totalSamplesReceived?: number;
}

interface CandidatePair {
  type: 'candidate-pair';
  nominated?: boolean;
  currentRoundTripTime?: number;
}

type Statistic = Inbound | CandidatePair | { type: 'other' };

/** One report for each track; `nowMs` is the page's monotonic clock. */
export function lineReport(
  reports: readonly (RTCStatsReport | undefined)[],
  nowMs: number,
): SubscriberCounters {
  const counters: SubscriberCounters = {
    atMs: nowMs,
    packetsReceived: 0,
    packetsLost: 0,
    bytesReceived: 0,
    framesDecoded: 0,
    freezeMs: 0,
    concealedSamples: 0,
    playedSamples: 0,
  };
  for (const report of reports) {
    report?.forEach((statistic: Statistic) => {
      if (statistic.type === 'inbound-rtp') add(counters, statistic);
      else if (statistic.type === 'candidate-pair' && statistic.nominated === true) {
        const seconds = statistic.currentRoundTripTime;
        if (seconds !== undefined) counters.roundTripMs = Math.round(seconds * 1_000);
      }
    });
  }
  return counters;
}

function add(counters: SubscriberCounters, inbound: Inbound): void {
  counters.packetsReceived += inbound.packetsReceived ?? 0;
  counters.packetsLost += inbound.packetsLost ?? 0;
  counters.bytesReceived += (inbound.bytesReceived ?? 0) + (inbound.headerBytesReceived ?? 0);
  counters.framesDecoded += inbound.framesDecoded ?? 0;
  counters.freezeMs += (inbound.totalFreezesDuration ?? 0) * 1_000;
  // A pause in which nothing was sent is made up too; nobody misses it.
  counters.concealedSamples +=
    (inbound.concealedSamples ?? 0) - (inbound.silentConcealedSamples ?? 0);
  counters.playedSamples += inbound.totalSamplesReceived ?? 0;
}

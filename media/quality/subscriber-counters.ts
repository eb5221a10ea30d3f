/** From two looks at a subscriber's WebRTC counters to what happened in between. */
import type { SubscriberReport } from './observation.ts';

/** Since the connection opened, sound and picture together. */
export interface SubscriberCounters {
  /** On the subscriber's own monotonic clock. */
  atMs: number;
  packetsReceived: number;
  packetsLost: number;
  bytesReceived: number;
  framesDecoded: number;
  freezeMs: number;
  concealedSamples: number;
  playedSamples: number;
  /** The latest, not a counter. */
  roundTripMs?: number | undefined;
}

/** Looks closer together than this say little. */
const LEAST_MS = 500;

/** Undefined where the two are no pair: too close, out of order, or of two connections. */
export function reportBetween(
  before: SubscriberCounters,
  after: SubscriberCounters,
): SubscriberReport | undefined {
  const tookMs = after.atMs - before.atMs;
  const received = after.packetsReceived - before.packetsReceived;
  const bytes = after.bytesReceived - before.bytesReceived;
  const played = after.playedSamples - before.playedSamples;
  const frames = after.framesDecoded - before.framesDecoded;
  if (tookMs < LEAST_MS || received < 0 || bytes < 0 || played < 0 || frames < 0) {
    return undefined;
  }
  // Packets that come late count as lost before and as negative afterwards.
  const lost = Math.max(0, after.packetsLost - before.packetsLost);
  return {
    lossShare: share(lost, lost + received),
    freezeShare: share(after.freezeMs - before.freezeMs, tookMs),
    concealedShare: share(after.concealedSamples - before.concealedSamples, played),
    receivedKbps: (bytes * 8) / tookMs,
    // Before the first picture there is no pace.
    ...(before.framesDecoded === 0 ? {} : { framesPerSecond: (frames * 1_000) / tookMs }),
    // It is measured every few seconds; the same once more is no news.
    ...(after.roundTripMs === undefined || after.roundTripMs === before.roundTripMs
      ? {}
      : { roundTripMs: after.roundTripMs }),
  };
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, part / whole));
}

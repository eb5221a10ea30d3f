/** WebRTC's own counters of a room, as the quality controller wants them. */
import type { EncoderReport } from '#media/quality/observation.ts';
import type { SubscriberCounters } from '#media/quality/subscriber-counters.ts';
import type { Room } from '@livekit/rtc-node';

type SessionStats = Awaited<ReturnType<Room['getRtcStats']>>;
type Stats = SessionStats['publisherStats'];

/** In the order of the protocol's numbers. */
const LIMITATIONS = ['none', 'cpu', 'bandwidth', 'other'] as const;

export interface PublisherCounters {
  atMs: number;
  sentBytes: number;
  framesEncoded: number;
  /** Asked for by subscribers that cannot go on without one. */
  keyFramesAsked: number;
  limitation: EncoderReport['limitation'];
  availableKbps: number | undefined;
}

/** What this participant has sent since it connected. Undefined while there is no track. Rejects when the room is gone. */
export async function publisherCounters(
  room: Room,
  nowMs: number,
): Promise<PublisherCounters | undefined> {
  const { publisherStats } = await room.getRtcStats();
  const counters: PublisherCounters = {
    atMs: nowMs,
    ...{ sentBytes: 0, framesEncoded: 0, keyFramesAsked: 0, limitation: 'none' },
    availableKbps: availableKbps(publisherStats),
  };
  let tracks = 0;
  for (const { stats } of publisherStats) {
    if (stats.case !== 'outboundRtp') {
      continue;
    }
    const { stream, sent, outbound } = stats.value;
    tracks += 1;
    counters.sentBytes += Number(sent?.bytesSent ?? 0n) + Number(outbound?.headerBytesSent ?? 0n);
    if (stream?.kind === 'video') {
      counters.framesEncoded += outbound?.framesEncoded ?? 0;
      counters.keyFramesAsked += (outbound?.pliCount ?? 0) + (outbound?.firCount ?? 0);
      // A track that was replaced stays in the list.
      if (outbound?.active === true) {
        counters.limitation = LIMITATIONS[outbound.qualityLimitationReason ?? 0] ?? 'other';
      }
    }
  }
  return tracks === 0 ? undefined : counters;
}

/** Undefined where the two are no pair. */
export function encoderReport(
  before: PublisherCounters,
  after: PublisherCounters,
): EncoderReport | undefined {
  const tookMs = after.atMs - before.atMs;
  const bytes = after.sentBytes - before.sentBytes;
  if (tookMs <= 0 || bytes < 0) {
    return undefined;
  }
  return {
    limitation: after.limitation,
    sentKbps: (bytes * 8) / tookMs,
    ...(after.availableKbps === undefined ? {} : { availableKbps: after.availableKbps }),
  };
}

/** What this participant has received since it connected: what a page reports, for subscribers without one. */
export async function subscriberCounters(room: Room, nowMs: number): Promise<SubscriberCounters> {
  // One peer connection may carry both ways; it then stands with the publisher's.
  const { publisherStats, subscriberStats } = await room.getRtcStats();
  const all = [...subscriberStats, ...publisherStats];
  const counters: SubscriberCounters = {
    atMs: nowMs,
    ...{ packetsReceived: 0, packetsLost: 0, bytesReceived: 0, framesDecoded: 0 },
    ...{ freezeMs: 0, concealedSamples: 0, playedSamples: 0 },
    roundTripMs: roundTripMs(all),
  };
  for (const { stats } of all) {
    if (stats.case === 'inboundRtp') {
      const { received, inbound } = stats.value;
      counters.packetsReceived += Number(received?.packetsReceived ?? 0n);
      counters.packetsLost += Number(received?.packetsLost ?? 0n);
      counters.bytesReceived +=
        Number(inbound?.bytesReceived ?? 0n) + Number(inbound?.headerBytesReceived ?? 0n);
      counters.framesDecoded += inbound?.framesDecoded ?? 0;
      counters.freezeMs += (inbound?.totalFreezeDuration ?? 0) * 1_000;
      // A pause in which nothing was sent is made up too; nobody misses it.
      counters.concealedSamples +=
        Number(inbound?.concealedSamples ?? 0n) - Number(inbound?.silentConcealedSamples ?? 0n);
      counters.playedSamples += Number(inbound?.totalSamplesReceived ?? 0n);
    }
  }
  return counters;
}

function availableKbps(stats: Stats): number | undefined {
  const bps = nominated(stats)?.availableOutgoingBitrate ?? 0;
  return bps > 0 ? bps / 1_000 : undefined;
}

function roundTripMs(stats: Stats): number | undefined {
  const seconds = nominated(stats)?.currentRoundTripTime;
  return seconds === undefined ? undefined : seconds * 1_000;
}

function nominated(stats: Stats) {
  for (const { stats: one } of stats) {
    if (one.case === 'candidatePair' && one.value.candidatePair?.nominated === true) {
      return one.value.candidatePair;
    }
  }
  return undefined;
}

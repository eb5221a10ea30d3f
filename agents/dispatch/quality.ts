/** What the page tells the agent about the line, and what the agent tells about the picture. */
import { z } from 'zod';

/** Data packets of the learner on this topic: the page's counters every second, as JSON. A lost one loses nothing. */
export const QUALITY_TOPIC = 'understudy.quality' as const;

const count = z.number().nonnegative();

/** Since the page's connection opened, as WebRTC counts: sound and picture of the avatar together. */
export const subscriberCountersSchema = z.object({
  /** On the page's own monotonic clock. */
  atMs: count,
  packetsReceived: count,
  /** May fall when late packets come after all. */
  packetsLost: z.number(),
  bytesReceived: count,
  framesDecoded: count,
  freezeMs: count,
  concealedSamples: count,
  playedSamples: count,
  /** The latest, not a counter. */
  roundTripMs: count.optional(),
});
export type SubscriberCounters = z.infer<typeof subscriberCountersSchema>;

/** The agent's attribute `understudy.quality`. */
export const qualityAttributeSchema = z.object({
  /** `video_quality_score`, 0..100. */
  score: z.number(),
  /** 0 is best. */
  rung: z.number().int(),
  /** Why it is not at its best; `none` when it is. */
  reason: z.string(),
});
export type QualityAttribute = z.infer<typeof qualityAttributeSchema>;

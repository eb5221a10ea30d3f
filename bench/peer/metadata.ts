/** What a peer's job is told: how to wait for the end of a turn, and whom to be. */
import { z } from 'zod';

export const PEER_AGENT_NAME = 'understudy-bench-peer';

export const peerMetadataSchema = z.object({
  scenarioId: z.string(),
  /** Absent: the framework's defaults. Otherwise a fixed silence, minDelay = maxDelay. */
  fixedWaitMs: z.number().optional(),
});
export type PeerMetadata = z.infer<typeof peerMetadataSchema>;

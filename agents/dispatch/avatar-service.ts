/** What agents, signaling and avatar workers say to each other over HTTP about avatars for somebody else's agent. */
import { AccessToken } from 'livekit-server-sdk';
import { z } from 'zod';
import { AVATAR_NAME } from './avatars.ts';

/** An avatar that is wanted in a room. The same body goes to signaling and to a worker. */
export const avatarRequestSchema = z.strictObject({
  /** LiveKit as the worker reaches it. */
  livekitUrl: z.url({ protocol: /^(?:wss?|https?)$/u }).max(500),
  /** A room token with the identity of the avatar, best with `lk.publish_on_behalf`. */
  token: z.string().min(20).max(8_000),
  /** `ada`, or `neural/ann`. */
  avatar: z.string().regex(AVATAR_NAME),
  /** Whose sound it plays; without it the token's `lk.publish_on_behalf` says so, else it is the room's first agent. */
  agentIdentity: z.string().min(1).max(256).optional(),
});
export type AvatarRequest = z.infer<typeof avatarRequestSchema>;

/** An avatar that performs. */
export const avatarSummarySchema = z.object({
  id: z.string(),
  avatar: z.string(),
  room: z.string(),
  /** Of the avatar in its room. */
  identity: z.string(),
  /** Absent until its agent is in the room. */
  agentIdentity: z.string().optional(),
});
export type AvatarSummary = z.infer<typeof avatarSummarySchema>;

/** A worker's heartbeat: the whole of what signaling knows of it. */
export const avatarWorkerStateSchema = z.strictObject({
  /** The worker's own HTTP address as signaling reaches it: http://10.0.0.7:8093. */
  address: z.url({ protocol: /^https?$/u }).max(500),
  /** How many avatars it takes at the same time. */
  capacity: z.number().int().min(1).max(1_000),
  /** How many it has. */
  active: z.number().int().min(0).max(1_000),
  /** Busy share of the machine's processors, 0..1. */
  cpu: z.number().min(0).max(1),
  /** It takes no new ones, and ends when its last one does. */
  draining: z.boolean(),
});
export type AvatarWorkerState = z.infer<typeof avatarWorkerStateSchema>;

const TOKEN_TTL_S = 60;

/** Keys of the LiveKit server: who can sign with them may ask for avatars. */
export interface ServiceKeys {
  apiKey: string;
  apiSecret: string;
}

/** The bearer token of these requests: a LiveKit token with `roomAdmin`, signed with the secret, good for a minute. */
export function serviceToken(keys: ServiceKeys, caller: string): Promise<string> {
  const token = new AccessToken(keys.apiKey, keys.apiSecret, {
    identity: caller,
    ttl: TOKEN_TTL_S,
  });
  token.addGrant({ roomAdmin: true });
  return token.toJwt();
}

/** Where signaling has placed an avatar. */
export type AvatarPlacement = AvatarSummary & {
  /** Address of its worker: `DELETE {worker}/v1/avatars/{id}` sends the avatar away. */
  worker: string;
};

/** What failover has to tell. */

/** `redispatched`: no worker had taken the dispatch before; `unanswered`: none for so long that the room was told. */
export type FailoverNews =
  'replaced' | 'handed-over' | 'redispatched' | 'unanswered' | 'given-up' | 'failed' | 'trouble';

export interface FailoverEvent {
  what: FailoverNews;
  sessionId: string;
  error?: unknown;
}

/** No news of any kind so far. */
export const nothingYet = (): Record<FailoverNews, number> => ({
  replaced: 0,
  'handed-over': 0,
  redispatched: 0,
  unanswered: 0,
  'given-up': 0,
  failed: 0,
  trouble: 0,
});

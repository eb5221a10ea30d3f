/** How long failover waits for what, in milliseconds. */

/** A job whose line broke for another reason than its death is back sooner. */
export const GRACE_MS = 200;
/** A line without a beat: the machine is gone or the job hangs. Jobs beat twice a second; a busy one may be late. */
export const SILENT_AFTER_MS = 4_000;
/**
 * LiveKit drops a dispatch silently that no worker takes: after this it is looked whether one has, and dispatched anew. A
 * worker answers within some hundredths of a second; after a restart of LiveKit it is back within two to four seconds.
 */
export const TAKEN_WITHIN_MS = 5_000;
/** A dispatch that a worker has taken may have to wait for its process; on a busy machine that takes a while. */
export const ANSWER_WITHIN_MS = 50_000;
/** Without an agent for so long, whoever is in the room is told; further tries come more slowly. */
export const REPORT_AFTER_MS = 30_000;
export const SLOW_RETRY_MS = 10_000;
/** Without an agent for so long, the session has failed. */
export const GIVE_UP_AFTER_MS = 180_000;
/** Agents that one session may lose within a minute: one that kills each of its agents is left alone. */
export const LOSSES_A_MINUTE = 5;
export const MINUTE_MS = 60_000;
/** The store or the media server is away. */
export const TROUBLE_RETRY_MS = 500;
export const RENEW_EVERY_MS = 5_000;
/** Entries that no line renews and no process watches: their signaling process died, and their job with it. */
export const ORPHAN_AFTER_MS = 20_000;
export const SWEEP_EVERY_MS = 5_000;

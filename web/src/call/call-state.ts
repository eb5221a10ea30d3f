/** What the call page shows, derived from what the room says. Pure. */

export type StageState =
  'connecting' | 'preparing' | 'listening' | 'thinking' | 'speaking' | 'reconnecting' | 'ended';

/** `lost`: the media library gave up; `expired`: the session's key is no longer accepted. */
export type ConnectionPhase = 'connecting' | 'open' | 'lost' | 'failed' | 'expired' | 'closed';

export interface StageInput {
  phase: ConnectionPhase;
  /** The room is open but its signal or media is being restored. */
  reconnecting: boolean;
  agentPresent: boolean;
  /** `lk.agent.state` as published. */
  agentState: string | undefined;
  /** The first frame was shown, or waiting for one has gone on too long and sound alone will do. */
  pictureReady: boolean;
}

export function deriveStage(input: StageInput): StageState {
  switch (input.phase) {
    case 'closed':
    case 'expired':
    case 'failed':
      return 'ended';
    case 'connecting':
      return 'connecting';
    case 'lost':
      return 'reconnecting';
    case 'open':
      break;
  }
  if (input.reconnecting) return 'reconnecting';
  if (!input.agentPresent || !input.pictureReady || input.agentState === 'initializing') {
    return 'preparing';
  }
  switch (input.agentState) {
    case 'speaking':
    case 'thinking':
      return input.agentState;
    default:
      return 'listening';
  }
}

export type MicrophoneStatus = 'off' | 'starting' | 'on' | 'muted' | 'failed' | 'lost';

/** The one thing that needs the learner's attention; lower ones wait. */
export type Notice =
  | 'ending'
  | 'closing'
  | 'lost'
  | 'reconnecting'
  | 'audio-blocked'
  | 'microphone-lost'
  | 'returning'
  | 'left'
  | 'absent';

export interface NoticeInput {
  stage: StageState;
  phase: ConnectionPhase;
  ending: boolean;
  closing: boolean;
  audioBlocked: boolean;
  microphone: MicrophoneStatus;
  agentPresent: boolean;
  /** An agent was here before. */
  agentWasPresent: boolean;
  /** The system has stopped looking for one, or has found nobody for long. */
  agentReported: boolean;
  /** Since the room opened, or since the agent went. */
  withoutAgentMs: number;
}

/** A worker answers within a second or two; after eight, waiting in silence is worse than being told. */
export const ABSENT_AFTER_MS = 8_000;
/** Sooner than that, a message would only flash. */
export const RETURNING_AFTER_MS = 500;
/** Another agent is there within three seconds; one that takes longer may not come. */
export const LEFT_AFTER_MS = 8_000;

export function deriveNotice(input: NoticeInput): Notice | null {
  if (input.stage === 'ended') return null;
  if (input.ending) return 'ending';
  if (input.closing) return 'closing';
  if (input.phase === 'lost') return 'lost';
  if (input.stage === 'reconnecting') return 'reconnecting';
  if (input.phase === 'open' && !input.agentPresent) {
    const { agentReported, withoutAgentMs } = input;
    if (input.agentWasPresent) {
      if (agentReported || withoutAgentMs >= LEFT_AFTER_MS) return 'left';
      return withoutAgentMs >= RETURNING_AFTER_MS ? 'returning' : null;
    }
    if (agentReported || withoutAgentMs >= ABSENT_AFTER_MS) return 'absent';
  }
  if (input.audioBlocked && input.agentPresent) return 'audio-blocked';
  if (input.microphone === 'lost') return 'microphone-lost';
  return null;
}

export type NetworkWord = 'good' | 'weak' | 'offline' | 'connecting';

/** LiveKit's `ConnectionQuality` and our phase, as one of four words. */
export function networkWord(quality: string, stage: StageState): NetworkWord {
  if (stage === 'connecting') return 'connecting';
  if (stage === 'reconnecting') return 'offline';
  switch (quality) {
    case 'lost':
      return 'offline';
    case 'poor':
      return 'weak';
    default:
      return 'good';
  }
}

/** The ids in the agent's `understudy.aims` attribute; anything malformed counts as none. */
export function readAims(attribute: string | undefined): string[] {
  if (attribute === undefined) return [];
  try {
    const value: unknown = JSON.parse(attribute);
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** When to ask for a new token: a minute before the old one ends, or halfway through a short life. Never at once. */
export function refreshDelayMs(expiresAtMs: number, nowMs: number): number {
  const left = expiresAtMs - nowMs;
  return Math.max(5_000, left > 120_000 ? left - 60_000 : left / 2);
}

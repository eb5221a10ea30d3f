/** The call of this tab: enough to rejoin the same session after a reload. */
import type { CreateSessionResponse } from '#signaling/api-types.ts';
import { readTab, writeTab } from './browser-storage.ts';

export interface OpenCall extends CreateSessionResponse {
  /** The learner chose, or had, to type. */
  typing: boolean;
  /** The learner muted themselves; a reload does not undo it. */
  muted: boolean;
  /** When the learner pressed Start, milliseconds since the epoch. */
  startedAtMs: number;
}

const keyOf = (sessionId: string) => `understudy.call.${sessionId}`;

export function keepOpenCall(call: OpenCall): void {
  writeTab(keyOf(call.sessionId), call);
}

/** Null when this tab never joined that session. */
export function openCall(sessionId: string): OpenCall | null {
  const stored = readTab(keyOf(sessionId));
  if (typeof stored !== 'object' || stored === null || !('token' in stored)) return null;
  return stored as OpenCall;
}

export function forgetOpenCall(sessionId: string): void {
  writeTab(keyOf(sessionId), null);
}

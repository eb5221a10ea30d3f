/** What the learner chose last time, so that the next call starts the same way. */
import { readLocal, writeLocal } from './browser-storage.ts';

export interface Preferences {
  learnerName: string;
  /** Device ids; empty means the browser's default. */
  microphoneId: string;
  speakerId: string;
  captions: boolean;
  /** Single-key shortcuts during a call. */
  shortcuts: boolean;
  /** The media server of the last session: warmed up while the learner reads the next briefing. */
  lastServerUrl: string;
}

const KEY = 'understudy.preferences';

const DEFAULTS: Preferences = {
  learnerName: '',
  microphoneId: '',
  speakerId: '',
  captions: true,
  shortcuts: true,
  lastServerUrl: '',
};

export function readPreferences(): Preferences {
  const stored = readLocal(KEY);
  const preferences = { ...DEFAULTS };
  if (typeof stored !== 'object' || stored === null) return preferences;
  const values = stored as Record<string, unknown>;
  for (const key of ['learnerName', 'microphoneId', 'speakerId', 'lastServerUrl'] as const) {
    const value = values[key];
    if (typeof value === 'string') preferences[key] = value;
  }
  for (const key of ['captions', 'shortcuts'] as const) {
    const value = values[key];
    if (typeof value === 'boolean') preferences[key] = value;
  }
  return preferences;
}

export function changePreferences(change: Partial<Preferences>): void {
  writeLocal(KEY, { ...readPreferences(), ...change });
}

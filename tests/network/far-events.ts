/** What the learner behind the line says of itself, in lines of JSON. Times are ms since the epoch, one clock for all. */
import type { SubscriberCounters } from '#media/quality/subscriber-counters.ts';

export interface FarOrder {
  url: string;
  token: string;
  /** Reports its counters to the room as a page does. */
  reports: boolean;
  /** Where its sound goes: mono 16-bit PCM at SOUND_RATE_HZ. */
  soundPath: string;
}

export interface Picture {
  atMs: number;
  widthPx: number;
  heightPx: number;
}

export type FarEvent =
  | { type: 'ready' }
  | { type: 'subscribed' }
  | { type: 'second'; atMs: number; counters: SubscriberCounters }
  | { type: 'quality'; atMs: number; value: string }
  | { type: 'disconnected' }
  | {
      type: 'heard';
      pictures: Picture[];
      /** When each 10 ms of sound came. */
      soundAtMs: number[];
      connected: boolean;
    };

export const SOUND_RATE_HZ = 16_000;

/** What the bench's processes are told and what they say: lines of JSON over stdin and stdout. */
import type { Script } from './script.ts';

export interface PublisherOrder {
  url: string;
  /** One per room. */
  tokens: string[];
  script: Script;
  /** `marker`, or one of our drawn faces. The peer knows `marker` alone. */
  face: string;
  /** A file with the picture that the marker flashes on, I420. */
  markerBasePath: string;
}

/** Times are milliseconds of the monotonic clock. */
export type PublisherEvent =
  | { type: 'ready' }
  | { type: 'cleared'; room: number; atMs: number }
  | {
      type: 'counters';
      room: number;
      picturesDrawn: number;
      picturesDropped: number;
      renderMsTotal: number;
    };

export interface SubscriberOrder {
  url: string;
  tokens: string[];
  /** In this many rooms, the first ones, pictures are looked at; in the others only sound is taken. */
  watched: number;
}

/** What one subscriber of one room heard and saw. Times are milliseconds of the monotonic clock. */
export interface Heard {
  /** When each tone's first sample was heard. */
  tonesMs: number[];
  /** Stretches of audible sound. */
  audible: { startMs: number; endMs: number }[];
  /** When the first picture of each flash came, and how long before it the flash began. */
  flashes: { atMs: number; ageMs: number }[];
  /** When each picture came. */
  picturesMs: number[];
  /** What the receivers said of their buffers, about once a second. */
  buffers: BufferNote[];
}

export interface BufferNote {
  atMs: number;
  /** How long sound and pictures that left since the last note had waited in their jitter buffers. */
  audioMs: number | null;
  videoMs: number | null;
  /** `estimatedPlayoutTimestamp` of the pictures minus that of the sound: positive when the picture leads. */
  playoutMs: number | null;
  /** Sound that was made up rather than received, as a share. */
  concealed: number;
}

export type SubscriberEvent = { type: 'ready' } | { type: 'heard'; rooms: Heard[] };

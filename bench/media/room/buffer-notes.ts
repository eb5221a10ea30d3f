/** From two looks at a subscriber's receivers to what their jitter buffers did between them. Pure. */
import type { BufferNote } from './order.ts';

/** What W3C statistics say of one received track so far. Times are seconds there, and here where they say so. */
export interface Inbound {
  kind: string;
  /** `jitterBufferDelay` and `jitterBufferEmittedCount`. */
  waitedS: number;
  emitted: number;
  concealed: number;
  received: number;
  /** `estimatedPlayoutTimestamp`: what is played now, on the sender's clock. Not there for tracks that are not in step. */
  playoutMs: number | null;
}

/** Undefined while there is no sound yet. */
export function bufferNote(
  before: readonly Inbound[],
  after: readonly Inbound[],
  atMs: number,
): BufferNote | undefined {
  const [soundBefore, sound] = [of(before, 'audio'), of(after, 'audio')];
  if (soundBefore === undefined || sound === undefined) {
    return undefined;
  }
  const video = of(after, 'video');
  return {
    atMs,
    audioMs: waitedMs(soundBefore, sound),
    videoMs: waitedMs(of(before, 'video'), video),
    playoutMs:
      sound.playoutMs === null || video === undefined || video.playoutMs === null
        ? null
        : video.playoutMs - sound.playoutMs,
    concealed:
      (sound.concealed - soundBefore.concealed) /
      Math.max(1, sound.received - soundBefore.received),
  };
}

function of(all: readonly Inbound[], kind: string): Inbound | undefined {
  return all.find((one) => one.kind === kind);
}

function waitedMs(before: Inbound | undefined, after: Inbound | undefined): number | null {
  return before === undefined || after === undefined || after.emitted === before.emitted
    ? null
    : (1_000 * (after.waitedS - before.waitedS)) / (after.emitted - before.emitted);
}

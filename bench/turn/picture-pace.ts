/** How steadily pictures came while the avatar spoke. Pure. */
import type { Stretch } from './audible.ts';

export interface PicturePace {
  /** Time and pictures within speech. */
  spokenMs: number;
  pictures: number;
  intervals: number;
  /** Intervals no longer than one and a half picture periods. */
  onTime: number;
}

export const FRAMES_PER_SECOND = 25;
const LATE_AFTER_MS = (1.5 * 1_000) / FRAMES_PER_SECOND;

export function picturePace(
  pictureTimesMs: readonly number[],
  speech: readonly Stretch[],
): PicturePace {
  const pace: PicturePace = { spokenMs: 0, pictures: 0, intervals: 0, onTime: 0 };
  for (const { startMs, endMs } of speech) {
    const within = pictureTimesMs.filter((atMs) => atMs >= startMs && atMs < endMs);
    pace.spokenMs += endMs - startMs;
    pace.pictures += within.length;
    for (let index = 1; index < within.length; index += 1) {
      pace.intervals += 1;
      pace.onTime += within[index]! - within[index - 1]! <= LATE_AFTER_MS ? 1 : 0;
    }
  }
  return pace;
}

export function joinPaces(paces: readonly PicturePace[]): PicturePace {
  const sum = (of: (pace: PicturePace) => number): number =>
    paces.reduce((total, pace) => total + of(pace), 0);
  return {
    spokenMs: sum((pace) => pace.spokenMs),
    pictures: sum((pace) => pace.pictures),
    intervals: sum((pace) => pace.intervals),
    onTime: sum((pace) => pace.onTime),
  };
}

export function framesPerSecondOf({ pictures, spokenMs }: PicturePace): number | null {
  return spokenMs === 0 ? null : (pictures * 1_000) / spokenMs;
}

export function onTimeShareOf({ intervals, onTime }: PicturePace): number | null {
  return intervals === 0 ? null : onTime / intervals;
}

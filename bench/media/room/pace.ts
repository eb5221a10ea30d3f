/** How steadily pictures came. Pure. */
import { FRAMES_PER_SECOND } from '#agents/room/lip-timing.ts';

export interface Pace {
  framesPerSecond: number;
  /** Share of pictures that were due and came at most half a picture late. */
  onTime: number;
  pictures: number;
}

const FRAME_MS = 1_000 / FRAMES_PER_SECOND;
const LATE_AFTER_MS = 1.5 * FRAME_MS;

/** Of several streams together, between two moments. A gap counts as all the pictures that should have been in it. */
export function paceOf(
  streamsMs: readonly (readonly number[])[],
  fromMs: number,
  toMs: number,
): Pace {
  let [inTime, due, pictures] = [0, 0, 0];
  for (const stream of streamsMs) {
    const times = stream.filter((atMs) => atMs >= fromMs && atMs <= toMs);
    pictures += times.length;
    // A stream that stops, or never begins, is late for as long as it is missing.
    const edged = [times[0] === undefined ? fromMs : times[0], ...times.slice(1), toMs];
    for (let index = 1; index < edged.length; index += 1) {
      const gapMs = edged[index]! - edged[index - 1]!;
      const last = index === edged.length - 1;
      if (gapMs <= LATE_AFTER_MS) {
        inTime += last ? 0 : 1;
        due += last ? 0 : 1;
      } else {
        due += Math.round(gapMs / FRAME_MS);
      }
    }
  }
  const seconds = (streamsMs.length * (toMs - fromMs)) / 1_000;
  return {
    framesPerSecond: seconds === 0 ? 0 : pictures / seconds,
    onTime: due === 0 ? 0 : inTime / due,
    pictures,
  };
}

/** When sound is audible: from levels of 10 ms windows to stretches of sound. */

/** The level of one window of sound, and when it was heard. */
export interface Level {
  /** When its first sample was heard. */
  atMs: number;
  /** Root mean square, in units of 16-bit samples. */
  rms: number;
}

export interface Stretch {
  startMs: number;
  endMs: number;
}

/**
 * -56 dBFS. Opus in discontinuous transmission sends nothing or comfort noise far below this between words; the
 * softest sound that the avatar makes, a breath, peaks at -38 dBFS and passes it within 60 ms of its beginning.
 */
export const AUDIBLE_RMS = 50;
export const WINDOW_MS = 10;
/** Stops inside words are silent for up to 120 ms and belong to the stretch. */
export const BRIDGE_MS = 150;
/** One window alone is a click of the codec. */
const LEAST_WINDOWS = 2;

/** Stretches of audible sound; silences up to `bridgeMs` belong to them. */
export function audibleStretches(
  levels: readonly Level[],
  options: { threshold?: number; bridgeMs?: number } = {},
): Stretch[] {
  const { threshold = AUDIBLE_RMS, bridgeMs = BRIDGE_MS } = options;
  const stretches: (Stretch & { windows: number })[] = [];
  for (const { atMs, rms } of levels) {
    if (rms < threshold) {
      continue;
    }
    const last = stretches.at(-1);
    if (last !== undefined && atMs - last.endMs <= bridgeMs) {
      last.endMs = atMs + WINDOW_MS;
      last.windows += 1;
    } else {
      stretches.push({ startMs: atMs, endMs: atMs + WINDOW_MS, windows: 1 });
    }
  }
  return stretches
    .filter(({ windows }) => windows >= LEAST_WINDOWS)
    .map(({ startMs, endMs }) => ({ startMs, endMs }));
}

/** The first stretch that begins at or after `fromMs`. */
export function firstStretchFrom(
  stretches: readonly Stretch[],
  fromMs: number,
): Stretch | undefined {
  return stretches.find(({ startMs }) => startMs >= fromMs);
}

/**
 * Windows of sound are made every `stepMs` and are sometimes looked at late. Gives the times at which they would have
 * been seen without delay: the earliest times, within a second or so around each, that fit the steady pace.
 */
export function steadyTimes(seenMs: readonly number[], stepMs = WINDOW_MS, reach = 60): number[] {
  const drift = seenMs.map((atMs, index) => atMs - index * stepMs);
  const lows = slidingMinimum(drift, reach);
  return lows.map((low, index) => low + index * stepMs);
}

/** The least value among the `reach` neighbours on either side of each. */
function slidingMinimum(values: readonly number[], reach: number): number[] {
  const out: number[] = [];
  const candidates: number[] = [];
  let next = 0;
  let head = 0;
  for (let index = 0; index < values.length; index += 1) {
    for (; next < values.length && next <= index + reach; next += 1) {
      while (candidates.length > head && values[candidates.at(-1)!]! >= values[next]!) {
        candidates.pop();
      }
      candidates.push(next);
    }
    while (candidates[head]! < index - reach) {
      head += 1;
    }
    out.push(values[candidates[head]!]!);
  }
  return out;
}

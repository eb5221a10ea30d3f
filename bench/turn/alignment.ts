/** Finds a known sound inside a received one. */

export interface Match {
  /** Sample of the received sound at which the known one begins. */
  at: number;
  /** Normalised correlation there, -1..1. */
  score: number;
}

/** Looks for `known` in `received`, beginning at samples `from`..`to`. Undefined when there is no room for it. */
export function findSound(
  received: Int16Array,
  known: Int16Array,
  from: number,
  to: number,
  step = 1,
): Match | undefined {
  const first = Math.max(0, from);
  const last = Math.min(to, received.length - known.length);
  let knownEnergy = 0;
  for (const sample of known) {
    knownEnergy += sample * sample;
  }
  let best: Match | undefined;
  for (let at = first; at <= last; at += step) {
    let product = 0;
    let energy = 0;
    for (let index = 0; index < known.length; index += step) {
      const heard = received[at + index]!;
      product += heard * known[index]!;
      energy += heard * heard;
    }
    const score = (product * step) / Math.sqrt(knownEnergy * Math.max(1, energy * step));
    if (best === undefined || score > best.score) {
      best = { at, score };
    }
  }
  return best;
}

/** Averages neighbouring samples: `factor` to one. */
export function thinned(samples: Int16Array, factor: number): Int16Array {
  const out = new Int16Array(Math.floor(samples.length / factor));
  for (let index = 0; index < out.length; index += 1) {
    let sum = 0;
    for (let part = 0; part < factor; part += 1) {
      sum += samples[index * factor + part]!;
    }
    out[index] = Math.round(sum / factor);
  }
  return out;
}

const COARSE_FACTOR = 4;
const FINE_REACH = 12;

/** As `findSound`, over a wide range: first on a thinned sound, then exactly around what that found. */
export function findSoundFar(
  received: Int16Array,
  known: Int16Array,
  from: number,
  to: number,
): Match | undefined {
  const start = Math.max(0, from);
  const window = received.subarray(start, Math.min(received.length, to + known.length));
  const coarse = findSound(
    thinned(window, COARSE_FACTOR),
    thinned(known, COARSE_FACTOR),
    0,
    Number.POSITIVE_INFINITY,
  );
  if (coarse === undefined) {
    return undefined;
  }
  const near = start + coarse.at * COARSE_FACTOR;
  return findSound(received, known, near - FINE_REACH, near + FINE_REACH);
}

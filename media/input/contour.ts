/** How the levels of the bands move: what stays of a voice through loudspeaker, room and codec. */
import { BANDS } from './band-spectrum.ts';

/** Contours are taken against their own mean of about 120 ms: levels do not matter, movements do. */
const MEAN_RATE = 1 / 12;

/**
 * Turns levels in dB, in place, into their movements: against their own means, which it keeps up to date, and against each
 * other, so that a mere beginning of sound is no likeness. Gives their energy. `first`: there are no means yet.
 */
export function contourOf(levels: Float64Array, means: Float64Array, first: boolean): number {
  let common = 0;
  for (let band = 0; band < BANDS; band += 1) {
    const level = levels[band]!;
    means[band] = first ? level : means[band]! + MEAN_RATE * (level - means[band]!);
    levels[band] = level - means[band]!;
    common += levels[band]! / BANDS;
  }
  let energy = 0;
  for (let band = 0; band < BANDS; band += 1) {
    levels[band]! -= common;
    energy += levels[band]! ** 2;
  }
  return energy;
}

/** The steps between the best picture and almost none. Sound stands on none of them: it is never traded for a picture. */

/** A share of the face's own width and height, as small whole numbers so that a box filter is exact. */
export interface PictureScale {
  readonly numerator: number;
  readonly denominator: number;
}

export interface Rung {
  /** 1,000 divided by a whole number of 10 ms frames: a picture is handed over with a frame of sound. */
  readonly framesPerSecond: number;
  /** How often the mouth takes a new shape; what a neural face costs. Never above the frame rate. */
  readonly mouthRateHz: number;
  readonly scale: PictureScale;
  /**
   * What the encoder may make, in kbit/s. Equal on neighbouring rungs where it can be: a change takes a new track, and
   * the picture stands still for it for a moment.
   */
  readonly maxBitrateKbps: number;
}

const FULL: PictureScale = { numerator: 1, denominator: 1 };
const THREE_QUARTERS: PictureScale = { numerator: 3, denominator: 4 };
const HALF: PictureScale = { numerator: 1, denominator: 2 };

/**
 * Best first. A face that speaks wants its frame rate more than its sharpness, so size goes before the rate falls
 * under 16; the last rung only shows that somebody is there.
 */
export const LADDER: readonly Rung[] = [
  { framesPerSecond: 25, mouthRateHz: 25, scale: FULL, maxBitrateKbps: 1_200 },
  { framesPerSecond: 20, mouthRateHz: 20, scale: FULL, maxBitrateKbps: 1_200 },
  { framesPerSecond: 20, mouthRateHz: 20, scale: THREE_QUARTERS, maxBitrateKbps: 450 },
  { framesPerSecond: 1_000 / 60, mouthRateHz: 1_000 / 60, scale: HALF, maxBitrateKbps: 160 },
  { framesPerSecond: 12.5, mouthRateHz: 12.5, scale: HALF, maxBitrateKbps: 160 },
  { framesPerSecond: 5, mouthRateHz: 5, scale: HALF, maxBitrateKbps: 60 },
];

export const LAST_RUNG = LADDER.length - 1;

/** The best rung whose pictures fit into `kbps`; the last one when none does. */
export function rungWithin(kbps: number): number {
  const fits = LADDER.findIndex(({ maxBitrateKbps }) => maxBitrateKbps <= kbps);
  return fits < 0 ? LAST_RUNG : fits;
}

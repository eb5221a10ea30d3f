/**
 * How often a mouth is decoded, and for which picture: at every picture while answers come in time, less often where they
 * do not, so that sound never waits for a mouth. Pictures are counted as they are drawn.
 */
export interface MouthPaceOptions {
  /** Time between two pictures. */
  pictureMs: number;
}

/** One answer's weight in the mean. */
const WEIGHT = 0.25;
/** Part of the time between decodes that stays free for sound and everything else. */
const SPARE = 1.2;
/** A mouth seldomer than this is no speech; then the mouth rests. */
export const MAX_LAG_PICTURES = 5;
/** After a failure so many pictures go by before the next try. */
const FIRST_PAUSE_PICTURES = 5;
const LONGEST_PAUSE_PICTURES = 50;

export class MouthPace {
  readonly #pictureMs: number;
  #meanMs: number;
  #inFlight = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #pause = FIRST_PAUSE_PICTURES;

  constructor({ pictureMs }: MouthPaceOptions) {
    this.#pictureMs = pictureMs;
    this.#meanMs = pictureMs / 2;
  }

  /** After how many pictures an answer that is asked for now will be there: 1 at full rate. */
  get lagPictures(): number {
    const pictures = Math.ceil((this.#meanMs * SPARE) / this.#pictureMs);
    return Math.min(MAX_LAG_PICTURES, Math.max(1, pictures));
  }

  /** Whether to ask at this picture. One answer is awaited at a time: that alone is what steps the rate down. */
  mayAsk(picture: number): boolean {
    return !this.#inFlight && picture >= this.#pausedUntil;
  }

  asked(): void {
    this.#inFlight = true;
  }

  answered(tookMs: number): void {
    this.#inFlight = false;
    this.#meanMs += WEIGHT * (tookMs - this.#meanMs);
    this.#pause = FIRST_PAUSE_PICTURES;
  }

  /** The pause before the next try doubles with each failure in a row. */
  failed(picture: number): void {
    this.#inFlight = false;
    this.#pausedUntil = picture + this.#pause;
    this.#pause = Math.min(LONGEST_PAUSE_PICTURES, this.#pause * 2);
  }
}

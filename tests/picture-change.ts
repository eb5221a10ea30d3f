/** How much the avatar's picture changes from frame to frame, as a headless learner sees it. */
import type { VideoFrame } from '@livekit/rtc-node';
import type { HeadlessLearner } from './headless-learner.ts';

/** Mean difference of luma above which somebody moved: breath alone stays near a tenth of it. */
const MOVED = 0.4;
const SAMPLE_EVERY = 7;

export class PictureChange {
  readonly #learner: HeadlessLearner;
  #before: Uint8Array | undefined;

  constructor(learner: HeadlessLearner) {
    this.#learner = learner;
  }

  /** Resolves when the picture changes by more than breath and noise. */
  async untilMoved(): Promise<void> {
    await this.#learner.until('picture', ({ frame }) => this.#take(frame) > MOVED);
  }

  /** Mean absolute difference of luma to the frame before, 0..255. */
  #take(frame: VideoFrame): number {
    const now = frame.data.slice(0, frame.width * frame.height);
    const before = this.#before;
    this.#before = now;
    if (before?.length !== now.length) {
      return 0;
    }
    let sum = 0;
    let count = 0;
    for (let at = 0; at < now.length; at += SAMPLE_EVERY) {
      sum += Math.abs(now[at]! - before[at]!);
      count += 1;
    }
    return sum / count;
  }
}

/** Somebody who watches an avatar of the worker: what is heard and how much the mouth moves. */
import { HeadlessLearner, AUDIBLE_RMS } from './headless-learner.ts';

/** All faces are framed alike: where the mouth is in a picture of 848 by 480. */
const MOUTH = { left: 360, right: 504, top: 240, bottom: 352 };
const EVERY = 2;

export class AvatarViewer {
  readonly learner: HeadlessLearner;
  /** When each 10 ms of sound came that is louder than silence and codec noise. */
  readonly audibleAtMs: number[] = [];
  /** The same, counted in frames of 10 ms: a busy machine cannot bend that. */
  readonly #audibleFrames: number[] = [];
  #frames = 0;
  /** Mean change of the mouth's luma from each picture to the next, 0..255, and when the picture came. */
  readonly mouthChanges: { change: number; atMs: number }[] = [];
  #before: Uint8Array | undefined;

  private constructor(learner: HeadlessLearner) {
    this.learner = learner;
    learner.on('sound', ({ rms, atMs }) => {
      this.#frames += 1;
      if (rms > AUDIBLE_RMS) {
        this.#audibleFrames.push(this.#frames);
        this.audibleAtMs.push(atMs);
      }
    });
    learner.on('picture', ({ frame, atMs }) => {
      const now = mouthOf(frame.data, frame.width);
      if (this.#before?.length === now.length) {
        this.mouthChanges.push({ change: difference(this.#before, now), atMs });
      }
      this.#before = now;
    });
  }

  static async join(serverUrl: string, token: string): Promise<AvatarViewer> {
    return new AvatarViewer(await HeadlessLearner.join({ serverUrl, token }));
  }

  /** Audible sound between two times, in ms. */
  audibleMs(fromMs: number, toMs: number): number {
    return this.audibleAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs).length * 10;
  }

  /** How many frames have been heard up to now. */
  get heardFrames(): number {
    return this.#frames;
  }

  /** From the first to the last audible sound after that frame, in ms of sound. */
  spanMs(afterFrame: number): number {
    const frames = this.#audibleFrames.filter((frame) => frame > afterFrame);
    return frames.length === 0 ? 0 : (frames.at(-1)! - frames[0]! + 1) * 10;
  }

  /** Mean change of the mouth between two times. */
  mouthChange(fromMs: number, toMs: number): number {
    const changes = this.mouthChanges.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    return changes.reduce((sum, { change }) => sum + change, 0) / Math.max(1, changes.length);
  }

  async untilAudible(): Promise<number> {
    const [{ atMs }] = await this.learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
    return atMs;
  }

  /** Resolves once `ms` of sound, heard or silent, have come from now on. */
  async listenFor(ms: number): Promise<void> {
    let left = ms / 10;
    await this.learner.until('sound', () => --left <= 0);
  }

  async close(): Promise<void> {
    await this.learner.close();
  }
}

function mouthOf(frame: Uint8Array, widthPx: number): Uint8Array {
  const pixels: number[] = [];
  for (let y = MOUTH.top; y < MOUTH.bottom; y += EVERY) {
    for (let x = MOUTH.left; x < MOUTH.right; x += EVERY) {
      pixels.push(frame[y * widthPx + x]!);
    }
  }
  return Uint8Array.from(pixels);
}

function difference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) {
    sum += Math.abs(a[at]! - b[at]!);
  }
  return sum / a.length;
}

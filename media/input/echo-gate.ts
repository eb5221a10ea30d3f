/**
 * Keeps the avatar's own voice from its ears: what comes back through the learner's loudspeakers is replaced by the room's
 * noise, what the learner says over it is let through. With headphones, or a page that cancels the echo, it changes
 * nothing; in the first moments, in which it cannot know, it holds back what it hears for up to a second, and decides then.
 */
import { EchoDetector, type EchoFrame } from './echo-detector.ts';

/** Frames this much above echo and noise hold another voice: echo alone stays below but at its edges. */
const NEAR_EXCESS_DB = 1.8;
/** At its edges echo stands out for less than 100 ms; a voice stands out in half of that time or more. */
const EDGE_FRAMES = 10;
const NEAR_SHARE = 0.5;
/** A voice that was heard over the echo is let through for 400 ms more: its own pauses are shorter. */
const NEAR_FRAMES = 40;
/** The same sound for 50 ms on end is echo. */
const SURE_FRAMES = 5;
/** Held back for half a second, and where it may yet turn out to be echo, for one. Echo is mostly known after 0.1 s. */
const HOLD_FRAMES = 50;
const DOUBTFUL_HOLD_FRAMES = 100;
/** Nineteen in twenty frames of people who speak over the avatar are less like it than this. */
const DOUBTFUL_LIKENESS = 0.4;
/** So long the avatar sounds and nothing is heard before the learner's room is known to be free of echo. */
const FREE_FRAMES = 120;
/** What passes as a voice over the echo, but is the avatar's for a whole second, is louder echo. */
const LOUDER_FRAMES = 100;

const NOTHING = new Int16Array(0);

export type EchoState = 'unsure' | 'free' | 'echo';

export class EchoGate {
  readonly #detector: EchoDetector;
  #state: EchoState = 'unsure';
  #avatarSounds = false;
  #held: Int16Array[] = [];
  /** Frames for which a voice still passes. */
  #near = 0;
  /** Frames of those held that hold more than echo. */
  #heldNear = 0;
  /** Whether they were held because the echo may have moved. */
  #heldAstray = false;
  /** How like the avatar's voice the newest frame was while the avatar sounded. */
  #newestLikeness = 0;
  #sureFrames = 0;
  #sameWhileNear = 0;
  #quietFrames = 0;
  #random = 1;
  readonly counters = { mutedFrames: 0, heldFrames: 0 };

  constructor(options: { playedRateHz: number; heardRateHz: number }) {
    this.#detector = new EchoDetector(options);
  }

  get state(): EchoState {
    return this.#state;
  }

  /** Whether what left the agent lately may sound in the learner's room now. */
  get avatarSounds(): boolean {
    return this.#avatarSounds;
  }

  /** Where the echo is and how loud; undefined while none is known. */
  get echo(): { delayMs: number; couplingDb: number } | undefined {
    return this.#detector.echo;
  }

  /** Adds 10 ms of mono PCM that are handed over for the learner at `nowMs`. */
  play(samples: Int16Array, nowMs: number): void {
    this.#detector.play(samples, nowMs);
  }

  /**
   * Takes 10 ms of the learner's microphone that came in at `nowMs`; gives what may be heard of it now. That is as much, or nothing while it
   * holds back, and then all that was held: nothing is lost, and time is kept. It may give `samples` itself.
   */
  hear(samples: Int16Array, nowMs: number): Int16Array {
    const frame = this.#detector.hear(samples, nowMs);
    this.#avatarSounds = frame.avatarSounds;
    this.#sureFrames = frame.same && frame.audible ? this.#sureFrames + 1 : 0;
    const doubted = this.#state !== 'echo' || (this.#held.length > 0 && this.#heldAstray);
    if (this.#sureFrames === SURE_FRAMES || (this.#sureFrames > SURE_FRAMES && doubted)) {
      this.#state = 'echo';
      this.#near = 0;
      return this.#releaseMuted(samples.length);
    }
    if (this.#state === 'echo' && this.#detector.echo === undefined) {
      this.#state = 'free';
    }
    if (this.#state === 'free' || !frame.avatarSounds) {
      const isEcho = this.#state === 'echo' && this.#newestLikeness > DOUBTFUL_LIKENESS;
      this.#held = isEcho ? this.#held.map((held) => this.#muted(held.length)) : this.#held;
      return this.#release(samples);
    }
    this.#newestLikeness = frame.likeness;
    return this.#state === 'unsure' ? this.#explore(samples, frame) : this.#sift(samples, frame);
  }

  /** Whether there is echo in this room is not known yet. */
  #explore(samples: Int16Array, { audible, likeness }: EchoFrame): Int16Array {
    this.#quietFrames += audible ? 0 : 1;
    if (this.#held.length === 0 && !audible) {
      this.#state = this.#quietFrames >= FREE_FRAMES ? 'free' : 'unsure';
      return samples;
    }
    if (this.#held.length < longestHold(likeness)) {
      return this.#hold(samples);
    }
    this.#state = 'free';
    return this.#release(samples);
  }

  /** There is echo: what it explains is muted, a voice above it passes. */
  #sift(samples: Int16Array, frame: EchoFrame): Int16Array {
    const { excessDb, same, likeness, settled, confirmed, echoExpected } = frame;
    const near = excessDb > NEAR_EXCESS_DB && (settled || !same);
    this.#sameWhileNear = near && same ? this.#sameWhileNear + 1 : 0;
    if (this.#sameWhileNear >= LOUDER_FRAMES) {
      this.#detector.relearn();
      this.#near = 0;
      this.#sameWhileNear = 0;
    }
    if (this.#near > 0) {
      this.#near = near ? NEAR_FRAMES : this.#near - 1;
      return this.#release(samples);
    }
    if (!near && this.#held.length === 0) {
      return echoExpected ? this.#muted(samples.length) : samples;
    }
    // A voice, or the edge of an echo, or the echo at another delay: a moment tells, and nothing is lost.
    if (this.#held.length === 0) {
      this.#heldNear = 0;
      this.#heldAstray = false;
    }
    this.#heldNear += near ? 1 : 0;
    this.#heldAstray ||= !confirmed;
    if (this.#held.length < (this.#heldAstray ? DOUBTFUL_HOLD_FRAMES : EDGE_FRAMES)) {
      return this.#hold(samples);
    }
    const moved = this.#heldAstray && likeness > DOUBTFUL_LIKENESS;
    if (this.#heldNear >= NEAR_SHARE * this.#held.length && !moved) {
      this.#near = NEAR_FRAMES;
      return this.#release(samples);
    }
    return this.#releaseMuted(samples.length);
  }

  #hold(samples: Int16Array): Int16Array {
    this.#held.push(samples.slice());
    this.counters.heldFrames += 1;
    return NOTHING;
  }

  #release(newest: Int16Array = NOTHING): Int16Array {
    if (this.#held.length === 0) {
      return newest;
    }
    const parts = [...this.#held, newest];
    this.#held = [];
    const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #releaseMuted(count: number): Int16Array {
    this.#held = this.#held.map((held) => this.#muted(held.length));
    return this.#release(this.#muted(count));
  }

  /** The room without the avatar: noise as loud as the room's own. */
  #muted(count: number): Int16Array {
    this.counters.mutedFrames += 1;
    const amplitude = Math.sqrt(3 * this.#detector.noisePower);
    return Int16Array.from({ length: count }, () => {
      this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.round((this.#random / 2 ** 31 - 1) * amplitude);
    });
  }
}

function longestHold(likeness: number): number {
  return likeness > DOUBTFUL_LIKENESS ? DOUBTFUL_HOLD_FRAMES : HOLD_FRAMES;
}

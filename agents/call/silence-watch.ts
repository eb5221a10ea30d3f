/** Notices when nobody has said anything for a while. Each nudge waits longer than the last one. */
import type { Clock } from '#media/clock.ts';

/** Long enough to think, short enough that the call does not feel dead. */
const FIRST_SILENCE_MS = 9_000;
const LATER_SILENCE_MS = 14_000;

export class SilenceWatch {
  readonly #clock: Clock;
  readonly #onSilence: () => void;
  #cancel: () => void = () => undefined;
  #avatar: 'quiet' | 'busy' = 'busy';
  #learner: 'quiet' | 'speaking' = 'quiet';
  #waitMs = FIRST_SILENCE_MS;
  #closed = false;

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#onSilence = onSilence;
  }

  avatarIs(state: 'quiet' | 'busy'): void {
    this.#avatar = state;
    this.#restart();
  }

  learnerIs(state: 'quiet' | 'speaking'): void {
    this.#learner = state;
    this.#waitMs = FIRST_SILENCE_MS;
    this.#restart();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #restart(): void {
    this.#cancel();
    if (this.#closed || this.#avatar !== 'quiet' || this.#learner !== 'quiet') {
      return;
    }
    this.#cancel = this.#clock.after(this.#waitMs, () => {
      this.#waitMs = LATER_SILENCE_MS;
      this.#onSilence();
    });
  }
}

import { minimumJerk } from './glide.ts';

/** A movement out and back. */
export interface Pulse {
  atMs: number;
  amplitude: number;
  riseMs: number;
  holdMs: number;
  fallMs: number;
}

/** Movements out and back that add up: beats, nods, raised brows. */
export class Pulses {
  #pulses: Pulse[] = [];

  get size(): number {
    return this.#pulses.length;
  }

  add(pulse: Pulse): void {
    this.#pulses.push(pulse);
  }

  /** Takes back what has not begun at `atMs`. */
  cancelFrom(atMs: number): void {
    this.#pulses = this.#pulses.filter((pulse) => pulse.atMs < atMs);
  }

  /** Drops what is over at `atMs`. */
  forget(atMs: number): void {
    if (this.#pulses.some((pulse) => endOf(pulse) <= atMs)) {
      this.#pulses = this.#pulses.filter((pulse) => endOf(pulse) > atMs);
    }
  }

  at(tMs: number): number {
    let sum = 0;
    for (const { atMs, amplitude, riseMs, holdMs, fallMs } of this.#pulses) {
      const intoMs = tMs - atMs;
      if (intoMs <= 0) {
        continue;
      }
      sum +=
        amplitude *
        (intoMs < riseMs + holdMs
          ? minimumJerk(intoMs / riseMs)
          : 1 - minimumJerk((intoMs - riseMs - holdMs) / fallMs));
    }
    return sum;
  }
}

function endOf(pulse: Pulse): number {
  return pulse.atMs + pulse.riseMs + pulse.holdMs + pulse.fallMs;
}

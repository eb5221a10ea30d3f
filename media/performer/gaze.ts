import type { Attention } from './attention.ts';
import { minimumJerk } from './glide.ts';
import { Noise } from './noise.ts';
import type { Random } from './random.ts';

export interface GazePoint {
  x: number;
  y: number;
}

/** A movement of the eyes that a viewer notices. */
export interface GazeShift {
  atMs: number;
  to: GazePoint;
  /** Length of the way, in units of gaze. */
  size: number;
}

interface Habit {
  /** Half of the looks at the camera, and of the looks away, are shorter. */
  cameraMs: number;
  awayMs: number;
  /** How far away the looks go. */
  near: number;
  far: number;
  /** Where they go: the middle of the angle and its spread to either side, 0 sideways, 90 up. */
  angleDeg: number;
  spreadDeg: number;
  /** After a look away, the share of further looks away before the camera is met again. */
  staysAway: number;
}

/** Listeners look at the speaker most of the time, speakers less, thinkers hardly (Argyle & Cook 1976; Kendon 1967). */
const HABITS: Readonly<Record<Attention, Habit>> = {
  idle: {
    cameraMs: 3_200,
    awayMs: 900,
    near: 0.1,
    far: 0.35,
    angleDeg: 0,
    spreadDeg: 40,
    staysAway: 0.15,
  },
  listening: {
    cameraMs: 4_200,
    awayMs: 520,
    near: 0.16,
    far: 0.36,
    angleDeg: -10,
    spreadDeg: 35,
    staysAway: 0,
  },
  thinking: {
    cameraMs: 500,
    awayMs: 1_150,
    near: 0.38,
    far: 0.62,
    angleDeg: 38,
    spreadDeg: 20,
    staysAway: 0.8,
  },
  speaking: {
    cameraMs: 3_000,
    awayMs: 800,
    near: 0.18,
    far: 0.45,
    angleDeg: 5,
    spreadDeg: 40,
    staysAway: 0.1,
  },
};
const SIGMA = 0.45;
const SHORTEST_MS = 260;
/** Small saccades around the point that is looked at. */
const MICRO_GAP_MS = 700;
const MICRO_SIZE = 0.03;
/** A saccade takes 25 ms and a little more for its length (the main sequence). */
const SACCADE_MS = 25;
const SACCADE_MS_PER_UNIT = 60;
/** The eyes are never quite still. */
const DRIFT = 0.006;
/** Shorter ways than this nobody notices. */
const NOTICED = 0.12;

/** Where the eyes look: fixations joined by saccades, each attention with habits of its own. */
export class Gaze {
  readonly #random: Random;
  readonly #driftX: Noise;
  readonly #driftY: Noise;
  #attention: Attention = 'idle';
  #side: 1 | -1;
  #centre: GazePoint = { x: 0, y: 0 };
  #from: GazePoint = { x: 0, y: 0 };
  #to: GazePoint = { x: 0, y: 0 };
  #saccadeMs: number;
  #shiftMs: number;
  #microMs: number;

  constructor(random: Random, startMs: number) {
    this.#random = random;
    this.#driftX = new Noise(random, 420);
    this.#driftY = new Noise(random, 420);
    this.#side = random.sign();
    this.#saccadeMs = startMs;
    this.#shiftMs = startMs + random.logNormal(HABITS.idle.cameraMs, SIGMA);
    this.#microMs = startMs + random.between(200, MICRO_GAP_MS);
  }

  /** When the eyes move next. */
  get nextMs(): number {
    return Math.min(this.#shiftMs, this.#microMs);
  }

  get away(): boolean {
    return this.#centre.x !== 0 || this.#centre.y !== 0;
  }

  /** Changes habits. Thinking looks away soon; the others come back to the camera soon if they are not there. */
  attend(attention: Attention, atMs: number): void {
    this.#attention = attention;
    if (attention === 'thinking') {
      this.#side = this.#random.sign();
      this.#shiftMs = atMs + this.#random.between(120, 320);
    } else if (this.away) {
      this.#shiftMs = Math.min(this.#shiftMs, atMs + this.#random.between(60, 220));
    } else {
      this.#shiftMs = atMs + this.#stayMs(HABITS[attention].cameraMs);
    }
  }

  /** Moves the eyes as `nextMs` asks; returns the shift when it is one that a viewer notices. */
  step(): GazeShift | null {
    const atMs = this.nextMs;
    if (this.#microMs < this.#shiftMs) {
      return this.#micro(atMs);
    }
    const habit = HABITS[this.#attention];
    const leaves = this.away ? this.#random.chance(habit.staysAway) : true;
    return leaves ? this.lookAway(atMs) : this.lookAtCamera(atMs);
  }

  lookAtCamera(atMs: number): GazeShift | null {
    this.#shiftMs = atMs + this.#stayMs(HABITS[this.#attention].cameraMs);
    return this.#look({ x: 0, y: 0 }, atMs);
  }

  /** Looks aside for `stayMs`, or for as long as the attention's habit says. */
  lookAway(atMs: number, stayMs = this.#stayMs(HABITS[this.#attention].awayMs)): GazeShift | null {
    const random = this.#random;
    const habit = HABITS[this.#attention];
    // Thinking keeps to its side; otherwise looks go to either.
    if (this.#attention !== 'thinking' || random.chance(0.15)) {
      this.#side = random.sign();
    }
    const angle = ((habit.angleDeg + random.between(-1, 1) * habit.spreadDeg) * Math.PI) / 180;
    const size = random.between(habit.near, habit.far);
    this.#shiftMs = atMs + stayMs;
    return this.#look({ x: this.#side * size * Math.cos(angle), y: size * Math.sin(angle) }, atMs);
  }

  at(tMs: number): GazePoint {
    const way = Math.hypot(this.#to.x - this.#from.x, this.#to.y - this.#from.y);
    const share = minimumJerk((tMs - this.#saccadeMs) / (SACCADE_MS + SACCADE_MS_PER_UNIT * way));
    return {
      x: this.#from.x + (this.#to.x - this.#from.x) * share + DRIFT * this.#driftX.at(tMs),
      y: this.#from.y + (this.#to.y - this.#from.y) * share + DRIFT * this.#driftY.at(tMs),
    };
  }

  #stayMs(medianMs: number): number {
    return Math.max(SHORTEST_MS, this.#random.logNormal(medianMs, SIGMA));
  }

  #micro(atMs: number): null {
    const angle = this.#random.between(0, 2 * Math.PI);
    const size = this.#random.between(0.3, 1) * MICRO_SIZE;
    this.#saccade(
      { x: this.#centre.x + size * Math.cos(angle), y: this.#centre.y + size * Math.sin(angle) },
      atMs,
    );
    return null;
  }

  #look(to: GazePoint, atMs: number): GazeShift | null {
    this.#centre = to;
    const size = this.#saccade(to, atMs);
    return size < NOTICED ? null : { atMs, to, size };
  }

  /** Starts a saccade from where the eyes are; returns its length. */
  #saccade(to: GazePoint, atMs: number): number {
    const now = this.at(atMs);
    this.#from = {
      x: now.x - DRIFT * this.#driftX.at(atMs),
      y: now.y - DRIFT * this.#driftY.at(atMs),
    };
    this.#to = to;
    this.#saccadeMs = atMs;
    this.#microMs = atMs + Math.max(200, this.#random.logNormal(MICRO_GAP_MS, 0.5));
    return Math.hypot(to.x - this.#from.x, to.y - this.#from.y);
  }
}

import type { ExpressionName, FacePose } from '#media/face/pose.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';
import type { MouthTrackOptions } from '#media/visemes/mouth-track.ts';
import type { Attention } from './attention.ts';
import { Blinker } from './blink.ts';
import { Breath } from './breath.ts';
import { Emphasis } from './emphasis.ts';
import { ExpressionBlend } from './expression.ts';
import { Gaze } from './gaze.ts';
import type { GazeShift } from './gaze.ts';
import { HeadMotion } from './head-motion.ts';
import { ListeningNods, nod } from './nod.ts';
import { Pulses } from './pulses.ts';
import { Random } from './random.ts';

/** Small immediate signs of life, to be seen within a picture or two. */
export const REACTIONS = ['breath', 'nod', 'gaze', 'brow'] as const;
export type Reaction = (typeof REACTIONS)[number];

export interface PerformerOptions extends MouthTrackOptions {
  /** The same seed and the same calls give the same performance. */
  seed: number;
}

const EXPRESSION_MS = 500;
/** Speech after a silence this long begins a new utterance. */
const UTTERANCE_GAP_MS = 400;
/** An utterance is over when nothing follows for this long. */
const UTTERANCE_END_MS = 140;
/** From this length on, what is known of an utterance at its start counts as a long turn. */
const LONG_TURN_MS = 1_800;
const LONG_TURN_AVERSION = 0.65;
const SHORT_TURN_AVERSION = 0.2;
/** The breath before speech begins about this early, if it is known that early. */
const SPEECH_BREATH_MS = 450;
const BROW_BEAT_SHARE = 0.28;
/** A second nod before the first is over would be a jerk. */
const NOD_REST_MS = 700;

interface Command {
  atMs: number;
  run: () => void;
  /** It belongs to speech and goes with it when speech is stopped. */
  ofSpeech?: boolean;
}

/**
 * Plays a face: speech becomes a mouth, and between words the face lives. Pure: what it shows follows from the seed and
 * from the calls and their times, never from a clock or from how often it is asked. All times are milliseconds on one media
 * timeline. Time moves forward only: a call for a moment that was already shown counts from the latest such moment.
 */
export class Performer {
  readonly #mouth: MouthTrack;
  readonly #random: Random;
  readonly #expression = new ExpressionBlend();
  readonly #brow = new Pulses();
  readonly #smile = new Pulses();
  readonly #emphasis = new Emphasis();
  readonly #head: HeadMotion;
  readonly #nods: ListeningNods;
  readonly #partRandoms: { blink: Random; gaze: Random; breath: Random; beat: Random };
  /** The parts with a schedule; they begin at the first moment that anybody mentions. */
  #parts: { blink: Blinker; gaze: Gaze; breath: Breath } | null = null;
  #attention: Attention = 'idle';
  #nowMs = Number.NEGATIVE_INFINITY;
  #commands: Command[] = [];
  #speechEndMs = Number.NEGATIVE_INFINITY;
  #speechOverMs = Number.POSITIVE_INFINITY;
  #nodUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: PerformerOptions) {
    this.#mouth = new MouthTrack([], options);
    const random = new Random(options.seed);
    this.#partRandoms = {
      blink: random.fork(),
      gaze: random.fork(),
      breath: random.fork(),
      beat: random.fork(),
    };
    this.#head = new HeadMotion(random.fork());
    this.#nods = new ListeningNods(random.fork());
    this.#random = random.fork();
  }

  /** Adds speech whose first sample is heard at `startMs`. Clauses may follow one another while earlier ones play. */
  speak(marks: readonly PhonemeMark[], startMs: number): void {
    const lastMs = marks.reduce((end, mark) => Math.max(end, mark.endMs), 0) + startMs;
    if (!Number.isFinite(lastMs)) {
      return;
    }
    const begins = startMs - this.#speechEndMs > UTTERANCE_GAP_MS;
    this.#mouth.append(marks, startMs);
    this.#speechEndMs = Math.max(this.#speechEndMs, lastMs);
    this.#speechOverMs = this.#speechEndMs + UTTERANCE_END_MS;
    if (begins) {
      this.#begin(startMs, lastMs - startMs);
    }
    const random = this.#partRandoms.beat;
    for (const beat of this.#emphasis.beats(marks, startMs)) {
      this.#head.beat(beat, this.#nowMs);
      const browed = random.chance(BROW_BEAT_SHARE);
      const amplitude = random.between(0.15, 0.4) * (0.6 + 0.4 * beat.strength);
      const atMs = beat.peakMs - 160;
      if (browed && atMs >= this.#nowMs) {
        this.#brow.add({ atMs, amplitude, riseMs: 160, holdMs: 120, fallMs: 320 });
      }
    }
  }

  /** The avatar is interrupted at `atMs`: the mouth closes within 120 ms, what was planned is dropped, it looks at the learner. */
  stopSpeech(atMs: number): void {
    const cutMs = this.#due(atMs);
    this.holdSpeech(cutMs);
    this.#commands = this.#commands.filter((command) => command.ofSpeech !== true);
    this.#at(cutMs, () => {
      this.#shifted(this.#live.gaze.away ? this.#live.gaze.lookAtCamera(cutMs) : null);
    });
  }

  /**
   * What is still to be said from `fromMs` on is heard `byMs` later (negative: sooner): the lips follow. Beats of head and brow,
   * which nobody expects to the picture, stay.
   */
  moveSpeech(fromMs: number, byMs: number): void {
    if (!Number.isFinite(fromMs + byMs)) {
      return;
    }
    this.#mouth.moveFrom(fromMs, byMs);
    if (this.#speechEndMs > fromMs) {
      this.#speechEndMs += byMs;
      this.#speechOverMs += byMs;
    }
  }

  /** The sound has run out at `atMs` in the middle of speech: the mouth comes to rest, the rest of the face lives on. */
  holdSpeech(atMs: number): void {
    const heldMs = this.#due(atMs);
    this.#mouth.cutAt(heldMs);
    this.#head.cancelBeatsFrom(heldMs);
    this.#brow.cancelFrom(heldMs);
    this.#emphasis.cancelFrom(heldMs);
    this.#speechEndMs = Math.min(this.#speechEndMs, heldMs);
    this.#speechOverMs = Number.POSITIVE_INFINITY;
  }

  /** Blends to an expression over half a second. `intensity` 1 is the table's, 0 neutral. */
  setExpression(name: ExpressionName, atMs: number, options: { intensity?: number } = {}): void {
    this.#at(atMs, (nowMs) => {
      this.#expression.to(name, options.intensity ?? 1, nowMs, EXPRESSION_MS);
    });
  }

  setAttention(attention: Attention, atMs: number): void {
    this.#at(atMs, (nowMs) => {
      if (attention === this.#attention) {
        return;
      }
      this.#attention = attention;
      this.#live.blink.attend(attention);
      this.#live.breath.attend(attention);
      this.#live.gaze.attend(attention, nowMs);
      this.#head.attend(attention, nowMs);
      this.#nods.attend(attention, nowMs);
    });
  }

  /** A small sign at once, for example when the learner falls silent. */
  react(reaction: Reaction, atMs: number): void {
    this.#at(atMs, (nowMs) => {
      switch (reaction) {
        case 'breath':
          this.#live.breath.inhale(nowMs);
          this.#raiseBrow(nowMs, 0.14);
          this.#liftHead(nowMs, 1);
          break;
        case 'nod':
          this.#nod(nowMs, 2.4, 2);
          break;
        case 'gaze':
          this.#shifted(
            this.#live.gaze.away
              ? this.#live.gaze.lookAtCamera(nowMs)
              : this.#live.gaze.lookAway(nowMs, 450),
          );
          this.#raiseBrow(nowMs, 0.1);
          break;
        case 'brow':
          this.#raiseBrow(nowMs, 0.42);
          this.#liftHead(nowMs, 0.9);
          break;
      }
    });
  }

  /** The face of an "mm-hm": a nod, a warm brow, a little smile. The sound and its mouth come through `speak`. */
  backchannel(atMs: number): void {
    this.#at(atMs, (nowMs) => {
      this.#nod(nowMs, 2.6, 2);
      this.#raiseBrow(nowMs, 0.22);
      this.#smile.add({ atMs: nowMs, amplitude: 0.2, riseMs: 220, holdMs: 450, fallMs: 650 });
    });
  }

  /** The whole face at `tMs`. */
  poseAt(tMs: number): FacePose {
    const nowMs = Math.max(tMs, this.#nowMs);
    this.#advance(nowMs);
    const { blink, gaze, breath } = this.#live;
    return {
      mouth: this.#mouth.shapeAt(nowMs),
      expression: this.#expression.at(nowMs, {
        smile: this.#smile.at(nowMs),
        browUp: this.#brow.at(nowMs),
      }),
      blink: blink.at(nowMs),
      gaze: gaze.at(nowMs),
      head: this.#head.at(nowMs),
      breath: breath.at(nowMs),
    };
  }

  /** How many things are remembered: bounded, however long it plays. */
  get size(): number {
    return (
      this.#mouth.size +
      this.#head.size +
      this.#brow.size +
      this.#smile.size +
      this.#commands.length
    );
  }

  get #live(): { blink: Blinker; gaze: Gaze; breath: Breath } {
    return (this.#parts ??= this.#wake(this.#nowMs));
  }

  #wake(startMs: number): { blink: Blinker; gaze: Gaze; breath: Breath } {
    return {
      blink: new Blinker(this.#partRandoms.blink, startMs),
      gaze: new Gaze(this.#partRandoms.gaze, startMs),
      breath: new Breath(this.#partRandoms.breath, startMs),
    };
  }

  /** A new utterance: a breath before it, and often a look away while it is planned (Kendon 1967). */
  #begin(startMs: number, knownMs: number): void {
    this.#at(
      startMs - SPEECH_BREATH_MS,
      (nowMs) => {
        this.#live.breath.inhale(nowMs);
      },
      true,
    );
    const probability = knownMs >= LONG_TURN_MS ? LONG_TURN_AVERSION : SHORT_TURN_AVERSION;
    this.#at(
      startMs - 100,
      (nowMs) => {
        if (this.#attention === 'speaking' && this.#random.chance(probability)) {
          this.#shifted(this.#live.gaze.lookAway(nowMs, this.#random.between(500, 1_100)));
        }
      },
      true,
    );
  }

  #end(nowMs: number): void {
    this.#live.blink.prompt(nowMs, 0.5);
    if (this.#live.gaze.away) {
      this.#shifted(this.#live.gaze.lookAtCamera(nowMs));
    }
  }

  /** What follows a shift of gaze: often a blink, and the head when the way is long. */
  #shifted(shift: GazeShift | null): void {
    if (shift !== null) {
      this.#live.blink.prompt(shift.atMs, Math.min(0.4, 0.1 + 0.5 * shift.size));
      this.#head.follow(shift.to, shift.atMs);
    }
  }

  #raiseBrow(atMs: number, amplitude: number): void {
    this.#brow.add({ atMs, amplitude, riseMs: 110, holdMs: 200, fallMs: 380 });
  }

  /** A slight start of the head, as at a thing noticed: quick up, slow down. */
  #liftHead(atMs: number, amplitudeDeg: number): void {
    this.#head.nods.add({ atMs, amplitude: amplitudeDeg, riseMs: 130, holdMs: 60, fallMs: 500 });
  }

  #nod(atMs: number, depthDeg: number, dips: 1 | 2): void {
    if (atMs < this.#nodUntilMs) {
      this.#raiseBrow(atMs, 0.3);
      return;
    }
    this.#nodUntilMs = atMs + NOD_REST_MS;
    nod(this.#head.nods, atMs, depthDeg, dips);
  }

  /** Runs `run` when time reaches `atMs`, at once if it has. Commands of one time run in the order of their calls. */
  #at(atMs: number, run: (nowMs: number) => void, ofSpeech = false): void {
    const dueMs = this.#due(atMs);
    const at = this.#commands.findIndex((command) => command.atMs > dueMs);
    const command: Command = {
      atMs: dueMs,
      ofSpeech,
      run: () => {
        run(dueMs);
      },
    };
    this.#commands.splice(at === -1 ? this.#commands.length : at, 0, command);
  }

  /** The moment at which a call for `atMs` counts. */
  #due(atMs: number): number {
    const earliestMs = Number.isFinite(this.#nowMs) ? this.#nowMs : 0;
    return Number.isFinite(atMs) ? Math.max(atMs, this.#nowMs) : earliestMs;
  }

  /** Lets everything happen that is due up to `untilMs`, in the order of its times. */
  #advance(untilMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, Math.min(untilMs, this.#commands[0]?.atMs ?? untilMs));
    this.#parts ??= this.#wake(this.#nowMs);
    for (;;) {
      const next = this.#next();
      if (next.atMs > untilMs) {
        break;
      }
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
    this.#head.forget(untilMs);
    this.#brow.forget(untilMs);
    this.#smile.forget(untilMs);
  }

  #next(): Command {
    const { blink, gaze, breath } = this.#live;
    const command = this.#commands[0];
    let next: Command = { atMs: blink.nextMs, run: () => blink.step() };
    const offer = (atMs: number, run: () => void): void => {
      if (atMs < next.atMs) {
        next = { atMs, run };
      }
    };
    offer(gaze.nextMs, () => this.#shifted(gaze.step()));
    offer(breath.nextMs, () => breath.step());
    offer(this.#nods.nextMs, () => this.#nods.step(this.#head.nods));
    offer(this.#speechOverMs, () => {
      const nowMs = this.#speechOverMs;
      this.#speechOverMs = Number.POSITIVE_INFINITY;
      this.#end(nowMs);
    });
    if (command !== undefined && command.atMs <= next.atMs) {
      next = {
        atMs: command.atMs,
        run: () => {
          this.#commands.shift();
          command.run();
        },
      };
    }
    return next;
  }
}

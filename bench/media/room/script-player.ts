/** Plays a script onto a stage, step by step, as a session would drive it. */
import type { Clock } from '#media/clock.ts';
import type { Segment } from '#media/playout/playout.ts';
import type { PhonemeMark } from '#media/ports.ts';
import type { Stage } from '#media/stage/stage.ts';
import { soundOf, type Script, type Step } from './script.ts';

export class ScriptPlayer {
  readonly #script: Script;
  readonly #stage: Stage;
  readonly #clock: Clock;
  readonly #onStep: (op: Step['op']) => void;
  #segment: Segment | undefined;
  #cancel: (() => void) | undefined;

  constructor(script: Script, stage: Stage, clock: Clock, onStep: (op: Step['op']) => void) {
    this.#script = script;
    this.#stage = stage;
    this.#clock = clock;
    this.#onStep = onStep;
  }

  begin(): void {
    this.#schedule(0, this.#clock.nowMs());
  }

  stop(): void {
    this.#cancel?.();
  }

  #schedule(index: number, startedMs: number): void {
    const step = this.#script.steps[index];
    if (step === undefined) {
      return;
    }
    const delayMs = Math.max(0, startedMs + step.atMs - this.#clock.nowMs());
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#play(step);
      this.#onStep(step.op);
      this.#schedule(index + 1, startedMs);
    });
  }

  #play(step: Step): void {
    switch (step.op) {
      case 'push': {
        this.#segment ??= this.#stage.open('answer');
        const { sampleRateHz, toneHz } = this.#script;
        this.#stage.push(this.#segment, soundOf(step, sampleRateHz, toneHz), marksOf(step));
        break;
      }
      case 'end':
        if (this.#segment !== undefined) {
          this.#stage.end(this.#segment);
          this.#segment = undefined;
        }
        break;
      case 'clear':
        this.#segment = undefined;
        this.#stage.clear();
        break;
      case 'pause':
        this.#stage.pause();
        break;
      case 'resume':
        this.#stage.resume();
        break;
    }
  }
}

/** Each tone is an open vowel, with rest before, between and after. */
function marksOf(step: Extract<Step, { op: 'push' }>): PhonemeMark[] {
  const marks: PhonemeMark[] = [];
  let atMs = 0;
  for (const { startMs, endMs } of step.pulses) {
    if (startMs > atMs) {
      marks.push({ phoneme: 'pau', startMs: atMs, endMs: startMs });
    }
    marks.push({ phoneme: 'aa', startMs, endMs });
    atMs = endMs;
  }
  if (step.durationMs > atMs) {
    marks.push({ phoneme: 'pau', startMs: atMs, endMs: step.durationMs });
  }
  return marks;
}

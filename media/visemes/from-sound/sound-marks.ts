/** Phonemes by ear: for speech whose engine reports none, marks that move the mouth as the sound wants it. */
import type { PhonemeMark } from '#media/ports.ts';
import { soundNetwork, type SoundNetwork } from './network.ts';
import { HOP_MS, Spectrum, type SoundFrame } from './spectrum.ts';

/** What it costs to hear another sound than in the frame before: most sounds last 5 to 15 frames. */
const CHANGE_COST = 3;
/** A frame is decided when this many later ones have spoken for or against it. */
const DECIDE_AFTER = 2;
/** This much below the voice's own level nobody speaks, whatever the sound is like. */
const SILENT_DB = -42;
const SILENCE = 'pau';
/** A mark ends after this long, so that the mouth is told of a long sound while it lasts. */
const LONGEST_MARK_MS = 200;
/** Before the first and after the last frame: silence. */
const NOTHING = -3;

/** One stretch of speech. Marks come about 65 ms after their sound, in order and without gaps, from 0. */
export class SoundMarks {
  readonly #network: SoundNetwork;
  readonly #spectrum: Spectrum;
  /** The frames that the network sees, oldest first. */
  readonly #seen: SoundFrame[] = [];
  /** The best that can be said up to now for each phoneme, and where each came from in the last frames. */
  #scores: Float32Array | undefined;
  readonly #cameFrom: Uint8Array[] = [];
  #decided = 0;
  #samples = 0;
  readonly #sampleRateHz: number;
  #open: PhonemeMark | undefined;

  constructor(sampleRateHz: number, network: SoundNetwork = soundNetwork()) {
    this.#sampleRateHz = sampleRateHz;
    this.#network = network;
    this.#spectrum = new Spectrum(sampleRateHz, network.bands);
    const silent = new Float32Array(network.bands).fill(NOTHING);
    for (let count = 0; count < network.framesBefore; count += 1) {
      this.#seen.push({ features: silent, levelDb: Number.NEGATIVE_INFINITY });
    }
  }

  /** Takes mono PCM; returns the marks that are certain by now. Times count from the first sample. */
  push(samples: Int16Array): PhonemeMark[] {
    this.#samples += samples.length;
    return this.#hear(this.#spectrum.push(samples));
  }

  /** The speech is over: what was not certain yet. */
  end(): PhonemeMark[] {
    const silent = new Float32Array(this.#network.bands).fill(NOTHING);
    const after = Array.from({ length: this.#network.framesAfter }, () => ({
      features: silent,
      levelDb: Number.NEGATIVE_INFINITY,
    }));
    const marks = this.#hear([...this.#spectrum.end(), ...after]);
    const lengthMs = (this.#samples * 1_000) / this.#sampleRateHz;
    for (const phoneme of this.#path().reverse()) {
      marks.push(...this.#decide(phoneme));
    }
    if (this.#open !== undefined) {
      marks.push(this.#open);
      this.#open = undefined;
    }
    return marks
      .filter(({ startMs }) => startMs < lengthMs)
      .map((mark) => ({ ...mark, endMs: Math.min(mark.endMs, lengthMs) }));
  }

  #hear(frames: readonly SoundFrame[]): PhonemeMark[] {
    const marks: PhonemeMark[] = [];
    const { framesBefore, framesAfter } = this.#network;
    for (const frame of frames) {
      this.#seen.push(frame);
      if (this.#seen.length <= framesBefore + framesAfter) {
        continue;
      }
      const heard = this.#network.listen(this.#seen.map(({ features }) => features));
      this.#step(heard, this.#seen[framesBefore]!.levelDb < SILENT_DB);
      this.#seen.shift();
      if (this.#cameFrom.length > DECIDE_AFTER) {
        marks.push(...this.#decide(this.#path().at(-1)!));
        this.#cameFrom.shift();
      }
    }
    return marks;
  }

  /** Viterbi's step: each phoneme goes on, or follows the best other one at a cost. */
  #step(heard: Float32Array, silent: boolean): void {
    const silence = this.#network.phonemes.indexOf(SILENCE);
    const before = this.#scores ?? heard.map((_, at) => (at === silence ? 0 : -CHANGE_COST));
    let best = 0;
    before.forEach((score, at) => {
      best = score > before[best]! ? at : best;
    });
    const cameFrom = new Uint8Array(heard.length);
    const change = before[best]! - CHANGE_COST;
    const scores = heard.map((value, at) => {
      const stays = before[at]! >= change;
      cameFrom[at] = stays ? at : best;
      const said = silent ? (at === silence ? 0 : -2 * CHANGE_COST) : value;
      return (stays ? before[at]! : change) + said;
    });
    const highest = Math.max(...scores);
    this.#scores = scores.map((score) => score - highest);
    this.#cameFrom.push(cameFrom);
  }

  /** The best course of the frames that are not decided, newest first; the last element is the oldest of them. */
  #path(): number[] {
    const scores = this.#scores;
    if (scores === undefined) {
      return [];
    }
    let at = 0;
    scores.forEach((score, index) => {
      at = score > scores[at]! ? index : at;
    });
    const path = [at];
    for (let back = this.#cameFrom.length - 1; back > 0; back -= 1) {
      at = this.#cameFrom[back]![at]!;
      path.push(at);
    }
    return path;
  }

  /** One more frame is known; a mark that it ends is returned. */
  #decide(index: number): PhonemeMark[] {
    const phoneme = this.#network.phonemes[index]!;
    const startMs = this.#decided * HOP_MS;
    this.#decided += 1;
    const open = this.#open;
    if (open?.phoneme === phoneme && open.endMs - open.startMs < LONGEST_MARK_MS) {
      open.endMs += HOP_MS;
      return [];
    }
    this.#open = { phoneme, startMs, endMs: startMs + HOP_MS };
    return open === undefined ? [] : [open];
  }
}

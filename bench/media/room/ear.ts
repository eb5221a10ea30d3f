/** Times tones in received sound to the sample. */
import { steadyTimes } from '../../turn/audible.ts';
import type { Heard } from './order.ts';

/** A sample beyond this is tone: its peak is 10,000, and codec noise stays well below. */
export const LOUD = 1_500;
/** Softer still, it counts as audible: -50 dBFS. */
export const AUDIBLE = 100;
/** A stretch ends when nothing has been heard for this long. */
const GAP_MS = 60;
/** A whole tone is 120 ms; what a pause or a cut left of one is no marker. */
const WHOLE_MS = { from: 100, to: 145 } as const;
export const FRAME_MS = 10;

/** The first and last sample of a frame that pass a threshold; -1 when none does. */
type Edges = [first: number, last: number];

/** What is kept of a frame of FRAME_MS: a browser can say it in few numbers. */
export interface FrameNote {
  /** When it arrived: its first sample is heard then. */
  atMs: number;
  loud: Edges;
  audible: Edges;
}

interface Stretch {
  /** Positions in the received sound, in samples. */
  from: number;
  to: number;
}

export function noteOf(samples: Int16Array, atMs: number): FrameNote {
  const loud: Edges = [-1, -1];
  const audible: Edges = [-1, -1];
  for (let index = 0; index < samples.length; index += 1) {
    const level = Math.abs(samples[index]!);
    if (level >= AUDIBLE) {
      extendEdges(audible, index);
      if (level >= LOUD) {
        extendEdges(loud, index);
      }
    }
  }
  return { atMs, loud, audible };
}

function extendEdges(edges: Edges, index: number): void {
  if (edges[0] < 0) {
    edges[0] = index;
  }
  edges[1] = index;
}

export class Ear {
  readonly #perFrame: number;
  readonly #rateHz: number;
  readonly #arrivalsMs: number[] = [];
  readonly #loud: Stretch[] = [];
  readonly #audible: Stretch[] = [];

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#perFrame = (FRAME_MS * rateHz) / 1_000;
  }

  push({ atMs, loud, audible }: FrameNote): void {
    const position = this.#arrivalsMs.length * this.#perFrame;
    this.#arrivalsMs.push(atMs);
    const gap = (GAP_MS * this.#rateHz) / 1_000;
    extend(this.#loud, position, loud, gap);
    extend(this.#audible, position, audible, gap);
  }

  /** All that was heard. Late handling in the listening process is taken out: sound is played at a steady pace. */
  heard(): Pick<Heard, 'tonesMs' | 'audible'> {
    const times = steadyTimes(this.#arrivalsMs, FRAME_MS);
    const timeOf = (position: number): number =>
      times[Math.floor(position / this.#perFrame)]! +
      ((position % this.#perFrame) * 1_000) / this.#rateHz;
    const lengthMs = ({ from, to }: Stretch): number => ((to - from) * 1_000) / this.#rateHz;
    return {
      tonesMs: this.#loud
        .filter((stretch) => lengthMs(stretch) >= WHOLE_MS.from && lengthMs(stretch) <= WHOLE_MS.to)
        .map(({ from }) => timeOf(from)),
      audible: this.#audible.map(({ from, to }) => ({ startMs: timeOf(from), endMs: timeOf(to) })),
    };
  }
}

function extend(stretches: Stretch[], position: number, [first, last]: Edges, gap: number): void {
  if (first < 0) {
    return;
  }
  const stretch = stretches.at(-1);
  if (stretch !== undefined && position + first - stretch.to <= gap) {
    stretch.to = position + last;
  } else {
    stretches.push({ from: position + first, to: position + last });
  }
}

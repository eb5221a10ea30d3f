import { describe, expect, it } from 'vitest';
import { TrackAligner } from './track-aligner.ts';

const RATE_HZ = 16_000;
const FRAME_MS = 10;
const FRAME = (RATE_HZ * FRAME_MS) / 1_000;
/** Two seconds: no jump in these tests leaves out more at once. */
const COUNT_TO = 32_000;

/** A sender whose samples count on, so that each can be found again on the track. */
class Track {
  readonly aligner = new TrackAligner({ sampleRateHz: RATE_HZ });
  /** Per sample of the track: the ms of the sender's clock it was made at; -1 is silence. */
  readonly laid: number[] = [];
  #sent = 0;
  #found = 0;

  /** Sends the next frame, which arrives at `arrivedMs` of our timeline. */
  send(arrivedMs: number): void {
    const samples = new Int16Array(FRAME).map((_, index) => (this.#sent + index) % COUNT_TO);
    this.#sent += FRAME;
    const { silence, samples: placed } = this.aligner.push(samples, arrivedMs);
    this.pad(silence);
    for (const count of placed) {
      const last = this.#found;
      const on = (count - (last % COUNT_TO) + COUNT_TO + COUNT_TO / 2) % COUNT_TO;
      this.#found = last + on - COUNT_TO / 2;
      this.laid.push(this.#found / 16);
    }
  }

  pad(silence: number): void {
    for (let count = 0; count < silence; count += 1) {
      this.laid.push(-1);
    }
  }

  /** Where on the track, in ms, the sample stands that was made at `madeMs`. */
  placeOf(madeMs: number): number {
    return this.laid.findIndex((made) => made >= madeMs) / 16;
  }
}

describe('Sound that arrives is laid', () => {
  it('where it arrives first, and goes on from there in spite of jitter', () => {
    const track = new Track();
    for (let frame = 0; frame < 500; frame += 1) {
      // Up to 60 ms late, never early.
      const late = (frame * 37) % 61;
      track.send(1_000 + (frame + 1) * FRAME_MS + late);
    }
    expect(track.laid.indexOf(0) / 16).toBeCloseTo(1_000, 0);
    expect(Math.abs(track.placeOf(4_500) - 5_500)).toBeLessThan(15);
    expect(track.laid.filter((made) => made === -1).length / 16).toBeCloseTo(1_000, 0);
  });

  it.each([200, -200])('beside a clock that is %i ppm off, for an hour', (ppm) => {
    const track = new TrackAligner({ sampleRateHz: RATE_HZ });
    const samples = new Int16Array(FRAME);
    let length = 0;
    let worstMs = 0;
    for (let frame = 1; frame <= 360_000; frame += 1) {
      const nowMs = frame * FRAME_MS * (1 + ppm / 1e6);
      const placed = track.push(samples, nowMs);
      length += placed.silence + placed.samples.length;
      worstMs = Math.max(worstMs, Math.abs(length / 16 - nowMs));
    }
    // Uncorrected it would be 720 ms.
    expect(worstMs).toBeLessThan(20);
  });

  it('after a gap as long as the gap was', () => {
    const track = new Track();
    for (let frame = 1; frame <= 200; frame += 1) {
      track.send(frame * FRAME_MS);
    }
    for (let frame = 201; frame <= 400; frame += 1) {
      track.send(frame * FRAME_MS + 3_000);
    }
    expect(track.placeOf(2_500)).toBeCloseTo(5_500, 0);
  });

  it('after a gap that was filled while it lasted', () => {
    const track = new Track();
    for (let frame = 1; frame <= 100; frame += 1) {
      track.send(frame * FRAME_MS);
    }
    for (let nowMs = 1_000; nowMs <= 9_000; nowMs += 100) {
      track.pad(track.aligner.idle(nowMs));
    }
    expect(track.laid.length / 16).toBeGreaterThan(5_000);
    for (let frame = 101; frame <= 200; frame += 1) {
      track.send(frame * FRAME_MS + 8_000);
    }
    expect(track.placeOf(1_500)).toBeCloseTo(9_500, 0);
  });

  it.each([130, 400, 1_200])(
    'whole and in its place when %i ms of it come in one burst',
    (heldMs) => {
      const track = new Track();
      for (let frame = 1; frame <= 500; frame += 1) {
        const madeMs = frame * FRAME_MS;
        const held = madeMs > 2_000 && madeMs <= 2_000 + heldMs;
        track.send(held ? 2_000 + heldMs + 1 : madeMs);
      }
      expect(track.laid).toHaveLength(500 * FRAME);
      expect(track.laid).not.toContain(-1);
      expect(track.placeOf(2_100)).toBeCloseTo(2_100, 0);
    },
  );

  it('where it belongs again after our own timeline stood still', () => {
    const track = new Track();
    const stallMs = 400;
    for (let frame = 1; frame <= 600; frame += 1) {
      const wallMs = frame * FRAME_MS;
      // From 2 s on, our timeline is 400 ms behind the wall, because nothing was played meanwhile.
      track.send(wallMs <= 2_000 ? wallMs : Math.max(2_000, wallMs - stallMs));
    }
    expect(Math.abs(track.placeOf(5_500) - (5_500 - stallMs))).toBeLessThan(25);
  });
});

describe('A moment of the received sound', () => {
  it('is found on the track, gaps and corrections counted', () => {
    const track = new Track();
    for (let frame = 1; frame <= 1_000; frame += 1) {
      const gapMs = frame > 300 ? 2_000 : 0;
      track.send((frame * FRAME_MS + gapMs) * (1 + 300e-6) + 500);
    }
    for (const madeMs of [100, 2_900, 3_100, 9_900]) {
      expect(track.aligner.timeOf(madeMs)).toBeCloseTo(track.placeOf(madeMs), 0);
    }
  });
});

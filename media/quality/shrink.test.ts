import { describe, expect, it } from 'vitest';
import { LADDER } from './ladder.ts';
import { PictureShrinker, scaledSize, shrinks } from './shrink.ts';

const HALF = { numerator: 1, denominator: 2 };
const QUARTER = { numerator: 1, denominator: 4 };
const THREE_QUARTERS = { numerator: 3, denominator: 4 };

/** A ramp along x in luma, flat colour. */
function ramp(widthPx: number, heightPx: number, lumaAt: (x: number, y: number) => number) {
  const frame = new Uint8Array((widthPx * heightPx * 3) / 2);
  for (let y = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1) {
      frame[y * widthPx + x] = lumaAt(x, y);
    }
  }
  frame.fill(90, widthPx * heightPx, widthPx * heightPx * 1.25);
  frame.fill(160, widthPx * heightPx * 1.25);
  return frame;
}

describe('A smaller picture', () => {
  it.each([QUARTER, HALF, THREE_QUARTERS])(
    'keeps brightness and colours at $numerator/$denominator',
    (scale) => {
      const shrinker = new PictureShrinker({ widthPx: 848, heightPx: 480 }, scale);
      const small = shrinker.shrink(ramp(848, 480, () => 117));
      const { widthPx, heightPx } = shrinker.size;
      const luma = widthPx * heightPx;
      expect(small).toHaveLength(luma * 1.5);
      expect(new Set(small.subarray(0, luma))).toEqual(new Set([117]));
      expect(new Set(small.subarray(luma, luma * 1.25))).toEqual(new Set([90]));
      expect(new Set(small.subarray(luma * 1.25))).toEqual(new Set([160]));
    },
  );

  it('takes the mean of each two by two at half size', () => {
    const small = new PictureShrinker({ widthPx: 8, heightPx: 8 }, HALF).shrink(
      ramp(8, 8, (x, y) => 10 * x + y),
    );
    // Mean of 0, 10, 1, 11 is 5.5.
    expect([...small.subarray(0, 4)]).toEqual([6, 26, 46, 66]);
    expect(small[4]).toBe(8);
  });

  it('takes the mean of each four by four at a quarter', () => {
    const small = new PictureShrinker({ widthPx: 8, heightPx: 8 }, QUARTER).shrink(
      ramp(8, 8, (x, y) => 10 * x + y),
    );
    // Columns 0..3 and lines 0..3: 15 + 1.5.
    expect([...small.subarray(0, 4)]).toEqual([17, 57, 21, 61]);
  });

  it('takes areas at three quarters', () => {
    const small = new PictureShrinker({ widthPx: 8, heightPx: 8 }, THREE_QUARTERS).shrink(
      ramp(8, 8, (x) => 16 * x),
    );
    // A line of 0, 16, 32, 48: (3·0 + 16) / 4, (16 + 32) / 2, (32 + 3·48) / 4.
    expect([...small.subarray(0, 6)]).toEqual([4, 24, 44, 68, 88, 108]);
    const tall = new PictureShrinker({ widthPx: 8, heightPx: 8 }, THREE_QUARTERS).shrink(
      ramp(8, 8, (_x, y) => 16 * y),
    );
    expect([0, 1, 2, 3, 4, 5].map((line) => tall[line * 6])).toEqual([4, 24, 44, 68, 88, 108]);
  });

  it('owns its buffer, which the room’s SDK reads from the start', () => {
    const small = new PictureShrinker({ widthPx: 16, heightPx: 8 }, HALF).shrink(
      new Uint8Array(16 * 8 * 1.5),
    );
    expect(small.byteOffset).toBe(0);
    expect(small.buffer.byteLength).toBe(small.length);
  });

  it('refuses sizes without whole blocks', () => {
    expect(() => new PictureShrinker({ widthPx: 850, heightPx: 480 }, HALF)).toThrow(RangeError);
    expect(shrinks({ widthPx: 384, heightPx: 384 }, THREE_QUARTERS)).toBe(true);
  });

  it('of our faces has even sides on every rung, and a width that WebRTC does not crop', () => {
    for (const { scale } of LADDER) {
      const { widthPx, heightPx } = scaledSize({ widthPx: 848, heightPx: 480 }, scale);
      expect([widthPx % 4, heightPx % 4]).toEqual([0, 0]);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { i420Bytes } from '../i420.ts';
import { NEUTRAL_POSE, type FacePose } from '../pose.ts';
import { NeuralFaceRenderer, type MouthDecoder } from './neural-renderer.ts';
import { sampleAvatar } from './testing/sample-manifest.ts';

const REST = NEUTRAL_POSE;
const AA: FacePose = { ...NEUTRAL_POSE, mouth: VISEME_SHAPES.aa };
/** The middle of the mouth in the picture's luma. */
const MOUTH_AT = (12 + 14) * 64 + 16 + 16;
const PICTURE_BYTES = i420Bytes(64, 48);

interface Asked {
  frame: number;
  answer: (level?: number) => Promise<void>;
  fail: () => Promise<void>;
}

/** Answers when told, with patches of one grey level: 100 + the picture asked for. */
class PuppetDecoder implements MouthDecoder {
  readonly asked: Asked[] = [];

  decode(frame: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.asked.push({
        frame,
        answer: async (level = 100 + frame) => {
          resolve(new Uint8Array(i420Bytes(32, 28)).fill(level));
          await Promise.resolve();
        },
        fail: async () => {
          reject(new Error('lost'));
          await Promise.resolve();
          await Promise.resolve();
        },
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function stage(): {
  decoder: PuppetDecoder;
  face: NeuralFaceRenderer;
  clock: FakeClock;
  draw: (pose: FacePose) => { mouth: number; corner: number };
} {
  const decoder = new PuppetDecoder();
  const clock = new FakeClock();
  const face = new NeuralFaceRenderer(sampleAvatar(), { decoder, clock });
  const frame = new Uint8Array(PICTURE_BYTES);
  return {
    decoder,
    face,
    clock,
    draw: (pose) => {
      face.render(pose, frame);
      return { mouth: frame[MOUTH_AT]!, corner: frame[0]! };
    },
  };
}

describe('a neural face', () => {
  it('shows its template at rest and asks for nothing', () => {
    const { decoder, face, draw } = stage();
    const levels = Array.from({ length: 12 }, () => draw(REST).mouth);
    expect(levels).toEqual([40, 41, 42, 43, 44, 45, 44, 43, 42, 41, 40, 41]);
    expect(decoder.asked).toHaveLength(0);
    expect(face.counters.rested).toBe(12);
  });

  it('asks for the picture that comes next and shows its mouth there, nothing outside the patch touched', async () => {
    const { decoder, face, clock, draw } = stage();
    expect(face.lagMs).toBe(40);
    expect(draw(AA)).toEqual({ mouth: 40, corner: 40 });
    expect(decoder.asked.map(({ frame }) => frame)).toEqual([1]);
    clock.advance(20);
    await decoder.asked[0]!.answer();
    expect(draw(AA)).toEqual({ mouth: 101, corner: 41 });
    expect(decoder.asked.map(({ frame }) => frame)).toEqual([1, 2]);
  });

  it('holds the picture while a mouth is late, asks for a later one, and rests when none comes', async () => {
    const { decoder, face, clock, draw } = stage();
    draw(AA);
    await decoder.asked[0]!.answer();
    expect(draw(AA).mouth).toBe(101);
    const late = [draw(AA), draw(AA), draw(AA)];
    expect(late).toEqual(Array(3).fill({ mouth: 101, corner: 41 }));
    // One is awaited at a time: that steps the rate down.
    expect(decoder.asked).toHaveLength(2);
    clock.advance(400);
    await decoder.asked[1]!.answer();
    expect(draw(AA).mouth).toBe(102);
    // Slow as it is, the next one is asked for several pictures ahead: picture 9 of 0..5..0.
    expect(decoder.asked[2]!.frame).toBe(1);
    const held = Array.from({ length: 8 }, () => draw(AA).mouth);
    expect(held.slice(0, 5)).toEqual(Array(5).fill(102));
    expect(held.slice(5).every((level) => level < 50)).toBe(true);
    expect(face.counters.held).toBe(8);
  });

  it('goes on with its template when the decoder fails, and tries again after a while', async () => {
    const { decoder, face, draw } = stage();
    draw(AA);
    await decoder.asked[0]!.fail();
    for (let picture = 0; picture < 3; picture += 1) {
      expect(draw(AA).mouth).toBeLessThan(50);
    }
    expect(decoder.asked).toHaveLength(1);
    draw(AA);
    draw(AA);
    draw(AA);
    expect(decoder.asked).toHaveLength(2);
    expect(face.counters.failed).toBe(1);
  });

  it('ignores what comes after it was closed', async () => {
    const { decoder, face, draw } = stage();
    draw(AA);
    face.close();
    await decoder.asked[0]!.answer();
    expect(draw(AA).mouth).toBeLessThan(50);
    expect(decoder.asked).toHaveLength(1);
  });
});

import { describe, expect, it } from 'vitest';
import { i420Bytes } from '../i420.ts';
import { colourGrid, PatchCompositor } from './patch-compositor.ts';
import { sampleManifest } from './testing/sample-manifest.ts';

const manifest = sampleManifest();
const { patch, picture } = manifest;
const grey = (level: number, size: { width: number; height: number }): Uint8Array =>
  new Uint8Array(i420Bytes(size.width, size.height)).fill(level);

describe('the compositor of patches', () => {
  it('fades from the patch in the middle to the picture at the patch’s border, without a step', () => {
    const compositor = new PatchCompositor(manifest, undefined);
    const frame = grey(100, picture);
    compositor.blend(grey(200, patch), 0, 1, frame);
    const row = frame.subarray(26 * picture.width, 27 * picture.width);
    expect(row[32]).toBe(200);
    for (let x = 1; x < row.length; x += 1) {
      expect(Math.abs(row[x]! - row[x - 1]!)).toBeLessThan(40);
    }
    for (let y = 0; y < picture.height; y += 1) {
      for (let x = 0; x < picture.width; x += 1) {
        const inside = x > 16 && x < 47 && y > 12 && y < 39;
        expect(inside || frame[y * picture.width + x] === 100).toBe(true);
      }
    }
  });

  it('leaves the picture where nothing is present, and goes half way where half is', () => {
    const compositor = new PatchCompositor(manifest, undefined);
    const frame = grey(100, picture);
    compositor.blend(grey(200, patch), 0, 0, frame);
    expect(frame).toEqual(grey(100, picture));
    compositor.blend(grey(200, patch), 0, 0.5, frame);
    expect(frame[26 * picture.width + 32]).toBe(150);
  });

  it('adds the colour that the patch of this picture lacks', () => {
    const { columns, rows } = colourGrid(patch);
    const colour = new Int8Array(columns * rows * 3 * manifest.frames);
    colour.fill(-7, columns * rows * 3 * 2, columns * rows * 3 * 3);
    const compositor = new PatchCompositor(manifest, new Uint8Array(colour.buffer));
    const frame = grey(100, picture);
    compositor.blend(grey(107, patch), 2, 1, frame);
    expect(frame).toEqual(grey(100, picture));
  });

  it('refuses a colour file of another size', () => {
    expect(() => new PatchCompositor(manifest, new Uint8Array(3))).toThrow(/another size/u);
  });
});

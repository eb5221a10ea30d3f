import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { VISEMES } from '#media/visemes/viseme.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { openPack } from './atlas-pack.ts';
import { listFaces, loadFace } from './load-face.ts';
import type { FacePose } from './pose.ts';
import { NEUTRAL_POSE } from './pose.ts';
import { busyPose } from './measure.ts';

const WIDTH = 848;
const HEIGHT = 480;
const LUMA = WIDTH * HEIGHT;
/** The lips and what is around them, on every persona: x, y, width, height. */
const LIPS = [364, 230, 124, 110] as const;

function draw(face: FaceRenderer, pose: FacePose): Uint8Array {
  const frame = new Uint8Array((LUMA * 3) / 2);
  face.render(pose, frame);
  return frame;
}

/** Mean and greatest difference of luma inside a rectangle. */
function difference(a: Uint8Array, b: Uint8Array, rect: readonly number[] = [0, 0, WIDTH, HEIGHT]) {
  const [x0 = 0, y0 = 0, w = 0, h = 0] = rect;
  let sum = 0;
  let most = 0;
  for (let y = y0; y < y0 + h; y++) {
    for (let x = x0; x < x0 + w; x++) {
      const d = Math.abs(a[y * WIDTH + x]! - b[y * WIDTH + x]!);
      sum += d;
      most = Math.max(most, d);
    }
  }
  return { mean: sum / (w * h), most };
}

const PACKS = fileURLToPath(new URL('../avatars/packs', import.meta.url));
const SEAM_POSES: FacePose[] = [
  NEUTRAL_POSE,
  { ...NEUTRAL_POSE, mouth: VISEME_SHAPES.aa },
  { ...NEUTRAL_POSE, expression: { ...NEUTRAL_POSE.expression, smile: 1 }, blink: 0.5 },
];

const ids = (await listFaces()).map((face) => face.id);

describe.each(ids)('the face %s', (id) => {
  let face: FaceRenderer;
  let rest: Uint8Array;
  beforeAll(async () => {
    face = await loadFace(id);
    rest = draw(face, NEUTRAL_POSE);
  });

  it('draws the same picture for the same pose, whatever it drew before', () => {
    const before = draw(face, busyPose(11));
    for (let i = 0; i < 5; i++) draw(face, busyPose(i * 7));
    expect(difference(before, draw(face, busyPose(11))).most).toBe(0);
    expect(Buffer.compare(before, draw(face, busyPose(11)))).toBe(0);
  });

  it('draws every pair of visemes apart', () => {
    const pictures = VISEMES.map((viseme) => ({
      viseme,
      frame: draw(face, { ...NEUTRAL_POSE, mouth: VISEME_SHAPES[viseme] }),
    }));
    for (const [i, a] of pictures.entries()) {
      for (const b of pictures.slice(i + 1)) {
        const apart = difference(a.frame, b.frame, LIPS).mean;
        expect(apart, `${a.viseme} and ${b.viseme}`).toBeGreaterThan(0.6);
      }
    }
  });

  it('leaves the room around the figure still when only the mouth moves', () => {
    const open = draw(face, { ...NEUTRAL_POSE, mouth: VISEME_SHAPES.aa });
    expect(difference(rest, open, LIPS).mean).toBeGreaterThan(5);
    for (const edge of [
      [0, 0, WIDTH, 150],
      [0, 0, 250, HEIGHT],
      [600, 0, 248, HEIGHT],
    ]) {
      expect(difference(rest, open, edge).most).toBe(0);
    }
  });

  it('shows no seam: what sprites change fades to nothing at the edges of their windows', async () => {
    const pack = await openPack(await readFile(join(PACKS, id, 'face.atlas')));
    const base = pack.bytes('base', [null]).data;
    const { mouth, eyes } = pack.header;
    for (const pose of SEAM_POSES) {
      const frame = draw(face, pose);
      for (const [x, y, w, h] of [mouth.window, ...eyes.windows]) {
        const change = (px: number, py: number) => {
          const at = py * WIDTH + px;
          return Math.abs(frame[at]! - base[at]!);
        };
        let most = 0;
        for (let i = 0; i < w; i++)
          most = Math.max(most, change(x + i, y), change(x + i, y + h - 1));
        for (let i = 0; i < h; i++)
          most = Math.max(most, change(x, y + i), change(x + w - 1, y + i));
        expect(most).toBeLessThanOrEqual(3);
      }
    }
  });

  it.each<[string, (t: number) => FacePose]>([
    ['head', (t) => ({ ...NEUTRAL_POSE, head: { yawDeg: t, pitchDeg: t / 2, rollDeg: -t } })],
    ['gaze', (t) => ({ ...NEUTRAL_POSE, gaze: { x: t / 5, y: -t / 6 } })],
    ['blink', (t) => ({ ...NEUTRAL_POSE, blink: (t + 4) / 8 })],
    ['breath', (t) => ({ ...NEUTRAL_POSE, breath: (t + 4) / 8 })],
    [
      'smile',
      (t) => ({ ...NEUTRAL_POSE, expression: { ...NEUTRAL_POSE.expression, smile: t / 6 } }),
    ],
    ['jaw', (t) => ({ ...NEUTRAL_POSE, mouth: { ...NEUTRAL_POSE.mouth, jawOpen: (t + 4) / 8 } })],
    [
      'rounding',
      (t) => ({ ...NEUTRAL_POSE, mouth: { ...NEUTRAL_POSE.mouth, mouthPucker: (t + 4) / 8 } }),
    ],
  ])('moves the %s without jumps', (_, poseAt) => {
    const steps: number[] = [];
    let previous = draw(face, poseAt(-4));
    for (let t = -4 + 0.1; t <= 4; t += 0.1) {
      const next = draw(face, poseAt(t));
      steps.push(difference(previous, next, [300, 40, 250, 400]).mean);
      previous = next;
    }
    const mean = steps.reduce((a, b) => a + b, 0) / steps.length;
    expect(mean).toBeGreaterThan(0.001);
    expect(Math.max(...steps)).toBeLessThan(mean * 6 + 0.12);
  });

  it('keeps legal values and its size for extreme and broken poses', () => {
    const wild: FacePose = {
      ...NEUTRAL_POSE,
      blink: 9,
      gaze: { x: -7, y: Number.NaN },
      head: { yawDeg: 90, pitchDeg: -90, rollDeg: Number.POSITIVE_INFINITY },
      expression: { smile: 5, browUp: -5, browInnerUp: 5, browAsymmetry: 5, squint: 5 },
      breath: -3,
    };
    expect(() => draw(face, wild)).not.toThrow();
    expect(() => face.render(NEUTRAL_POSE, new Uint8Array(10))).toThrow(/bytes/);
    // What went wrong once leaves no trace.
    expect(Buffer.compare(draw(face, NEUTRAL_POSE), rest)).toBe(0);
  });

  it('closes both eyes in a blink, and looks where it is told', () => {
    const shut = draw(face, { ...NEUTRAL_POSE, blink: 1 });
    const left = draw(face, { ...NEUTRAL_POSE, gaze: { x: -1, y: 0 } });
    const right = draw(face, { ...NEUTRAL_POSE, gaze: { x: 1, y: 0 } });
    for (const eye of [
      [350, 150, 70, 60],
      [430, 150, 80, 60],
    ]) {
      expect(difference(rest, shut, eye).mean).toBeGreaterThan(2);
      expect(difference(left, right, eye).mean).toBeGreaterThan(2);
    }
  });
});

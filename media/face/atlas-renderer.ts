/**
 * A face from prepared pictures: the resting picture, mouth and eye sprites on top, then one warp for head, brows and
 * breath. Everything is I420 from the pack to the frame, and nothing is allocated while drawing.
 */
import { MediaError } from '#media/errors.ts';
import type { FaceRenderer } from '#media/ports.ts';
import type { FacePose } from './pose.ts';
import { EyeLayer } from './atlas-eyes.ts';
import type { EyePose } from './atlas-eyes.ts';
import { MouthLayer } from './atlas-mouth.ts';
import { openPack } from './atlas-pack.ts';
import type { FacePack } from './atlas-pack.ts';
import { WarpLayer } from './atlas-warp.ts';
import type { Motion } from './atlas-warp.ts';
import { i420Bytes } from './i420.ts';
import { Kernel } from './kernel/kernel.ts';

/** Radians of gaze at 1. Further, and the iris hides behind the corner of the eye. */
const GAZE_X_RADIANS = 0.32;
const GAZE_Y_RADIANS = 0.22;
/** How far the upper lid follows a gaze straight up or down, in blink units: the iris never floats free of it. */
const LID_FOLLOWS_UP = 0.2;
const LID_FOLLOWS_DOWN = 0.3;
/** Room for masks, sums and grids beside the pictures. */
const WORKING_BYTES = 4 * 1024 * 1024;
/** Degrees up to which the flat picture turns believably; beyond them the head stays. */
const HEAD_LIMIT_DEGREES = { yaw: 7, pitch: 6, roll: 8 } as const;
/** The smile of the resting picture, from which the lids were drawn. */
const REST_SMILE = 0.2;

const limit = (value: number, low: number, high: number) =>
  Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, value));

/** A turn that eases into its limit instead of stopping at it. */
function eased(degrees: number, most: number): number {
  return Number.isFinite(degrees) ? most * Math.tanh(degrees / most) : 0;
}

export class AtlasFaceRenderer implements FaceRenderer {
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The face with mouth and eyes drawn, before and after the warp. */
  readonly #picture: Uint8Array;
  readonly #moved: Uint8Array;
  readonly #mouth: MouthLayer;
  readonly #eyes: readonly EyeLayer[];
  readonly #warp: WarpLayer;
  readonly #eyePose: EyePose = { blink: 0, squint: 0, gazeX: 0, gazeY: 0 };
  readonly #motion: Motion = {
    yaw: 0,
    pitch: 0,
    roll: 0,
    breath: 0,
    browUp: 0,
    browInner: 0,
    browAsymmetry: 0,
  };

  private constructor(kernel: Kernel, pack: FacePack) {
    const { id, width, height } = pack.header;
    this.id = id;
    this.widthPx = width;
    this.heightPx = height;
    const size = i420Bytes(width, height);
    const base = kernel.allocate(Uint8Array, size);
    base.set(pack.bytes('base', [size]).data);
    this.#picture = kernel.allocate(Uint8Array, size);
    this.#picture.set(base);
    this.#moved = kernel.allocate(Uint8Array, size);
    this.#mouth = new MouthLayer(kernel, pack, base);
    this.#eyes = [
      new EyeLayer(kernel, pack, 'left', base),
      new EyeLayer(kernel, pack, 'right', base),
    ];
    this.#warp = new WarpLayer(kernel, pack);
  }

  /** Opens the bytes of a `face.atlas` file. Rejects with FACE_PACK_INVALID. */
  static async open(file: Uint8Array): Promise<AtlasFaceRenderer> {
    const pack = await openPack(file);
    const pictures = 3 * i420Bytes(pack.header.width, pack.header.height);
    const kernel = await Kernel.create(pack.openBytes + pictures + WORKING_BYTES);
    return new AtlasFaceRenderer(kernel, pack);
  }

  render(pose: FacePose, frame: Uint8Array): void {
    if (frame.length !== this.#moved.length) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: `A frame of ${this.id} takes ${this.#moved.length} bytes, not ${frame.length}.`,
      });
    }
    this.#mouth.draw(pose, this.#picture);
    this.#setEyes(pose);
    for (const eye of this.#eyes) eye.draw(this.#eyePose, this.#picture);
    this.#setMotion(pose);
    this.#warp.draw(this.#motion, this.#picture, this.#moved);
    frame.set(this.#moved);
  }

  close(): void {
    // Holds memory only, which goes with the object.
  }

  #setEyes({ blink, gaze, expression }: FacePose): void {
    const eyes = this.#eyePose;
    const x = limit(gaze.x, -1, 1);
    const y = limit(gaze.y, -1, 1);
    eyes.gazeX = x * GAZE_X_RADIANS;
    eyes.gazeY = y * GAZE_Y_RADIANS;
    const smile = limit(expression.smile, 0, 1);
    const squint = limit(expression.squint, 0, 1);
    eyes.squint = limit(squint + 0.5 * (smile - REST_SMILE), 0, 1);
    const follow = y > 0 ? -LID_FOLLOWS_UP * y : -LID_FOLLOWS_DOWN * y;
    const rest = limit(follow + 0.2 * squint - 0.12 * limit(expression.browUp, 0, 1), -0.2, 0.5);
    eyes.blink = rest + limit(blink, 0, 1) * (1 - rest);
  }

  #setMotion({ head, breath, expression }: FacePose): void {
    const motion = this.#motion;
    motion.yaw = eased(head.yawDeg, HEAD_LIMIT_DEGREES.yaw);
    motion.pitch = eased(head.pitchDeg, HEAD_LIMIT_DEGREES.pitch);
    motion.roll = eased(head.rollDeg, HEAD_LIMIT_DEGREES.roll);
    motion.breath = limit(breath, 0, 1);
    motion.browUp = limit(expression.browUp, -1, 1);
    motion.browInner = limit(expression.browInnerUp, 0, 1);
    motion.browAsymmetry = limit(expression.browAsymmetry, 0, 1);
    // Lowered brows have less room above the lids than raised ones have above.
    if (motion.browUp < 0) motion.browUp *= 0.55;
  }
}

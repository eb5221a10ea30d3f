/**
 * Measures a decoded mouth as an eye would: how far it is open, how much of it is teeth, how wide the lips are, and what the
 * decoder did to skin that should not move. Works in CIE Lab, with thresholds from the same face at rest. Pixels are the
 * decoder's grid.
 */
import { MOUTH_WINDOW } from '../face/geometry.ts';
import { close, dilate, erode, filled, largestRegion, type Bits } from './pixel-regions.ts';

export interface MouthMeasure {
  /** Height of the opening in its middle, teeth included; of that the teeth. */
  open: number;
  teeth: number;
  /** Width and height of lips and opening together. */
  width: number;
  height: number;
  /** Height of both lips in the middle, without what lies between them. */
  lips: number;
  /** Row of the lower lip's edge. */
  bottom: number;
  /** Mean distance in Lab from rest, and its hue alone, where nothing should move. */
  drift: number;
  hue: number;
  /** How much redder lips are than lips can be, and the 95th percentile of their a*. */
  glare: number;
  redness: number;
  /** How rough the skin is that the lips of rest have left: the decoder leaves specks there. */
  specks: number;
}

const WIDTH = MOUTH_WINDOW.right - MOUTH_WINDOW.left;
const HEIGHT = MOUTH_WINDOW.bottom - MOUTH_WINDOW.top;
/** Where lips can be, on the window. */
const AREA = { left: 38, top: 15, right: 198, bottom: 142 };
const AREA_WIDTH = AREA.right - AREA.left;
const AREA_HEIGHT = AREA.bottom - AREA.top;
/** Lips are this much redder (a*) than the skin around them. */
const LIP_REDNESS = 9;
/** Lightness as shares of the skin's: the dark of the mouth, and the shade of lips. */
const DARK = 0.42;
const SHADE = 0.62;
/** Half a side of the square that closes gaps and keeps off edges. */
const REACH = 4;
/** Columns around the middle in which heights are taken. */
const MIDDLE = 12;
/** Lips reach this far beyond what is measured of them, and how far their rest is looked at. */
const LIP_EDGE = 3;
const LEFT_BEHIND = 7;
/** A smaller part of skin says nothing. */
const LEAST_SKIN = 40;
/** Lips of this a* or more glow: found by eye. */
const GLARING = 48;

interface Lab {
  l: Float32Array;
  a: Float32Array;
  b: Float32Array;
}

export class MouthGauge {
  readonly #rest: Lab;
  readonly #skinLightness: number;
  readonly #still: Bits;
  readonly #skin: Bits;
  /** Where the lips of rest were, with their surroundings; empty until they have been found. */
  #restLips: Bits = new Uint8Array(AREA_WIDTH * AREA_HEIGHT);

  /** `rest`: the window of the face at rest, RGB in -1..1. */
  constructor(rest: Float32Array) {
    this.#rest = labOf(rest);
    this.#still = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
      const [x, y] = gridOf(at);
      return ellipse(x, y, 190, 215, 85, 110) > 1 && y < 330 ? 1 : 0;
    });
    const ring = ringValues(this.#rest.l);
    this.#skinLightness = median(ring);
    const { l, a } = this.#rest;
    this.#skin = this.#still.map((still, at) =>
      still === 1 && l[at]! > 0.75 * this.#skinLightness && a[at]! > 3 && a[at]! < 22 ? 1 : 0,
    );
    const lips = this.#mouthOf(areaOf(this.#rest.l), areaOf(this.#rest.a), this.#rest);
    this.#restLips = lips === null ? this.#restLips : dilate(lips, AREA_WIDTH, LEFT_BEHIND);
  }

  /** Lips and what lies between them; null where there are none. */
  #mouthOf(l: Float32Array, a: Float32Array, lab: Lab): Bits | null {
    const skinA = median(ringValues(lab.a));
    const shade = SHADE * this.#skinLightness;
    const mouth = largestRegion(
      Uint8Array.from(l, (value, at) => (a[at]! - skinA > LIP_REDNESS || value < shade ? 1 : 0)),
      AREA_WIDTH,
    );
    return mouth === null ? null : filled(close(mouth, AREA_WIDTH, REACH), AREA_WIDTH);
  }

  /** Null where no mouth is to be seen. */
  measure(window: Float32Array): MouthMeasure | null {
    const lab = labOf(window);
    const skinA = median(ringValues(lab.a));
    const [l, a] = [areaOf(lab.l), areaOf(lab.a)];
    const [dark, shade] = [DARK * this.#skinLightness, SHADE * this.#skinLightness];
    const whole = this.#mouthOf(l, a, lab);
    if (whole === null) {
      return null;
    }
    const inner = erode(whole, AREA_WIDTH, REACH);
    const between = inner.map((inside, at) =>
      inside === 1 && (l[at]! < dark || (l[at]! > shade && a[at]! - skinA <= LIP_REDNESS)) ? 1 : 0,
    );
    const teeth = between.map((inside, at) => (inside === 1 && l[at]! > shade ? 1 : 0));
    const columns = sums(whole, true);
    const first = columns.findIndex((count) => count > 0);
    const last = columns.findLastIndex((count) => count > 0);
    const centre = Math.round((first + last) / 2);
    const middle = (bits: Bits): number => {
      const counts = sums(bits, true).slice(Math.max(0, centre - MIDDLE), centre + MIDDLE + 1);
      return counts.reduce((sum, count) => sum + count, 0) / counts.length;
    };
    const open = middle(between);
    const reds = Array.from(a).filter((_value, at) => whole[at] === 1);
    return {
      open,
      teeth: middle(teeth),
      width: last - first + 1,
      height: Math.max(...columns),
      lips: middle(whole) - open,
      bottom: sums(whole, false).findLastIndex((count) => count > 0) + AREA.top + MOUTH_WINDOW.top,
      ...this.#drift(lab),
      glare: mean(reds.map((value) => Math.max(0, value - GLARING))),
      redness: reds.sort((x, y) => x - y)[Math.floor(reds.length * 0.95)] ?? 0,
      specks: this.#specks(l, whole),
    };
  }

  #specks(l: Float32Array, whole: Bits): number {
    const lips = dilate(whole, AREA_WIDTH, LIP_EDGE);
    const rough: number[] = [];
    this.#restLips.forEach((was, at) => {
      const [x, y] = [at % AREA_WIDTH, Math.floor(at / AREA_WIDTH)];
      const border = x === 0 || y === 0 || x === AREA_WIDTH - 1 || y === AREA_HEIGHT - 1;
      if (was === 1 && lips[at] === 0 && !border) {
        const around = l[at - 1]! + l[at + 1]! + l[at - AREA_WIDTH]! + l[at + AREA_WIDTH]!;
        rough.push(Math.abs(around - 4 * l[at]!));
      }
    });
    return rough.length < LEAST_SKIN
      ? 0
      : (rough.sort((x, y) => x - y)[Math.floor(rough.length * 0.97)] ?? 0);
  }

  #drift({ l, a, b }: Lab): { drift: number; hue: number } {
    const rest = this.#rest;
    let [far, count, da, db, skin] = [0, 0, 0, 0, 0];
    this.#still.forEach((still, at) => {
      if (still === 0) {
        return;
      }
      far += Math.hypot(l[at]! - rest.l[at]!, a[at]! - rest.a[at]!, b[at]! - rest.b[at]!);
      count += 1;
      if (this.#skin[at] === 1) {
        da += a[at]! - rest.a[at]!;
        db += b[at]! - rest.b[at]!;
        skin += 1;
      }
    });
    return {
      drift: far / Math.max(1, count),
      hue: Math.hypot(da, db) / Math.max(1, skin),
    };
  }
}

function areaOf(values: Float32Array): Float32Array {
  return Float32Array.from({ length: AREA_WIDTH * AREA_HEIGHT }, (_, at) => {
    const [x, y] = [at % AREA_WIDTH, Math.floor(at / AREA_WIDTH)];
    return values[(AREA.top + y) * WIDTH + AREA.left + x]!;
  });
}

/** Counts of set pixels per column, or per row. */
function sums(bits: Bits, perColumn: boolean): number[] {
  const counts = new Array<number>(perColumn ? AREA_WIDTH : AREA_HEIGHT).fill(0);
  bits.forEach((bit, at) => {
    const line = perColumn ? at % AREA_WIDTH : Math.floor(at / AREA_WIDTH);
    counts[line] = counts[line]! + bit;
  });
  return counts;
}

/** Values on the skin just around the lips. */
function ringValues(values: Float32Array): number[] {
  return Array.from(values).filter((_value, at) => {
    const [x, y] = gridOf(at);
    return ellipse(x, y, 190, 190, 75, 55) < 1 && ellipse(x, y, 190, 185, 62, 42) > 1;
  });
}

function gridOf(at: number): [number, number] {
  return [(at % WIDTH) + MOUTH_WINDOW.left, Math.floor(at / WIDTH) + MOUTH_WINDOW.top];
}

function ellipse(x: number, y: number, cx: number, cy: number, rx: number, ry: number): number {
  return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2;
}

function median(values: number[]): number {
  return values.sort((x, y) => x - y)[values.length >> 1] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** sRGB's curve for 8 bits. */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/** CIE Lab under D65. */
function labOf(window: Float32Array): Lab {
  const count = WIDTH * HEIGHT;
  const out = {
    l: new Float32Array(count),
    a: new Float32Array(count),
    b: new Float32Array(count),
  };
  const level = (value: number): number =>
    LINEAR[Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)))]!;
  for (let at = 0; at < count; at += 1) {
    const r = level(window[at]!);
    const g = level(window[at + count]!);
    const b = level(window[at + 2 * count]!);
    const x = curve((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.950456);
    const y = curve(0.212671 * r + 0.71516 * g + 0.072169 * b);
    const z = curve((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.088754);
    out.l[at] = 116 * y - 16;
    out.a[at] = 500 * (x - y);
    out.b[at] = 200 * (y - z);
  }
  return out;
}

function curve(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

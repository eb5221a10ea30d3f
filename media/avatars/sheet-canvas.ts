/** A grid of labelled pictures that becomes a PNG. */
import { PNG } from 'pngjs';
import { drawLetters, LETTER_HEIGHT } from './lettering.ts';

/** A part of a frame: x, y, width, height in pixels. */
export type Crop = readonly [number, number, number, number];

const LABEL_PX = 2 * LETTER_HEIGHT + 8;
const LETTER_SCALE = 2;
const BACKGROUND = [24, 24, 28] as const;
const INK = 230;

export class SheetCanvas {
  readonly #png: PNG;
  readonly #crop: Crop;
  readonly #columns: number;
  #count = 0;

  constructor(cells: number, columns: number, crop: Crop) {
    this.#crop = crop;
    this.#columns = Math.min(columns, cells);
    const rows = Math.ceil(cells / this.#columns);
    this.#png = new PNG({
      width: this.#columns * crop[2],
      height: rows * (crop[3] + LABEL_PX),
      colorType: 2,
    });
    for (let i = 0; i < this.#png.data.length; i += 4) this.#png.data.set([...BACKGROUND, 255], i);
  }

  /** Adds the crop of an I420 frame under its label. */
  add(label: string, frame: Uint8Array, frameWidth: number, frameHeight: number): void {
    const [cropX, cropY, width, height] = this.#crop;
    const left = (this.#count % this.#columns) * width;
    const top = Math.floor(this.#count / this.#columns) * (height + LABEL_PX);
    this.#count++;
    drawLetters(label, (x, y) => {
      for (let i = 0; i < LETTER_SCALE ** 2; i++) {
        const px = left + 6 + x * LETTER_SCALE + (i % LETTER_SCALE);
        const py = top + 5 + y * LETTER_SCALE + Math.floor(i / LETTER_SCALE);
        if (px < left + width) this.#set(px, py, INK, INK, INK);
      }
    });
    const luma = frameWidth * frameHeight;
    const half = frameWidth / 2;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const fx = cropX + x;
        const fy = cropY + y;
        const chroma = luma + (fy >> 1) * half + (fx >> 1);
        const Y = 1.164 * (frame[fy * frameWidth + fx]! - 16);
        const U = frame[chroma]! - 128;
        const V = frame[chroma + luma / 4]! - 128;
        this.#set(
          left + x,
          top + LABEL_PX + y,
          Y + 1.596 * V,
          Y - 0.392 * U - 0.813 * V,
          Y + 2.017 * U,
        );
      }
    }
  }

  toPng(): Buffer {
    return PNG.sync.write(this.#png, { colorType: 2 });
  }

  #set(x: number, y: number, red: number, green: number, blue: number): void {
    const at = (y * this.#png.width + x) * 4;
    [red, green, blue].forEach((value, i) => {
      this.#png.data[at + i] = Math.min(255, Math.max(0, Math.round(value)));
    });
  }
}

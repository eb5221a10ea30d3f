/** A face that tells when its mouth was meant to open: a flash that says in its brightness how old it is. */
import type { FacePose } from '#media/face/pose.ts';
import { NEUTRAL_MOUTH, NEUTRAL_POSE } from '#media/face/pose.ts';
import type { FaceRenderer, PhonemeMark } from '#media/ports.ts';
import type { Acting } from '#media/stage/stage.ts';

export const MARKER_WIDTH_PX = 848;
export const MARKER_HEIGHT_PX = 480;
/** The middle of the picture; beside it a block wanders, so that it costs an encoder something. */
const FLASH = { left: 348, top: 180, width: 152, height: 120 } as const;
/** A patch well inside it, where its brightness is read. */
export const FLASH_PATCH = { x: 370, y: 200, width: 112, height: 80 } as const;
/** Luma without a flash. */
const DARK = 20;
/** Luma of a flash that begins with its picture. */
const FRESH = 235;
/** Each ms that a flash began before its picture takes off this much. */
const LUMA_PER_MS = 3;
/** Between DARK and the oldest flash of a first picture. */
const LIT = 80;
const FRAME_MS = 40;

/** The acting of the marker face: an open vowel opens the mouth at once and fully, as its marks say. */
export class MarkerActing implements Acting {
  #flashes: { startMs: number; endMs: number }[] = [];

  speak(marks: PhonemeMark[], startMs: number): void {
    // Speech that is placed anew replaces what was planned for that time.
    this.#cutFrom(startMs);
    for (const mark of marks) {
      if (mark.phoneme === 'aa') {
        this.#flashes.push({ startMs: startMs + mark.startMs, endMs: startMs + mark.endMs });
      }
    }
  }

  stopSpeech(atMs: number): void {
    this.#cutFrom(atMs);
  }

  moveSpeech(fromMs: number, byMs: number): void {
    this.#flashes = this.#flashes.map((flash) =>
      flash.startMs >= fromMs
        ? { startMs: flash.startMs + byMs, endMs: flash.endMs + byMs }
        : flash,
    );
  }

  holdSpeech(atMs: number): void {
    this.#cutFrom(atMs);
  }

  poseAt(tMs: number): FacePose {
    this.#flashes = this.#flashes.filter(({ endMs }) => endMs > tMs - 1_000);
    const flash = this.#flashes.find(({ startMs, endMs }) => startMs <= tMs && tMs < endMs);
    return flash === undefined
      ? NEUTRAL_POSE
      : { ...NEUTRAL_POSE, mouth: { ...NEUTRAL_MOUTH, jawOpen: lumaOfAge(tMs - flash.startMs) } };
  }

  #cutFrom(atMs: number): void {
    this.#flashes = this.#flashes
      .filter(({ startMs }) => startMs < atMs)
      .map(({ startMs, endMs }) => ({ startMs, endMs: Math.min(endMs, atMs) }));
  }
}

/** Brightness, as a share, of a picture whose flash began `ageMs` before it. */
function lumaOfAge(ageMs: number): number {
  return (FRESH - LUMA_PER_MS * Math.min(ageMs, FRAME_MS)) / 255;
}

/** `base` is the picture that it flashes on: an I420 buffer of its size. The peer flashes on the same. */
export function markerFace(base: Uint8Array): FaceRenderer {
  let picture = 0;
  return {
    id: 'marker',
    widthPx: MARKER_WIDTH_PX,
    heightPx: MARKER_HEIGHT_PX,
    render: (pose, frame) => {
      frame.set(base);
      drawMotion(frame, picture);
      picture += 1;
      const luma = lumaOf(pose);
      for (let y = FLASH.top; y < FLASH.top + FLASH.height; y += 1) {
        const row = y * MARKER_WIDTH_PX + FLASH.left;
        frame.fill(luma, row, row + FLASH.width);
      }
    },
    close: () => undefined,
  };
}

/** Nothing but the flash, all over a few pixels: for simulations, where no encoder looks. */
export function tinyMarkerFace(): FaceRenderer {
  return {
    id: 'tiny-marker',
    widthPx: TINY_PX,
    heightPx: TINY_PX,
    render: (pose, frame) => {
      frame.fill(lumaOf(pose));
    },
    close: () => undefined,
  };
}
export const TINY_PX = 8;

function lumaOf({ mouth }: FacePose): number {
  return mouth.jawOpen > 0 ? Math.round(mouth.jawOpen * 255) : DARK;
}

/**
 * What a decoded picture says: whether it flashes, and how long before this picture the flash began. `luma` is the plane
 * of brightness. The age holds for the first picture of a flash only.
 */
export function readFlash(
  luma: Uint8Array,
  widthPx: number,
  heightPx: number,
): { lit: boolean; ageMs: number } {
  let sum = 0;
  let count = 0;
  const { x: left, y: top, width, height } = FLASH_PATCH;
  // The patch is scaled along with the picture.
  for (let y = top; y < top + height; y += 8) {
    for (let x = left; x < left + width; x += 8) {
      const row = Math.floor((y * heightPx) / MARKER_HEIGHT_PX);
      sum += luma[row * widthPx + Math.floor((x * widthPx) / MARKER_WIDTH_PX)]!;
      count += 1;
    }
  }
  return flashOf(sum / count);
}

export function flashOf(meanLuma: number): { lit: boolean; ageMs: number } {
  const ageMs = (FRESH - meanLuma) / LUMA_PER_MS;
  return { lit: meanLuma > LIT, ageMs: Math.min(FRAME_MS, Math.max(0, ageMs)) };
}

/** A block that wanders beside the flash, as the peer's does. */
function drawMotion(frame: Uint8Array, picture: number): void {
  const top = (picture * 3) % 400;
  for (let y = top; y < top + 20; y += 1) {
    const row = y * MARKER_WIDTH_PX + 600;
    frame.fill(60 + ((picture * 7) % 128), row, row + 200);
  }
}

/**
 * The picture's side of Wav2Lip's contract: two views of one face crop, the first with its lower half black, blue first,
 * 0..1: [6, side, side]. The model fills in the lower half as the sound has it.
 */
import { RuntimeError } from '../errors.ts';

/** `rgb`: a square face crop, 8-bit, three bytes a pixel. Throws REQUEST_INVALID. */
export function faceInput(rgb: Uint8Array, side: number): Float32Array {
  if (rgb.length !== side * side * 3) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `The face crop has ${String(rgb.length)} bytes where ${String(side)}×${String(side)} RGB has ${String(side * side * 3)}.`,
    });
  }
  const plane = side * side;
  const input = new Float32Array(6 * plane);
  const half = Math.floor(side / 2) * side;
  for (let at = 0; at < plane; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = rgb[at * 3 + 2 - channel]! / 255;
      input[(3 + channel) * plane + at] = value;
      input[channel * plane + at] = at < half ? value : 0;
    }
  }
  return input;
}

/** The model's answer [3, side, side], blue first in 0..1, as 8-bit RGB. */
export function faceOutput(planes: Float32Array, side: number): Uint8Array {
  const plane = side * side;
  return Uint8Array.from({ length: plane * 3 }, (_, i) => {
    const value = planes[(2 - (i % 3)) * plane + Math.floor(i / 3)]! * 255;
    return Math.min(255, Math.max(0, Math.round(value)));
  });
}

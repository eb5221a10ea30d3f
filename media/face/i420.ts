/** I420 pictures: the Y plane, then U and V at half size. */

/** One plane inside a larger buffer. */
export interface Plane {
  offset: number;
  width: number;
  height: number;
  /** 1 for Y, 2 for U and V: how many luma pixels one sample spans along each side. */
  step: 1 | 2;
}

export function i420Bytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}

/** The three planes of a picture that starts at `offset` in its buffer. */
export function i420Planes(width: number, height: number, offset = 0): [Plane, Plane, Plane] {
  const luma = width * height;
  const chroma = { width: width / 2, height: height / 2, step: 2 as const };
  return [
    { offset, width, height, step: 1 },
    { ...chroma, offset: offset + luma },
    { ...chroma, offset: offset + luma + luma / 4 },
  ];
}

/** Sets the opacity 0..256 of a window that fades in over `featherPx` along its border, for one plane. */
export function fillFeatherMask(mask: Uint16Array, plane: Plane, featherPx: number): void {
  for (let y = 0; y < plane.height; y++) {
    const fromEdgeY = Math.min(y, plane.height - 1 - y) + 0.5;
    for (let x = 0; x < plane.width; x++) {
      const fromEdge = Math.min(fromEdgeY, x + 0.5, plane.width - x - 0.5) * plane.step;
      const t = Math.min(1, fromEdge / featherPx);
      mask[y * plane.width + x] = Math.round(256 * t * t * (3 - 2 * t));
    }
  }
}

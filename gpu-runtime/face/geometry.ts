/**
 * Where the mouth of a LiteAvatar face is: on the decoder's grid of 384 × 384, which is the face box of the video stretched,
 * and on the picture that the room sees. Boxes are in pixels, `right` and `bottom` beyond the last one.
 */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Size {
  width: number;
  height: number;
}

/** How the video lies in the picture: `cut` of the video, scaled to the picture's height, in its middle. */
export interface Placement {
  video: Size;
  picture: Size;
  /** Rows of the video that are shown, over its whole width. */
  cut: { top: number; height: number };
  /** The face box in the video. */
  face: Box;
}

/** Side of the decoder's grid. */
export const GRID = 384;
/**
 * The part of the grid that is decoded at run time: mouth and chin with what the mouth moves. Its sides are multiples of 8,
 * because the network halves three times. Outside it the video shows.
 */
export const MOUTH_WINDOW: Box = { left: 72, top: 120, right: 312, bottom: 360 };

/** The picture of rooms. */
export const PICTURE: Size = { width: 848, height: 480 };

/** Rows of the video for one height of the face box: head and neck, as a person sits before a camera. */
const ROWS_PER_FACE = 2.4;
/** Where the middle of the face box lies, from the top. */
const FACE_AT = 0.72;

/** Places a video so that head and neck fill the picture. */
export function placeVideo(video: Size, face: Box, picture: Size = PICTURE): Placement {
  const faceRows = face.bottom - face.top;
  const height = Math.min(video.height, Math.round(faceRows * ROWS_PER_FACE));
  const middle = (face.top + face.bottom) / 2;
  const top = Math.round(Math.min(video.height - height, Math.max(0, middle - FACE_AT * height)));
  return { video, picture, cut: { top, height }, face };
}

/** The columns of the picture that the video covers: an even number, in the middle. */
export function videoColumns({ video, picture, cut }: Placement): { left: number; width: number } {
  const width = Math.min(
    picture.width,
    Math.round((video.width * picture.height) / cut.height / 2) * 2,
  );
  return { left: Math.round((picture.width - width) / 4) * 2, width };
}

/** Maps the grid to the picture: picture = offset + scale × grid, for edges of pixels. */
export interface GridMap {
  x: { offset: number; scale: number };
  y: { offset: number; scale: number };
}

export function gridToPicture(placement: Placement): GridMap {
  const { video, picture, cut, face } = placement;
  const columns = videoColumns(placement);
  const scaleX = columns.width / video.width;
  const scaleY = picture.height / cut.height;
  return {
    x: {
      offset: columns.left + scaleX * face.left,
      scale: (scaleX * (face.right - face.left)) / GRID,
    },
    y: {
      offset: scaleY * (face.top - cut.top),
      scale: (scaleY * (face.bottom - face.top)) / GRID,
    },
  };
}

/** The largest part of the picture with even sides that the mouth window covers. */
export function patchBox(placement: Placement, window: Box = MOUTH_WINDOW): Box {
  const { x, y } = gridToPicture(placement);
  const even = (least: number, most: number, limit: number): [number, number] => [
    Math.max(0, Math.ceil(least / 2) * 2),
    Math.min(limit, Math.floor(most / 2) * 2),
  ];
  const [left, right] = even(
    x.offset + x.scale * window.left,
    x.offset + x.scale * window.right,
    placement.picture.width,
  );
  const [top, bottom] = even(
    y.offset + y.scale * window.top,
    y.offset + y.scale * window.bottom,
    placement.picture.height,
  );
  return { left, top, right, bottom };
}

/** Catmull and Rom's cubic, which keeps edges of lips sharp without ringing that can be seen. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) {
    return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  }
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}

/**
 * Weights that make a line of the patch from a line of the window, row by row [to - from][windowTo - windowFrom]; wider
 * than a pixel where the patch is smaller, so that nothing flickers.
 */
export function resampling(
  { offset, scale }: { offset: number; scale: number },
  [from, to]: readonly [number, number],
  [windowFrom, windowTo]: readonly [number, number],
): Float32Array {
  const taps = windowTo - windowFrom;
  const matrix = new Float32Array((to - from) * taps);
  const reach = Math.max(1, 1 / scale);
  for (let row = 0; row < to - from; row += 1) {
    const centre = (from + row + 0.5 - offset) / scale - windowFrom - 0.5;
    let sum = 0;
    const line = matrix.subarray(row * taps, (row + 1) * taps);
    for (let tap = Math.floor(centre - 2 * reach); tap <= centre + 2 * reach + 1; tap += 1) {
      const weight = cubic((tap - centre) / reach);
      const at = Math.min(taps - 1, Math.max(0, tap));
      line[at] = line[at]! + weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap += 1) {
      line[tap] = line[tap]! / sum;
    }
  }
  return matrix;
}

/** Regions of a picture as one byte per pixel, 0 or 1, row after row. */
export type Bits = Uint8Array<ArrayBuffer>;

/** Grown by `reach` pixels to every side. */
export function dilate(bits: Bits, width: number, reach: number): Bits {
  return swept(bits, width, reach, 1);
}

/** Shrunk by `reach` pixels from every side; beyond the picture counts as inside. */
export function erode(bits: Bits, width: number, reach: number): Bits {
  return swept(bits, width, reach, 0);
}

/** Gaps of up to twice `reach` filled. */
export function close(bits: Bits, width: number, reach: number): Bits {
  return erode(dilate(bits, width, reach), width, reach);
}

/** The largest connected region alone (by sides and corners); null where nothing is set. */
export function largestRegion(bits: Bits, width: number): Bits | null {
  const seen = new Uint8Array(bits.length);
  let best: number[] = [];
  for (let start = 0; start < bits.length; start += 1) {
    if (bits[start] === 1 && seen[start] === 0) {
      const region = flood(bits, width, [start], seen, 1, true);
      best = region.length > best.length ? region : best;
    }
  }
  if (best.length === 0) {
    return null;
  }
  const out = new Uint8Array(bits.length);
  for (const at of best) {
    out[at] = 1;
  }
  return out;
}

/** With its holes filled: all that cannot be reached from the border. */
export function filled(bits: Bits, width: number): Bits {
  const height = bits.length / width;
  const border: number[] = [];
  for (let x = 0; x < width; x += 1) {
    border.push(x, (height - 1) * width + x);
  }
  for (let y = 0; y < height; y += 1) {
    border.push(y * width, y * width + width - 1);
  }
  const outside = new Uint8Array(bits.length);
  const starts = border.filter((at) => bits[at] === 0);
  flood(bits, width, starts, outside, 0, false);
  return outside.map((reached) => 1 - reached);
}

/** Marks in `seen` and gives all pixels of `value` that are connected to the starts. */
function flood(
  bits: Bits,
  width: number,
  starts: readonly number[],
  seen: Uint8Array,
  value: number,
  corners: boolean,
): number[] {
  const height = bits.length / width;
  const found: number[] = [];
  const visit = (x: number, y: number): void => {
    const at = y * width + x;
    if (x >= 0 && y >= 0 && x < width && y < height && seen[at] === 0 && bits[at] === value) {
      seen[at] = 1;
      found.push(at);
    }
  };
  for (const at of starts) {
    visit(at % width, Math.floor(at / width));
  }
  for (let next = 0; next < found.length; next += 1) {
    const [x, y] = [found[next]! % width, Math.floor(found[next]! / width)];
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        if (corners || dx === 0 || dy === 0) {
          visit(x + dx, y + dy);
        }
      }
    }
  }
  return found;
}

/** A pixel becomes `value` where any within reach is, first along rows, then along columns. */
function swept(bits: Bits, width: number, reach: number, value: number): Bits {
  const height = bits.length / width;
  const sweep = (from: Bits, count: number, lines: number, step: number, jump: number): Bits => {
    const to = new Uint8Array(from.length);
    for (let line = 0; line < lines; line += 1) {
      for (let at = 0; at < count; at += 1) {
        let any = false;
        const last = Math.min(count - 1, at + reach);
        for (let near = Math.max(0, at - reach); near <= last && !any; near += 1) {
          any = from[line * jump + near * step] === value;
        }
        to[line * jump + at * step] = any ? value : 1 - value;
      }
    }
    return to;
  };
  return sweep(sweep(bits, width, height, 1, width), height, width, width, 1);
}

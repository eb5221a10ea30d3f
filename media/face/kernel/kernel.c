// The inner loops of the atlas renderer, compiled to WebAssembly with SIMD (build.sh). Everything works on the
// instance's own memory; the TypeScript beside it lays that memory out and never grows it while pointers are held.
#include <stdint.h>
#include <wasm_simd128.h>

typedef uint8_t byte;
#define EXPORT(name) __attribute__((export_name(#name)))

// Two neighbouring samples as one number: the left one in the low byte.
static inline int pairAt(const byte *p) {
  uint16_t pair;
  __builtin_memcpy(&pair, p, 2);
  return pair;
}

// Bilinear samples of four positions (16.16 fixed point, of which 7 bits of fraction count), times 1 << SAMPLE_BITS.
// Neighbours sit side by side in 16-bit lanes, so that one dot product blends a pair.
#define SAMPLE_BITS 14
static inline v128_t sampleFour(const byte *plane, int width, v128_t x, v128_t y) {
  const v128_t fraction = wasm_i32x4_splat(127), whole = wasm_i32x4_splat(128), low = wasm_i32x4_splat(255);
  v128_t at =
      wasm_i32x4_add(wasm_i32x4_dot_i16x8(wasm_u32x4_shr(y, 16), wasm_i32x4_splat(width)), wasm_i32x4_shr(x, 16));
  const byte *a = plane + wasm_i32x4_extract_lane(at, 0), *b = plane + wasm_i32x4_extract_lane(at, 1);
  const byte *c = plane + wasm_i32x4_extract_lane(at, 2), *d = plane + wasm_i32x4_extract_lane(at, 3);
  v128_t upper = wasm_i32x4_make(pairAt(a), pairAt(b), pairAt(c), pairAt(d));
  v128_t lower = wasm_i32x4_make(pairAt(a + width), pairAt(b + width), pairAt(c + width), pairAt(d + width));
  upper = wasm_v128_or(wasm_v128_and(upper, low), wasm_i32x4_shl(wasm_u32x4_shr(upper, 8), 16));
  lower = wasm_v128_or(wasm_v128_and(lower, low), wasm_i32x4_shl(wasm_u32x4_shr(lower, 8), 16));
  v128_t u = wasm_v128_and(wasm_i32x4_shr(x, 9), fraction), v = wasm_v128_and(wasm_i32x4_shr(y, 9), fraction);
  u = wasm_v128_or(wasm_i32x4_sub(whole, u), wasm_i32x4_shl(u, 16));
  v = wasm_v128_or(wasm_i32x4_sub(whole, v), wasm_i32x4_shl(v, 16));
  v128_t top = wasm_i32x4_dot_i16x8(upper, u), bottom = wasm_i32x4_dot_i16x8(lower, u); // at most 255 * 128
  return wasm_i32x4_dot_i16x8(wasm_v128_or(top, wasm_i32x4_shl(bottom, 16)), v);
}

// Draws one plane displaced. backX and backY hold, for each grid node, how far from it its picture comes (in luma
// pixels); only cells firstCell..lastCell of each row of cells move. `cell` is the grid's pitch in luma pixels.
EXPORT(warpPlane)
void warpPlane(const byte *source, byte *target, const float *backX, const float *backY, const int *firstCell,
               const int *lastCell, int width, int cell, int step, int cellRows, int columns) {
  const int size = cell / step;
  const float unit = 65536.f / step, share = 1.f / size;
  const v128_t lanes = wasm_i32x4_make(0, 1, 2, 3), half = wasm_i32x4_splat(1 << (SAMPLE_BITS - 1));
  for (int row = 0; row < cellRows; row++) {
    const int first = firstCell[row], last = lastCell[row];
    if (last < first) continue;
    for (int line = 0; line < size; line++) {
      const float t = (line + .5f) * share;
      const int y = row * size + line;
      const float *x0 = backX + row * columns, *x1 = x0 + columns, *y0 = backY + row * columns, *y1 = y0 + columns;
      float leftX = (x0[first] + (x1[first] - x0[first]) * t) * unit,
            leftY = (y0[first] + (y1[first] - y0[first]) * t) * unit;
      for (int column = first; column <= last; column++) {
        const int n = column + 1;
        const float rightX = (x0[n] + (x1[n] - x0[n]) * t) * unit, rightY = (y0[n] + (y1[n] - y0[n]) * t) * unit;
        const int stepX = (int)((rightX - leftX) * share), stepY = (int)((rightY - leftY) * share);
        v128_t px = wasm_i32x4_add(wasm_i32x4_splat(column * size * 65536 + (int)leftX + (stepX >> 1)),
                                   wasm_i32x4_mul(lanes, wasm_i32x4_splat(65536 + stepX)));
        v128_t py = wasm_i32x4_add(wasm_i32x4_splat(y * 65536 + (int)leftY + (stepY >> 1)),
                                   wasm_i32x4_mul(lanes, wasm_i32x4_splat(stepY)));
        const v128_t stride = wasm_i32x4_splat(4 * (65536 + stepX)), fall = wasm_i32x4_splat(4 * stepY);
        byte *out = target + y * width + column * size;
        for (int i = 0; i < size; i += 4) {
          v128_t value = wasm_i32x4_shr(wasm_i32x4_add(sampleFour(source, width, px, py), half), SAMPLE_BITS);
          value = wasm_i16x8_narrow_i32x4(value, value);
          value = wasm_u8x16_narrow_i16x8(value, value);
          wasm_v128_store32_lane(out + i, value, 0);
          px = wasm_i32x4_add(px, stride), py = wasm_i32x4_add(py, fall);
        }
        leftX = rightX, leftY = rightY;
      }
    }
  }
}

// Sums displacement fields, each of `nodes` pairs (dx, dy), times their amounts. Fields without amount are skipped.
EXPORT(sumFields)
void sumFields(const int16_t *fields, const float *amounts, int count, int nodes, float *forwardX, float *forwardY) {
  for (int n = 0; n < nodes; n++) forwardX[n] = forwardY[n] = 0;
  for (int f = 0; f < count; f++, fields += 2 * nodes) {
    const float amount = amounts[f];
    if (amount == 0) continue;
    for (int n = 0; n < nodes; n++) {
      forwardX[n] += amount * fields[2 * n];
      forwardY[n] += amount * fields[2 * n + 1];
    }
  }
}

static inline float clampTo(float v, float low, float high) { return v < low ? low : v > high ? high : v; }

// Finds for each node of the target where its picture comes from, p with p + forward(p) = node, and which cells move.
// The source stays inside the picture, so that sampling needs no further checks.
EXPORT(invertFields)
void invertFields(const float *forwardX, const float *forwardY, float *backX, float *backY, int *firstCell,
                  int *lastCell, int rows, int columns, int cell, float still) {
  const float lastX = (columns - 1) * cell - 1, lastY = (rows - 1) * cell - 1, perCell = 1.f / cell;
  for (int row = 0; row < rows - 1; row++) firstCell[row] = columns, lastCell[row] = -1;
  for (int row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      const int n = row * columns + column;
      float dx = forwardX[n], dy = forwardY[n];
      backX[n] = backY[n] = 0;
      if (dx < still && dx > -still && dy < still && dy > -still) continue;
      for (int i = 0; i < 2; i++) {
        const float u = clampTo(column - dx * perCell, 0, columns - 1.001f),
                    v = clampTo(row - dy * perCell, 0, rows - 1.001f);
        const int iu = (int)u, iv = (int)v, a = iv * columns + iu, b = a + columns;
        const float s = u - iu, t = v - iv;
        const float x0 = forwardX[a] + (forwardX[a + 1] - forwardX[a]) * s,
                    x1 = forwardX[b] + (forwardX[b + 1] - forwardX[b]) * s;
        const float y0 = forwardY[a] + (forwardY[a + 1] - forwardY[a]) * s,
                    y1 = forwardY[b] + (forwardY[b + 1] - forwardY[b]) * s;
        dx = x0 + (x1 - x0) * t, dy = y0 + (y1 - y0) * t;
      }
      const float x = column * cell, y = row * cell;
      backX[n] = clampTo(x - dx, 0, x > lastX ? x : lastX) - x;
      backY[n] = clampTo(y - dy, 0, y > lastY ? y : lastY) - y;
      for (int r = row - 1; r <= row; r++) {
        if (r < 0 || r >= rows - 1) continue;
        if (column - 1 < firstCell[r]) firstCell[r] = column > 0 ? column - 1 : 0;
        if (column > lastCell[r]) lastCell[r] = column < columns - 1 ? column : columns - 2;
      }
    }
  }
}

// Adds a sprite plane, warped, to sums of 65536ths, column by column. sourceX holds a position for each pixel column
// (16.16); targetY and sourceY hold `rows` heights for each, between which the warp is linear. weight is 0..256.
EXPORT(addSprite)
void addSprite(const int *sourceX, const float *targetY, const float *sourceY, int rows, const byte *sprite,
               int width, int height, int weight, int *sums) {
  const int limit = (height - 1) * 65536 - 1;
  const v128_t lanes = wasm_i32x4_make(0, 1, 2, 3), zero = wasm_i32x4_splat(0), most = wasm_i32x4_splat(limit);
  const v128_t scale = wasm_i32x4_splat(weight), rounding = wasm_i32x4_splat(1 << (SAMPLE_BITS - 9));
  for (int column = 0; column < width; column++, targetY += rows, sourceY += rows, sums += height) {
    const v128_t x = wasm_i32x4_splat(sourceX[column]);
    int y = 0;
    for (int r = 0; r < rows - 1 && y < height; r++) {
      const float from = targetY[r], span = targetY[r + 1] - from;
      int last = r == rows - 2 ? height - 1 : (int)__builtin_floorf(targetY[r + 1]);
      if (last > height - 1) last = height - 1;
      if (last < y) continue;
      const float slope = span > 1e-3f ? (sourceY[r + 1] - sourceY[r]) / span : 0;
      const int delta = (int)(slope * 65536);
      const int start = (int)((sourceY[r] + (y - from) * slope) * 65536);
      v128_t position = wasm_i32x4_add(wasm_i32x4_splat(start), wasm_i32x4_mul(lanes, wasm_i32x4_splat(delta)));
      const v128_t stride = wasm_i32x4_splat(4 * delta);
      for (; y <= last; y += 4, position = wasm_i32x4_add(position, stride)) {
        const v128_t p = wasm_i32x4_min(most, wasm_i32x4_max(zero, position));
        const v128_t value =
            wasm_i32x4_shr(wasm_i32x4_add(sampleFour(sprite, width, x, p), rounding), SAMPLE_BITS - 8);
        const v128_t product = wasm_i32x4_mul(value, scale);
        if (last - y >= 3) {
          wasm_v128_store(sums + y, wasm_i32x4_add(wasm_v128_load(sums + y), product));
        } else {
          sums[y] += wasm_i32x4_extract_lane(product, 0);
          if (y + 1 <= last) sums[y + 1] += wasm_i32x4_extract_lane(product, 1);
          if (y + 2 <= last) sums[y + 2] += wasm_i32x4_extract_lane(product, 2);
        }
      }
      y = last + 1;
    }
  }
}

// Lays sums over the base picture through a mask (0..256). base and frame point at the window's first pixel.
EXPORT(blendWindow)
void blendWindow(const int *sums, const uint16_t *mask, const byte *base, byte *frame, int width, int height,
                 int stride) {
  for (int y = 0; y < height; y++, base += stride, frame += stride, mask += width)
    for (int x = 0; x < width; x++) {
      const int value = (sums[x * height + y] + 32768) >> 16, under = base[x];
      frame[x] = (byte)(under + (((value - under) * mask[x] + 128) >> 8));
    }
}

// One plane of one eye. Eyeball sprites are up to four, each with a weight and a shift in samples of this plane.
typedef struct {
  const int *lidSums, *alphaSums;
  const uint16_t *mask;
  const byte *base;
  byte *frame;
  const float *lidTop, *lidBottom; // per pixel column
  int width, height, stride, step;
  const byte *ball[4];
  float ballX[4], ballY[4], ballWeight[4];
  float black;                                            // the plane's value of no light
  float shadePixels, upperShade, lowerPixels, lowerShade; // shadow of the lids on the eyeball
} Eye;

static inline float unitOf(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

static float sampleBall(const byte *ball, int width, int height, float x, float y) {
  x = x < 0 ? 0 : x > width - 1.001f ? width - 1.001f : x;
  y = y < 0 ? 0 : y > height - 1.001f ? height - 1.001f : y;
  const int ix = (int)x, iy = (int)y;
  const float fx = x - ix, fy = y - iy;
  const byte *p = ball + iy * width + ix;
  const float upper = p[0] + (p[1] - p[0]) * fx, lower = p[width] + (p[width + 1] - p[width]) * fx;
  return upper + (lower - upper) * fy;
}

EXPORT(paintEye)
void paintEye(const Eye *eye) {
  const float whole = 1 / 65536.f;
  for (int y = 0; y < eye->height; y++) {
    const byte *base = eye->base + y * eye->stride;
    byte *frame = eye->frame + y * eye->stride;
    for (int x = 0; x < eye->width; x++) {
      const int at = x * eye->height + y;
      // In the Y plane lid sprites are kept without the black level.
      float value = eye->lidSums[at] * whole + (eye->step == 1 ? 16 : 0);
      const float open = 1 - eye->alphaSums[at] * (whole / 255);
      if (open > .004f) {
        const float under = unitOf((y - eye->lidTop[x]) / eye->shadePixels),
                    over = unitOf((eye->lidBottom[x] - y) / eye->lowerPixels);
        const float light = (eye->upperShade + (1 - eye->upperShade) * under * (2 - under)) *
                            (eye->lowerShade + (1 - eye->lowerShade) * over);
        float ball = 0;
        for (int k = 0; k < 4; k++)
          if (eye->ballWeight[k] > 0)
            ball += eye->ballWeight[k] *
                    sampleBall(eye->ball[k], eye->width, eye->height, x + eye->ballX[k], y + eye->ballY[k]);
        value += (ball - eye->black) * light * open;
      }
      const float blended = base[x] + (value - base[x]) * (eye->mask[y * eye->width + x] * (1 / 256.f));
      frame[x] = (byte)(blended < 0 ? 0 : blended > 255 ? 255 : blended + .5f);
    }
  }
}

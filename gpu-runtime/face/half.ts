/** Half floats (IEEE 754 binary16), as banks hold them. */

const BITS = new Uint32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

/** The nearest half float's 16 bits; beyond 65504 the largest one. */
export function halfBits(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) {
    return Number.isNaN(value) ? sign | 0x7e00 : sign | 0x7bff;
  }
  if (exponent <= 0) {
    if (exponent < -10) {
      return sign;
    }
    const whole = fraction | 0x800000;
    const shift = 14 - exponent;
    return sign | ((whole >>> shift) + ((whole >>> (shift - 1)) & 1));
  }
  // Rounding may carry into the exponent, which is then right as well.
  return sign | Math.min(0x7bff, ((exponent << 10) | (fraction >>> 13)) + ((fraction >>> 12) & 1));
}

/** What 16 bits stand for. */
export function fromHalfBits(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

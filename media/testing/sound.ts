/** Sounds with known properties, and measures of what became of them. */

/** A tone of harmonics of `pitchHz`, like a vowel held. */
export function vowel(
  pitchHz: number,
  ms: number,
  sampleRateHz = 16_000,
  level = 6_000,
): Int16Array {
  return Int16Array.from({ length: (ms * sampleRateHz) / 1_000 }, (_, index) => {
    let value = 0;
    for (let harmonic = 1; harmonic <= 5; harmonic += 1) {
      value += Math.sin((2 * Math.PI * pitchHz * harmonic * index) / sampleRateHz) / harmonic;
    }
    return Math.round((value * level) / 1.8);
  });
}

export function tone(hz: number, ms: number, sampleRateHz = 16_000, level = 8_000): Int16Array {
  return Int16Array.from({ length: (ms * sampleRateHz) / 1_000 }, (_, index) =>
    Math.round(level * Math.sin((2 * Math.PI * hz * index) / sampleRateHz)),
  );
}

export function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The largest step from one sample to the next: a click is a large one. */
export function largestStep(sound: Int16Array): number {
  let largest = 0;
  for (let index = 1; index < sound.length; index += 1) {
    largest = Math.max(largest, Math.abs(sound[index]! - sound[index - 1]!));
  }
  return largest;
}

/** The pitch of a stretch by its autocorrelation, between 60 and 420 Hz. */
export function pitchHzOf(sound: Int16Array, sampleRateHz = 16_000): number {
  const likeness = (lag: number): number => {
    let product = 0;
    let power = 0;
    for (let index = 0; index + lag < sound.length; index += 1) {
      product += sound[index]! * sound[index + lag]!;
      power += sound[index]! ** 2 + sound[index + lag]! ** 2;
    }
    return product / Math.max(1, power);
  };
  const shortest = Math.floor(sampleRateHz / 420);
  const longest = Math.ceil(sampleRateHz / 60);
  const found = Array.from({ length: longest - shortest + 1 }, (_, index) =>
    likeness(shortest + index),
  );
  const most = Math.max(...found);
  // Multiples of a period are as alike as the period: the first of them counts, at its own top.
  let at = found.findIndex((value) => value > 0.97 * most);
  while (at + 1 < found.length && found[at + 1]! > found[at]!) {
    at += 1;
  }
  return sampleRateHz / (shortest + at);
}

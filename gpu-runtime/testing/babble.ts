/** Sound that passes for a voice: vowels one after another, four a second. Says nothing. */

const SAMPLE_RATE_HZ = 16_000;
/** The first three formants of ah, ee, oo and eh, in hertz. Source: Peterson and Barney 1952, men. */
const VOWELS: readonly (readonly [number, number, number])[] = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
];
const BANDWIDTHS_HZ = [80, 100, 140] as const;
const VOWELS_PER_SECOND = 4;
const LOUDEST = 0.4;

/** Mono at 16 kHz, -1 to 1. */
export function babble(seconds: number): Float32Array {
  const count = Math.round(seconds * SAMPLE_RATE_HZ);
  const sound = new Float32Array(count);
  const memory = BANDWIDTHS_HZ.map(() => [0, 0] as [number, number]);
  let phase = 0;
  let state = 1;
  for (let at = 0; at < count; at += 1) {
    const time = at / SAMPLE_RATE_HZ;
    const beat = time * VOWELS_PER_SECOND;
    const formants = VOWELS[Math.floor(beat) % VOWELS.length]!;
    // The pitch falls and rises, as in speech.
    phase += (120 + 25 * Math.sin(2 * Math.PI * 0.7 * time)) / SAMPLE_RATE_HZ;
    const pulse = phase >= 1 ? 1 : 0;
    phase -= Math.floor(phase);
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let value = pulse + 0.004 * (state / 0x8000_0000 - 1);
    formants.forEach((formantHz, index) => {
      const width = Math.exp((-Math.PI * BANDWIDTHS_HZ[index]!) / SAMPLE_RATE_HZ);
      const turn = 2 * width * Math.cos((2 * Math.PI * formantHz) / SAMPLE_RATE_HZ);
      const held = memory[index]!;
      value += turn * held[0] - width * width * held[1];
      held[1] = held[0];
      held[0] = value;
    });
    sound[at] = value * Math.sin(Math.PI * (beat % 1)) ** 0.5;
  }
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return sound.map((value) => (value / peak) * LOUDEST);
}

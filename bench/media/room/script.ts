/**
 * What a publisher says in the media bench, ours and the peer alike: bursts of sound with tones in it, interruptions,
 * pauses and starvation. Pure: the same seed gives the same script, so that both sides play the same sound.
 */

/** Times within the sound of one push, in ms: a tone sounds from `startMs` to `endMs`, and the face flashes with it. */
export interface Pulse {
  startMs: number;
  endMs: number;
}

export type Step =
  | { atMs: number; op: 'push'; durationMs: number; pulses: Pulse[] }
  | { atMs: number; op: 'end' }
  | { atMs: number; op: 'clear' }
  | { atMs: number; op: 'pause' }
  | { atMs: number; op: 'resume' };

export interface Script {
  sampleRateHz: number;
  toneHz: number;
  durationMs: number;
  /** In order of time; times count from the moment the script is begun. */
  steps: Step[];
}

/** What our voices speak at most; the peer's runner takes any. */
export const SAMPLE_RATE_HZ = 24_000;
export const TONE_HZ = 1_000;
/** Long enough for three pictures. */
export const PULSE_MS = 120;
/** A tone begins on the peer's grid of pictures, which starts with each of its utterances. */
const GRID_MS = 40;
const PUSH_MS = 2_000;
/** One interruption each: 20 in ten minutes. */
const CYCLE_MS = 30_000;

/**
 * A conversation in cycles of 30 s: an answer that comes in bursts, is paused and resumed, starves for half a second in
 * mid-answer and is cut off; then one that comes at once and ends by itself; then silence.
 */
export function conversationScript(options: { durationMs: number; seed: number }): Script {
  const random = generator(options.seed);
  const steps: Step[] = [];
  const push = (atMs: number): void => {
    const at = (baseMs: number): Pulse => {
      const startMs = baseMs + GRID_MS * Math.floor(random() * 9);
      return { startMs, endMs: startMs + PULSE_MS };
    };
    steps.push({ atMs, op: 'push', durationMs: PUSH_MS, pulses: [at(200), at(1_200)] });
  };
  for (let cycleMs = 1_000; cycleMs + CYCLE_MS <= options.durationMs; cycleMs += CYCLE_MS) {
    // 4 s at once, then 2 s every 1.9 s: the queue holds 2 s and more.
    push(cycleMs);
    push(cycleMs);
    push(cycleMs + 1_900);
    steps.push({ atMs: cycleMs + 3_130, op: 'pause' });
    steps.push({ atMs: cycleMs + 3_810, op: 'resume' });
    push(cycleMs + 4_700);
    // 8 s of sound and 0.68 s of pause end at 8.7 s: it starves until 9.2 s.
    push(cycleMs + 9_200);
    push(cycleMs + 9_300);
    push(cycleMs + 10_700);
    steps.push({
      atMs: cycleMs + 11_500 + Math.floor(random() * 150) * 10,
      op: 'clear',
    });
    for (let index = 0; index < 5; index += 1) {
      push(cycleMs + 14_500);
    }
    steps.push({ atMs: cycleMs + 14_600, op: 'end' });
  }
  return { sampleRateHz: SAMPLE_RATE_HZ, toneHz: TONE_HZ, durationMs: options.durationMs, steps };
}

/** A tone without pauses, cut off again and again at moments that nothing announces. */
export function interruptionScript(options: { count: number; seed: number }): Script {
  const random = generator(options.seed);
  const steps: Step[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const atMs = FIRST_MS + index * INTERRUPTED_EVERY_MS;
    const durationMs = INTERRUPTED_EVERY_MS;
    steps.push({ atMs, op: 'push', durationMs, pulses: [{ startMs: 0, endMs: durationMs }] });
    steps.push({ atMs: atMs + 900 + Math.floor(random() * 1_000), op: 'clear' });
  }
  return {
    sampleRateHz: SAMPLE_RATE_HZ,
    toneHz: TONE_HZ,
    durationMs: FIRST_MS + options.count * INTERRUPTED_EVERY_MS,
    steps,
  };
}
/** Tracks are subscribed to and buffers have settled by then. */
const FIRST_MS = 6_000;
const INTERRUPTED_EVERY_MS = 3_000;

/** Mono PCM of one push: a tone at each pulse, silence between. */
export function soundOf(
  step: { durationMs: number; pulses: readonly Pulse[] },
  sampleRateHz: number,
  toneHz: number,
): Int16Array {
  const samples = new Int16Array((step.durationMs * sampleRateHz) / 1_000);
  for (const { startMs, endMs } of step.pulses) {
    const from = (startMs * sampleRateHz) / 1_000;
    const to = Math.min(samples.length, (endMs * sampleRateHz) / 1_000);
    for (let index = from; index < to; index += 1) {
      samples[index] = TONE_PEAK * Math.sin((2 * Math.PI * toneHz * (index - from)) / sampleRateHz);
    }
  }
  return samples;
}
const TONE_PEAK = 10_000;

/** Numbers in 0..1 that follow from the seed. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

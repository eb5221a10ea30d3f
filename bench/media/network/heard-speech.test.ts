import { describe, expect, it } from 'vitest';
import { heardSpeech } from './heard-speech.ts';

const RATE_HZ = 16_000;

/** A voice-like sound that is not like itself elsewhere: a sweeping buzz in bursts. */
function voice(ms: number, seed: number): Int16Array {
  let phase = 0;
  let state = seed;
  let pitchHz = 120;
  return Int16Array.from({ length: (ms * RATE_HZ) / 1_000 }, (_, index) => {
    if (index % 800 === 0) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      pitchHz = 90 + (state % 300);
    }
    phase += (2 * Math.PI * pitchHz) / RATE_HZ;
    return Math.round(5_000 * Math.sin(phase) + 2_500 * Math.sin(3.1 * phase));
  });
}

/** `known` after `leadMs` of silence. */
function delayed(known: Int16Array, leadMs: number): Int16Array {
  const received = new Int16Array((leadMs * RATE_HZ) / 1_000 + known.length + RATE_HZ);
  received.set(known, (leadMs * RATE_HZ) / 1_000);
  return received;
}

describe('Speech over a line', () => {
  const known = voice(3_000, 7);

  it('that arrives whole is heard whole', () => {
    const received = delayed(known, 340);
    expect(heardSpeech(received, known, RATE_HZ, 0, RATE_HZ)).toEqual({ stretches: 30, found: 30 });
  });

  it('loses the stretches that were lost', () => {
    const received = delayed(known, 340);
    const at = ((340 + 1_000) * RATE_HZ) / 1_000;
    received.fill(0, at, at + (900 * RATE_HZ) / 1_000);
    expect(heardSpeech(received, known, RATE_HZ, 0, RATE_HZ)).toEqual({ stretches: 30, found: 21 });
  });

  it('is not heard in another’s', () => {
    const { found } = heardSpeech(delayed(voice(3_000, 99), 340), known, RATE_HZ, 0, RATE_HZ);
    expect(found).toBeLessThanOrEqual(3);
  });

  it('pauses do not count', () => {
    const paused = known.slice();
    paused.fill(0, RATE_HZ, 2 * RATE_HZ);
    const heard = heardSpeech(delayed(paused, 100), paused, RATE_HZ, 0, RATE_HZ);
    expect(heard).toEqual({ stretches: 20, found: 20 });
  });
});

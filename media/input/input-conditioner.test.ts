import { randomNumbers } from '#media/testing/room-acoustics.ts';
import { voiceLike } from '#media/testing/voice-like.ts';
import { describe, expect, it } from 'vitest';
import { InputConditioner } from './input-conditioner.ts';

const RATE_HZ = 16_000;
const FRAME_SAMPLES = RATE_HZ / 100;

/** A voice of that many dB under full scale, over a room of −75 dB, after half a second of the room alone. */
function sound(db: number, lengthMs = 8_000, roomDb = -75): Int16Array {
  const random = randomNumbers(3);
  const rms = 32_768 * 10 ** (db / 20);
  const voice = voiceLike({ seed: 4, lengthMs, sampleRateHz: RATE_HZ, rms });
  const whole = new Int16Array(voice.length + RATE_HZ / 2);
  whole.set(voice, RATE_HZ / 2);
  const room = 32_768 * 10 ** (roomDb / 20) * Math.sqrt(12);
  return whole.map((sample) => sample + Math.round(room * (random() - 0.5)));
}

function run(samples: Int16Array, conditioner = new InputConditioner()) {
  const heard = new Int16Array(samples.length);
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
    heard.set(conditioner.process(samples.subarray(at, at + FRAME_SAMPLES)), at);
  }
  return { heard, conditioner, report: conditioner.report };
}

const rms = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

describe('Sound with nothing wrong', () => {
  it.each([-18, -25, -40])('at %i dB passes bit by bit', (db) => {
    const samples = sound(db);
    const { heard, report } = run(samples);
    expect(heard).toEqual(samples);
    expect(report).toMatchObject({ level: 'ok', gainDb: 0 });
  });
});

describe('A quiet voice', () => {
  it('is raised slowly, and said to be low', () => {
    const samples = sound(-60, 20_000, -90);
    const { heard, report } = run(samples);
    const last = heard.length - 2 * RATE_HZ;
    expect(rms(heard.subarray(last))).toBeGreaterThan(2 * rms(samples.subarray(last)));
    expect(report.level).toBe('low');
    expect(report.gainDb).toBeLessThanOrEqual(24);
  });

  it('in noise is raised no further than the noise may be', () => {
    const { heard } = run(sound(-52, 20_000, -65));
    expect(rms(heard.subarray(0, RATE_HZ / 4))).toBeLessThan(40);
    const { report } = run(sound(-52, 20_000, -65));
    expect(report.noiseDb + report.gainDb).toBeLessThanOrEqual(-61);
  });

  it('that is no voice but the room’s own noise is left alone', () => {
    const random = randomNumbers(8);
    const noise = Int16Array.from({ length: 20 * RATE_HZ }, () =>
      Math.round(30 * (random() - 0.5)),
    );
    const { heard, report } = run(noise);
    expect(heard).toEqual(noise);
    expect(report.level).toBe('ok');
  });
});

describe('A loud voice', () => {
  it('that clips is told, and one that is merely loud is not', () => {
    expect(run(sound(-5)).report.level).toBe('clipping');
    expect(run(sound(-18)).report.level).toBe('ok');
  });

  it('is told no more when it has been better for a while', () => {
    const { conditioner } = run(sound(-5));
    expect(conditioner.level).toBe('clipping');
    run(sound(-20, 20_000), conditioner);
    expect(conditioner.level).toBe('ok');
  });
});

describe('A device with an offset', () => {
  it('is centred', () => {
    const samples = sound(-25, 20_000).map((sample) => sample + 800);
    const { heard } = run(samples);
    const last = heard.subarray(-5 * RATE_HZ);
    const mean = last.reduce((sum, sample) => sum + sample, 0) / last.length;
    expect(Math.abs(mean)).toBeLessThan(80);
  });
});

describe('Arrivals', () => {
  /** Frames of a sender whose clock is `ppm` off, each up to 30 ms late. */
  function arrive(conditioner: InputConditioner, minutes: number, ppm: number, startMs = 1_000) {
    const random = randomNumbers(2);
    const frames = minutes * 6_000;
    for (let index = 0; index < frames; index += 1) {
      conditioner.arrived(startMs + index * 10 * (1 - ppm / 1e6) + 30 * random() ** 3);
    }
    return startMs + frames * 10;
  }

  it.each([200, -200, 0])('tell a clock that is %i ppm off', (ppm) => {
    const conditioner = new InputConditioner();
    arrive(conditioner, 10, ppm);
    expect(conditioner.report.driftPpm).toBeGreaterThan(ppm - 10);
    expect(conditioner.report.driftPpm).toBeLessThan(ppm + 10);
  });

  it('late ones are not missing; lost ones are counted', () => {
    const conditioner = new InputConditioner();
    const endMs = arrive(conditioner, 1, 0);
    // 400 ms late, then all at once.
    for (let index = 0; index < 40; index += 1) {
      conditioner.arrived(endMs + 400);
    }
    arrive(conditioner, 1, 0, endMs + 400);
    expect(conditioner.report.missedMs).toBe(0);
    arrive(conditioner, 1, 0, endMs + 400 + 60_000 + 500);
    expect(conditioner.report.missedMs).toBeGreaterThan(450);
    expect(conditioner.report.missedMs).toBeLessThan(550);
  });
});

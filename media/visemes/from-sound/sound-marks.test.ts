import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PhonemeMark } from '#media/ports.ts';
import { convertRate } from '#media/speech/rate-converter.ts';
import { humanSentences } from '#media/testing/sentences.ts';
import { MouthTrack } from '../mouth-track.ts';
import { lipOpening } from '../sync.ts';
import { SoundMarks } from './sound-marks.ts';

const RATE_HZ = 16_000;
const FOLDER = resolve(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures', 'speech');
const NAMES = ['austen-0880', 'austen-0920'];
const haveFixtures = existsSync(join(FOLDER, `${NAMES[0]!}.wav`));

/** What a recording's mono PCM says; its header is 44 bytes. */
function recording(name: string): Int16Array {
  const file = readFileSync(join(FOLDER, `${name}.wav`));
  return new Int16Array(
    file.buffer.slice(file.byteOffset + 44, file.byteOffset + (file.length & ~1)),
  );
}

function hear(samples: Int16Array, rateHz = RATE_HZ, chunk = 480): PhonemeMark[] {
  const ear = new SoundMarks(rateHz);
  const marks: PhonemeMark[] = [];
  for (let at = 0; at < samples.length; at += chunk) {
    marks.push(...ear.push(samples.slice(at, at + chunk)));
  }
  return [...marks, ...ear.end()];
}

/** How far the jaw is open, every 10 ms. */
function jaw(marks: PhonemeMark[], lengthMs: number): number[] {
  const track = new MouthTrack(marks);
  return Array.from(
    { length: Math.floor(lengthMs / 10) },
    (_, at) => track.shapeAt(at * 10).jawOpen,
  );
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, at) => {
    ab += (value - meanA) * (b[at]! - meanB);
    aa += (value - meanA) ** 2;
    bb += (b[at]! - meanB) ** 2;
  });
  return ab / Math.sqrt(aa * bb);
}

describe('a mouth that listens', () => {
  it.skipIf(!haveFixtures).each(NAMES)('opens its jaw as the phonemes of %s would', (name) => {
    const samples = recording(name);
    const lengthMs = (samples.length * 1_000) / RATE_HZ;
    const truth = humanSentences()[NAMES.indexOf(name)]!.marks;
    const heard = hear(samples);
    expect(correlation(jaw(heard, lengthMs), jaw(truth, lengthMs))).toBeGreaterThan(0.6);
  });

  it.skipIf(!haveFixtures)('hears the same at any rate and in chunks of any length', () => {
    const samples = recording(NAMES[0]!);
    const lengthMs = (samples.length * 1_000) / RATE_HZ;
    const once = hear(samples, RATE_HZ, samples.length);
    expect(hear(samples, RATE_HZ, 77)).toEqual(once);
    for (const rateHz of [24_000, 48_000]) {
      const again = hear(convertRate(samples, RATE_HZ, rateHz), rateHz);
      expect(correlation(jaw(again, lengthMs), jaw(once, lengthMs))).toBeGreaterThan(0.9);
    }
  });

  it.skipIf(!haveFixtures)(
    'knows each sound within 70 ms of its end, without gaps or overlaps',
    () => {
      const samples = recording(NAMES[1]!);
      const ear = new SoundMarks(RATE_HZ);
      let untilMs = 0;
      for (let at = 0; at < samples.length; at += 160) {
        const heardMs = Math.min(at + 160, samples.length) / 16;
        for (const mark of ear.push(samples.slice(at, at + 160))) {
          expect(mark.startMs).toBe(untilMs);
          untilMs = mark.endMs;
        }
        // What is undecided may be a mark that still grows, up to its 200 ms.
        expect(heardMs - untilMs).toBeLessThanOrEqual(270);
      }
      for (const mark of ear.end()) {
        expect(mark.startMs).toBe(untilMs);
        untilMs = mark.endMs;
      }
      expect(untilMs).toBeCloseTo(samples.length / 16);
    },
  );

  it.skipIf(!haveFixtures)(
    'is shut in the pause before and after speech, and open in between',
    () => {
      const speech = recording(NAMES[0]!);
      const quiet = new Int16Array(RATE_HZ / 2);
      const samples = new Int16Array(speech.length + 2 * quiet.length);
      samples.set(speech, quiet.length);
      const track = new MouthTrack(hear(samples));
      const endMs = (samples.length * 1_000) / RATE_HZ;
      let widest = 0;
      for (let atMs = 0; atMs < endMs; atMs += 10) {
        const opening = lipOpening(track.shapeAt(atMs));
        if (atMs < 400 || atMs > endMs - 350) {
          expect(opening, String(atMs)).toBeLessThan(0.05);
        }
        widest = Math.max(widest, opening);
      }
      expect(widest).toBeGreaterThan(0.5);
    },
  );

  it('does not move for silence, for nothing, or for one sample', () => {
    expect(hear(new Int16Array(0))).toEqual([]);
    expect(hear(new Int16Array(1)).every(({ phoneme }) => phoneme === 'pau')).toBe(true);
    const marks = hear(new Int16Array(RATE_HZ));
    expect(marks.every(({ phoneme }) => phoneme === 'pau')).toBe(true);
    expect(marks.at(-1)?.endMs).toBe(1_000);
  });
});

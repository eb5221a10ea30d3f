/** What is heard of sounds that are not the learner's: through the real voice detector and the listener. */
import { readRecording } from '#agents/turn/replay/recording.ts';
import type { Recognizer, Transcript } from '#media/ports.ts';
import { doors, keyboard, steadyNoise, tune } from '#media/testing/noises.ts';
import { mixed, randomNumbers, RoomAcoustics } from '#media/testing/room-acoustics.ts';
import localInference from '@livekit/local-inference';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOP_MS, Listener } from './listener.ts';

const { createVad, VAD_WINDOW_SAMPLES } = localInference;
const RATE_HZ = 16_000;
const RECORDINGS = join(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures', 'turns');
const hasRecordings =
  existsSync(RECORDINGS) && spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;
/** The ear decides within this much silence. */
const DECIDED_AFTER_HOPS = 30;

/** Understands something in whatever it is given: the ear's own judgement is all that stands between. */
const credulous: Recognizer = {
  push: () => undefined,
  partial: () => Promise.resolve(transcript('partial')),
  decode: () => Promise.resolve(transcript('final')),
  reset: () => undefined,
  close: () => Promise.resolve(),
};

function transcript(kind: Transcript['kind']): Transcript {
  return { kind, text: 'something was said', confidence: 0.9 };
}

/** One learner's ear. `hear` tells how many turns it took out of a sound. */
function openEar() {
  const vad = createVad();
  let turns = 0;
  const listener = new Listener({
    recognizer: credulous,
    hearing: 'full',
    avatarHasFloor: () => false,
    onEvent: ({ type }) => {
      turns += type === 'turn' ? 1 : 0;
    },
    onFailed: (error) => {
      throw error;
    },
  });
  let silentHops = 0;
  listener.attach({
    hear: (_hop, voiced) => {
      silentHops = voiced ? 0 : silentHops + 1;
    },
    transcribed: () => undefined,
    close: () => undefined,
  });
  let hops = 0;
  return async (sound: Int16Array): Promise<number> => {
    const before = turns;
    const room = new Int16Array(sound.length + 2 * RATE_HZ);
    room.set(sound, RATE_HZ / 2);
    for (let at = 0; at + VAD_WINDOW_SAMPLES <= room.length; at += VAD_WINDOW_SAMPLES) {
      const samples = room.slice(at, at + VAD_WINDOW_SAMPLES);
      hops += 1;
      const speechProbability = await vad.predict(samples);
      listener.hop({ samples, speechProbability, atMs: hops * HOP_MS });
      if (silentHops === DECIDED_AFTER_HOPS) {
        listener.turnOver();
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
    return turns - before;
  };
}

describe.each([
  { name: 'steady noise', make: steadyNoise },
  { name: 'a tune', make: tune },
  { name: 'a keyboard', make: keyboard },
  { name: 'slamming doors', make: doors },
])('$name', ({ make }) => {
  it.each([100, 800, 2_500])('at an amplitude of %i is no turn', async (rms) => {
    expect(await openEar()(make(10_000, rms))).toBe(0);
  });
});

const meanSquare = (sound: Int16Array): number =>
  sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length;

/** From the other end of the room: `db` against `learner`, with reverberation and the room's own noise. */
function fromAfar(voice: Int16Array, learner: Int16Array, db: number, seed: number): Int16Array {
  const gainDb = db + 10 * Math.log10(meanSquare(learner) / meanSquare(voice));
  const room = new RoomAcoustics({
    sampleRateHz: RATE_HZ,
    delayMs: 0,
    gainDb,
    reverbMs: 600,
    seed,
  });
  const random = randomNumbers(seed);
  return mixed(new Int16Array(voice.length), room.hear(voice)).map(
    (sample) => sample + Math.round(6 * (random() - 0.5)),
  );
}

describe.skipIf(!hasRecordings)('A second voice in the room (recordings and ffmpeg)', () => {
  it('is not answered at −15 and −20 dB, and no word of the learner is lost', async () => {
    const names = readdirSync(RECORDINGS).filter((name) => name.endsWith('.flac'));
    const of = (speaker: string): string[] =>
      names.filter((name) => name.startsWith(`${speaker}-`));
    const speakers = [...new Set(names.map((name) => name.split('-')[0]!))];
    const many = speakers.map(of).filter((files) => files.length >= 5);
    const others = speakers
      .map(of)
      .filter((files) => files.length < 5)
      .flat();
    const read = (name: string) => readRecording(join(RECORDINGS, name));
    const figures = { own: 0, ownLost: 0, other: 0, otherAnswered: 0 };
    for (const files of many) {
      const hear = openEar();
      for (const [index, file] of files.slice(0, 6).entries()) {
        const own = await read(file);
        figures.own += 1;
        figures.ownLost += (await hear(own)) === 0 ? 1 : 0;
        if (index >= 1) {
          const other = await read(others[(index * 5 + figures.other) % others.length]!);
          const db = index % 2 === 0 ? -15 : -20;
          figures.other += 1;
          figures.otherAnswered += (await hear(fromAfar(other, own, db, index))) > 0 ? 1 : 0;
        }
      }
    }
    expect(figures).toMatchObject({ own: 24, ownLost: 0, other: 20 });
    // Scraps of less than 100 ms may pass: only a recogniser that believes everything hears words in them.
    expect(figures.otherAnswered).toBeLessThanOrEqual(2);
  }, 120_000);
});

/** The face when speech stops in the middle: real performer, real playout, sound that does not come. */
import { MOUTH_WEIGHTS, type FacePose } from '#media/face/pose.ts';
import { Performer } from '#media/performer/performer.ts';
import { FRAME_MS, Playout, type PlayoutFrame } from '#media/playout/playout.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { spokenSentences } from '#media/testing/sentences.ts';
import { vowel } from '#media/testing/sound.ts';
import { expect, it } from 'vitest';
import { Stage } from './stage.ts';

const RATE_HZ = 16_000;
const [SENTENCE] = spokenSentences();
const LIP_DELAY_MS = 80;
/** In the middle of an open vowel of the sentence. */
const BREAK_MS = 1_050;

/** Plays `ms` and gives the pose of every picture with its moment. */
function scene(seed: number) {
  const clock = new FakeClock();
  const playout = new Playout({ sampleRateHz: RATE_HZ, buffer: { clock } });
  const frames: PlayoutFrame[] = [];
  const pull = playout.pull.bind(playout);
  playout.pull = () => {
    const frame = pull();
    frames.push(frame);
    return frame;
  };
  const performer = new Performer({ seed });
  performer.setAttention('speaking', 0);
  const film: { tMs: number; pose: FacePose }[] = [];
  let untilMs = 0;
  let stop = new AbortController();
  const stage = new Stage({
    playout,
    acting: performer,
    face: {
      id: 'x',
      widthPx: 4,
      heightPx: 4,
      render: (pose) => film.push({ tMs: film.length * 40, pose }),
      close: () => undefined,
    },
    sink: {
      audioQueuedMs: 0,
      writeAudio: () => {
        clock.advance(FRAME_MS);
        if (clock.nowMs() >= untilMs) {
          stop.abort();
        }
        return Promise.resolve();
      },
      writeVideo: () => undefined,
    },
    clock,
    framesPerSecond: 25,
    videoLeadMs: 0,
    lipDelayMs: LIP_DELAY_MS,
  });
  return {
    stage,
    film,
    frames,
    playout,
    play: async (ms: number) => {
      untilMs += ms;
      stop = new AbortController();
      await stage.run(stop.signal);
    },
  };
}

/** The marks of a stretch of the sentence, counted from its beginning. */
function part(fromMs: number, toMs: number): PhonemeMark[] {
  return SENTENCE!.marks
    .filter(({ startMs }) => startMs >= fromMs && startMs < toMs)
    .map(({ phoneme, startMs, endMs }) => ({
      phoneme,
      startMs: startMs - fromMs,
      endMs: Math.min(endMs, toMs) - fromMs,
    }));
}

const openness = ({ mouth }: FacePose): number =>
  MOUTH_WEIGHTS.reduce((sum, name) => sum + mouth[name], 0);

it('comes to rest when speech stops, lives on, and speaks again with its sound', async () => {
  const { stage, film, frames, play, playout } = scene(3);
  const segment = stage.open('answer');
  stage.push(segment, vowel(140, BREAK_MS), part(0, BREAK_MS));
  await play(BREAK_MS);
  const speaking = film.filter(({ tMs }) => tMs > 300).map(({ pose }) => openness(pose));
  expect(Math.max(...speaking)).toBeGreaterThan(0.5);

  const starvedFrom = film.length;
  await play(6_000);
  const starved = film.slice(starvedFrom);
  expect(playout.counters.underruns).toBe(1);
  const ranOut = frames.findIndex(({ kind }) => kind === 'concealed');
  expect(ranOut * FRAME_MS).toBeGreaterThanOrEqual(BREAK_MS);
  // It made the last of its sound last.
  expect(ranOut * FRAME_MS).toBeLessThan(BREAK_MS + 100);
  expect(frames.slice(ranOut).every(({ kind }) => kind === 'comfort' || kind === 'concealed')).toBe(
    true,
  );
  // The mouth is at rest within half a second of the last sound, and stays there.
  const later = starved.filter(({ tMs }) => tMs > ranOut * FRAME_MS + LIP_DELAY_MS + 500);
  expect(Math.max(...later.map(({ pose }) => openness(pose)))).toBeLessThan(0.02);
  // It does not snap shut: no picture changes the mouth more than speech does.
  const changes = (shots: typeof film): number[] =>
    shots
      .slice(1)
      .map(({ pose }, index) => Math.abs(openness(pose) - openness(shots[index]!.pose)));
  expect(Math.max(...changes(film.slice(starvedFrom - 1)))).toBeLessThanOrEqual(
    Math.max(...changes(film.slice(0, starvedFrom))),
  );
  // The rest of the face lives: no two pictures are alike, it breathes in and out, and it blinks.
  const faces = later.map(({ pose }) => JSON.stringify(pose));
  expect(new Set(faces).size).toBe(faces.length);
  const breaths = later.map(({ pose }) => pose.breath);
  expect(Math.max(...breaths) - Math.min(...breaths)).toBeGreaterThan(0.3);
  expect(Math.max(...starved.map(({ pose }) => pose.blink))).toBeGreaterThan(0.8);

  stage.push(segment, vowel(140, 900), part(BREAK_MS, BREAK_MS + 900));
  stage.end(segment);
  const resumedFrom = film.length;
  await play(1_400);
  const again = film.slice(resumedFrom).map(({ pose }) => openness(pose));
  expect(Math.max(...again)).toBeGreaterThan(0.5);
});

it('in a pause that is held for want of words the mouth rests too', async () => {
  const { stage, film, frames, play } = scene(4);
  const segment = stage.open('answer');
  const marks: PhonemeMark[] = [
    ...part(0, 600),
    { phoneme: 'pau', startMs: 600, endMs: 700 },
    { phoneme: 'aa', startMs: 700, endMs: 750 },
  ];
  stage.push(segment, vowel(140, 750), marks);
  await play(880);
  const held = frames.findIndex(({ kind }) => kind === 'comfort');
  expect(held * FRAME_MS).toBeGreaterThanOrEqual(600);
  // The lips follow the sound by their delay; they close a little after it stops and open with the word behind it.
  const during = film.filter(({ tMs }) => tMs >= held * FRAME_MS + LIP_DELAY_MS);
  const before = film.filter(({ tMs }) => tMs < held * FRAME_MS).map(({ pose }) => openness(pose));
  expect(Math.min(...during.map(({ pose }) => openness(pose)))).toBeLessThan(
    0.2 * Math.max(...before),
  );
});

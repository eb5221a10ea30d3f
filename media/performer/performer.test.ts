import { describe, expect, test } from 'vitest';
import { EXPRESSIONS, MOUTH_WEIGHTS, NEUTRAL_MOUTH } from '#media/face/pose.ts';
import { converse, film, FRAME_MS } from '#media/testing/conversation.ts';
import { marksFrom, spokenSentences } from '#media/testing/sentences.ts';
import { closuresSeen } from '#media/visemes/sync.ts';
import { ATTENTIONS } from './attention.ts';
import { expressionFor } from './expression.ts';
import { HEAD_LIMITS_DEG } from './head-motion.ts';
import { Performer, REACTIONS } from './performer.ts';
import { Random } from './random.ts';

const SENTENCES = spokenSentences();

describe('one seed, one performance', () => {
  test('the same calls give the same film, another seed another one', () => {
    const a = converse(new Performer({ seed: 5 }), 1, FRAME_MS);
    const b = converse(new Performer({ seed: 5 }), 1, FRAME_MS);
    const c = converse(new Performer({ seed: 6 }), 1, FRAME_MS);
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });

  test('it does not matter how often pictures are taken', () => {
    const script = (performer: Performer): void => {
      performer.setAttention('listening', 0);
      performer.react('nod', 3_333);
      performer.setAttention('speaking', 6_001);
      performer.speak(SENTENCES[0]!.marks, 6_500);
      performer.setExpression('warm', 7_077);
      performer.setAttention('idle', 12_345);
    };
    const often = new Performer({ seed: 9 });
    const seldom = new Performer({ seed: 9 });
    script(often);
    script(seldom);
    const fine = new Map(film(often, 0, 60_000, 5).map(({ tMs, pose }) => [tMs, pose]));
    for (const { tMs, pose } of film(seldom, 0, 60_000, 200)) {
      expect(pose, `at ${String(tMs)}`).toEqual(fine.get(tMs));
    }
  });

  test('a timeline may begin anywhere', () => {
    const late = new Performer({ seed: 2 });
    const shots = film(late, 86_400_000, 86_410_000);
    expect(shots.every(({ pose }) => Number.isFinite(pose.breath + pose.head.yawDeg))).toBe(true);
    expect(new Set(shots.map(({ pose }) => pose.breath)).size).toBeGreaterThan(100);
  });
});

describe('speech', () => {
  test('the mouth of the pose closes for every bilabial, sentence after sentence', () => {
    const performer = new Performer({ seed: 1 });
    performer.setAttention('speaking', 0);
    let startMs = 1_000;
    for (const { marks } of SENTENCES) {
      performer.speak(marks, startMs);
      const endMs = startMs + marks.at(-1)!.endMs;
      const frames = film(performer, startMs - 400, endMs).map(({ tMs, pose }) => ({
        tMs,
        mouth: pose.mouth,
      }));
      const shifted = marks.map((m) => ({
        ...m,
        startMs: m.startMs + startMs,
        endMs: m.endMs + startMs,
      }));
      expect(closuresSeen(shifted, frames).missed).toEqual([]);
      startMs = endMs + 800;
    }
  });

  test('the head goes down with stressed vowels', () => {
    const stressed = marksFrom(
      'pau:200 n:260 ax:310 n:370 aa:620 n:680 ax:730 n:790 ax:840 n:900 ax:950 n:1010 aa:1260 n:1320 ax:1370 pau:1700',
    );
    let with_ = 0;
    for (let seed = 0; seed < 100; seed++) {
      const [spoken, silent] = [new Performer({ seed }), new Performer({ seed })];
      spoken.setAttention('speaking', 0);
      silent.setAttention('speaking', 0);
      spoken.speak(stressed, 1_000);
      const dip = (tMs: number): number =>
        spoken.poseAt(tMs).head.pitchDeg - silent.poseAt(tMs).head.pitchDeg;
      const between = Math.abs(dip(1_900));
      const peak = -dip(2_135);
      with_ += peak > 0.3 && peak > between ? 1 : 0;
    }
    expect(with_).toBeGreaterThan(80);
  });

  test('barge-in: the mouth shuts, beats stop, the eyes return to the learner', () => {
    for (let seed = 0; seed < 30; seed++) {
      const performer = new Performer({ seed });
      performer.setAttention('speaking', 0);
      performer.speak(SENTENCES[0]!.marks, 500);
      film(performer, 0, 2_200);
      performer.stopSpeech(2_210);
      performer.setAttention('listening', 2_210);
      expect(performer.poseAt(2_330).mouth).toEqual(NEUTRAL_MOUTH);
      const { gaze } = performer.poseAt(2_340);
      expect(Math.hypot(gaze.x, gaze.y)).toBeLessThan(0.06);
      film(performer, 2_360, 6_000).forEach(({ pose }) => {
        expect(pose.mouth).toEqual(NEUTRAL_MOUTH);
      });
    }
  });

  test('a command for later outlives a barge-in', () => {
    const performer = new Performer({ seed: 1 });
    performer.poseAt(0);
    performer.setExpression('pleased', 2_000);
    performer.speak(SENTENCES[0]!.marks, 500);
    performer.poseAt(900);
    performer.stopSpeech(1_000);
    expect(performer.poseAt(3_000).expression.smile).toBeCloseTo(expressionFor('pleased').smile);
  });
});

test('hours of conversation do not fill the memory', () => {
  const performer = new Performer({ seed: 40 });
  let largest = 0;
  let tMs = 0;
  for (let turn = 0; turn < 1_500; turn++) {
    performer.setAttention(ATTENTIONS[turn % 4]!, tMs);
    performer.react(REACTIONS[turn % 4]!, tMs);
    performer.speak(SENTENCES[turn % 4]!.marks, tMs + 300);
    for (let i = 0; i < 20; i++) {
      tMs += 350;
      performer.poseAt(tMs);
    }
    largest = Math.max(largest, performer.size);
  }
  expect(tMs).toBeGreaterThan(2.9 * 3_600_000);
  expect(largest).toBeLessThan(500);
});

test('whatever is called, in whatever order, every number of the pose is within its range', () => {
  for (let seed = 0; seed < 15; seed++) {
    const random = new Random(seed + 500);
    const performer = new Performer({ seed });
    let tMs = random.between(-1_000, 1_000);
    const wrong: string[] = [];
    const check = (holds: boolean, what: string): void => {
      if (!holds) {
        wrong.push(`${what} at ${String(tMs)}`);
      }
    };
    for (let i = 0; i < 500; i++) {
      const atMs = random.chance(0.02) ? Number.NaN : tMs + random.between(-300, 600);
      const pick = Math.floor(random.next() * 14);
      if (pick === 0) performer.speak(SENTENCES[i % 4]!.marks, atMs);
      if (pick === 1) performer.stopSpeech(atMs);
      if (pick === 2)
        performer.setExpression(EXPRESSIONS[i % 5]!, atMs, { intensity: random.between(0, 1.5) });
      if (pick === 3) performer.setAttention(ATTENTIONS[i % 4]!, atMs);
      if (pick === 4) performer.react(REACTIONS[i % 4]!, atMs);
      if (pick === 5) performer.backchannel(atMs);
      tMs += random.between(0, 80);
      const { mouth, expression, blink, gaze, head, breath } = performer.poseAt(tMs);
      for (const name of MOUTH_WEIGHTS) {
        check(mouth[name] >= 0 && mouth[name] <= 1, name);
      }
      for (const [name, value] of Object.entries(expression) as [string, number][]) {
        check(Math.abs(value) <= 1, name);
      }
      check(blink >= 0 && blink <= 1, 'blink');
      check(breath >= 0 && breath <= 1, 'breath');
      check(Math.hypot(gaze.x, gaze.y) < 1, 'gaze');
      check(Math.abs(head.yawDeg) <= HEAD_LIMITS_DEG.yaw, 'yaw');
      check(Math.abs(head.pitchDeg) <= HEAD_LIMITS_DEG.pitch, 'pitch');
      check(Math.abs(head.rollDeg) <= HEAD_LIMITS_DEG.roll, 'roll');
    }
    expect(wrong, `seed ${String(seed)}`).toEqual([]);
  }
});

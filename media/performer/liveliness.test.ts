import { describe, expect, test } from 'vitest';
import { EXPRESSIONS, NEUTRAL_EXPRESSION } from '#media/face/pose.ts';
import { converse, film, FRAME_MS } from '#media/testing/conversation.ts';
import type { Shot } from '#media/testing/conversation.ts';
import { marksFrom, spokenSentences } from '#media/testing/sentences.ts';
import { expressionFor } from './expression.ts';
import { HEAD_LIMITS_DEG } from './head-motion.ts';
import { Performer, REACTIONS } from './performer.ts';

const SENTENCES = spokenSentences();

describe('motion', () => {
  test('in five minutes of conversation the head stays in its limits and never jerks', () => {
    const shots = converse(new Performer({ seed: 12 }), 5, 10);
    const axes = ['yawDeg', 'pitchDeg', 'rollDeg'] as const;
    const limits = {
      yawDeg: HEAD_LIMITS_DEG.yaw,
      pitchDeg: HEAD_LIMITS_DEG.pitch,
      rollDeg: HEAD_LIMITS_DEG.roll,
    };
    for (const axis of axes) {
      let fastest = 0;
      let hardest = 0;
      let farthest = 0;
      for (let i = 2; i < shots.length; i++) {
        const [a, b, c] = [shots[i - 2]!, shots[i - 1]!, shots[i]!].map(
          ({ pose }) => pose.head[axis],
        ) as [number, number, number];
        farthest = Math.max(farthest, Math.abs(c));
        fastest = Math.max(fastest, Math.abs(c - b) * 100);
        hardest = Math.max(hardest, Math.abs(c - 2 * b + a) * 10_000);
      }
      expect(farthest, axis).toBeLessThan(limits[axis]);
      // A nod of three degrees in 0.2 s reaches 28 degrees a second and 430 a second squared.
      expect(fastest, axis).toBeLessThan(45);
      expect(hardest, axis).toBeLessThan(900);
      // It lives: nobody holds the head still.
      expect(fastest, axis).toBeGreaterThan(1.5);
    }
  });

  test('only the eyes and the lids may be quick: nothing else jumps between pictures', () => {
    const shots = converse(new Performer({ seed: 13 }), 10, FRAME_MS);
    let largest = 0;
    let largestBreath = 0;
    for (let i = 1; i < shots.length; i++) {
      const [before, now] = [shots[i - 1]!.pose, shots[i]!.pose];
      for (const name of ['smile', 'browUp', 'browInnerUp', 'browAsymmetry', 'squint'] as const) {
        largest = Math.max(largest, Math.abs(now.expression[name] - before.expression[name]));
      }
      largestBreath = Math.max(largestBreath, Math.abs(now.breath - before.breath));
    }
    expect(largest).toBeLessThan(0.3);
    expect(largestBreath).toBeLessThan(0.2);
  });

  test('at rest the chest rises and falls 11 to 17 times a minute', () => {
    const breath = film(new Performer({ seed: 3 }), 0, 600_000).map(({ pose }) => pose.breath);
    let turns = 0;
    for (let i = 2; i < breath.length; i++) {
      turns += breath[i - 1]! > breath[i - 2]! && breath[i - 1]! >= breath[i]! ? 1 : 0;
    }
    expect(turns / 10).toBeGreaterThan(11);
    expect(turns / 10).toBeLessThan(17);
  });
});

describe('gaze', () => {
  const away = ({ pose }: Shot): boolean => Math.hypot(pose.gaze.x, pose.gaze.y) > 0.09;

  test('listening looks at the learner most of the time, looks away shortly, and comes back', () => {
    const performer = new Performer({ seed: 31 });
    performer.setAttention('listening', 0);
    const shots = film(performer, 0, 600_000);
    const share = shots.filter(away).length / shots.length;
    expect(share).toBeGreaterThan(0.04);
    expect(share).toBeLessThan(0.2);
    let run = 0;
    let looks = 0;
    let longest = 0;
    for (const shot of shots) {
      looks += run === 0 && away(shot) ? 1 : 0;
      run = away(shot) ? run + 1 : 0;
      longest = Math.max(longest, run * FRAME_MS);
    }
    expect(longest).toBeLessThan(2_500);
    expect(looks / 10).toBeGreaterThan(6);
    expect(looks / 10).toBeLessThan(22);
  });

  test('thinking looks up and aside, and the learner is met again when it is over', () => {
    for (let seed = 0; seed < 20; seed++) {
      const performer = new Performer({ seed });
      performer.setAttention('listening', 0);
      film(performer, 0, 2_000);
      performer.setAttention('thinking', 2_000);
      const shots = film(performer, 2_600, 5_000);
      const mean = (of: (shot: Shot) => number): number =>
        shots.reduce((sum, shot) => sum + of(shot), 0) / shots.length;
      expect(mean(({ pose }) => pose.gaze.y)).toBeGreaterThan(0.08);
      expect(mean(({ pose }) => Math.abs(pose.gaze.x))).toBeGreaterThan(0.12);
      performer.setAttention('listening', 5_000);
      expect(away({ tMs: 5_300, pose: performer.poseAt(5_300) })).toBe(false);
    }
  });

  test('speaking looks away at the start of many long turns, hardly of short ones', () => {
    const aversions = (marks: (typeof SENTENCES)[number]['marks']): number => {
      let count = 0;
      for (let seed = 0; seed < 200; seed++) {
        const performer = new Performer({ seed });
        performer.setAttention('speaking', 0);
        performer.speak(marks, 500);
        count += film(performer, 380, 620).some(away) ? 1 : 0;
      }
      return count / 200;
    };
    const long = aversions(SENTENCES[0]!.marks);
    const short = aversions(marksFrom('pau:100 y:160 eh:300 s:420 pau:500'));
    expect(long).toBeGreaterThan(0.5);
    expect(short).toBeLessThan(0.4);
  });

  test('eyes are never frozen: there is always some movement within a second', () => {
    const shots = film(new Performer({ seed: 77 }), 0, 120_000);
    let stillest = Number.POSITIVE_INFINITY;
    for (let i = 25; i < shots.length; i += 5) {
      const second = shots.slice(i - 25, i).map(({ pose }) => pose.gaze);
      const range = (of: (gaze: { x: number; y: number }) => number): number =>
        Math.max(...second.map(of)) - Math.min(...second.map(of));
      stillest = Math.min(
        stillest,
        Math.hypot(
          range(({ x }) => x),
          range(({ y }) => y),
        ),
      );
    }
    expect(stillest).toBeGreaterThan(0.0008);
  });
});

describe('expressions and reactions', () => {
  test('expressions differ from one another and blend in over half a second', () => {
    for (const name of EXPRESSIONS) {
      const performer = new Performer({ seed: 1 });
      expect(performer.poseAt(0).expression).toEqual(NEUTRAL_EXPRESSION);
      performer.setExpression(name, 1_000);
      expect(performer.poseAt(1_000).expression.smile).toBeCloseTo(NEUTRAL_EXPRESSION.smile);
      expect(performer.poseAt(1_250).expression.smile).toBeCloseTo(
        (NEUTRAL_EXPRESSION.smile + expressionFor(name).smile) / 2,
      );
      expect(performer.poseAt(1_600).expression.smile).toBeCloseTo(expressionFor(name).smile);
      const twins = EXPRESSIONS.filter(
        (other) => JSON.stringify(expressionFor(other)) === JSON.stringify(expressionFor(name)),
      );
      expect(twins).toEqual([name]);
    }
  });

  test('intensity scales an expression', () => {
    const performer = new Performer({ seed: 1 });
    performer.setExpression('concerned', 0, { intensity: 0.5 });
    expect(performer.poseAt(1_000).expression.browInnerUp).toBeCloseTo(
      expressionFor('concerned').browInnerUp / 2,
    );
  });

  test.each(REACTIONS)(
    '"%s" is to be seen within two pictures, from whatever moment',
    (reaction) => {
      for (let seed = 0; seed < 60; seed++) {
        const [moved, still] = [new Performer({ seed }), new Performer({ seed })];
        for (const performer of [moved, still]) {
          performer.setAttention('listening', 0);
          film(performer, 0, 5_000);
        }
        moved.react(reaction, 5_000);
        const [a, b] = [moved.poseAt(5_080), still.poseAt(5_080)];
        const seen =
          Math.abs(a.head.pitchDeg - b.head.pitchDeg) / 0.4 +
          Math.abs(a.expression.browUp - b.expression.browUp) / 0.2 +
          Math.hypot(a.gaze.x - b.gaze.x, a.gaze.y - b.gaze.y) / 0.1 +
          Math.abs(a.breath - b.breath) / 0.3;
        expect(seen, `seed ${String(seed)}`).toBeGreaterThan(1);
      }
    },
  );

  test('a backchannel nods and smiles, then is gone', () => {
    const [moved, still] = [new Performer({ seed: 8 }), new Performer({ seed: 8 })];
    moved.poseAt(0);
    still.poseAt(0);
    moved.backchannel(100);
    const [a, b] = [moved.poseAt(310), still.poseAt(310)];
    expect(a.head.pitchDeg).toBeLessThan(b.head.pitchDeg - 1.2);
    expect(a.expression.smile).toBeGreaterThan(b.expression.smile + 0.1);
    expect(moved.poseAt(3_000).expression).toEqual(still.poseAt(3_000).expression);
  });

  test('a listener nods now and then, an idle persona does not', () => {
    const dips = (attention: 'idle' | 'listening'): number => {
      const performer = new Performer({ seed: 17 });
      performer.setAttention(attention, 0);
      const pitch = film(performer, 0, 600_000).map(({ pose }) => pose.head.pitchDeg);
      return pitch.filter((_, i) => i >= 5 && pitch[i]! - pitch[i - 5]! < -0.75).length;
    };
    expect(dips('idle')).toBe(0);
    expect(dips('listening')).toBeGreaterThan(60);
  });
});

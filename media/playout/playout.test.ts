import { describe, expect, it } from 'vitest';
import { FRAME_MS, Playout, type PlayoutEvent } from './playout.ts';

const RATE_HZ = 16_000;
const FRAME = (RATE_HZ * FRAME_MS) / 1_000;

/** Speech whose samples all have one loud value, so that a fade shows. */
const loud = (ms: number): Int16Array => new Int16Array((RATE_HZ * ms) / 1_000).fill(10_000);

const playout = (): Playout => new Playout({ sampleRateHz: RATE_HZ });

function pullAll(
  subject: Playout,
  frames: number,
): { kinds: string; events: PlayoutEvent[]; samples: Int16Array[] } {
  const pulled = Array.from({ length: frames }, () => subject.pull());
  return {
    kinds: pulled.map(({ kind }) => (kind === 'speech' ? 'S' : '.')).join(''),
    events: pulled.flatMap(({ events }) => events),
    samples: pulled.map(({ samples }) => samples),
  };
}

describe('playout', () => {
  it('answers every pull: silence before, speech, silence after', () => {
    const subject = playout();
    expect(pullAll(subject, 2).kinds).toBe('..');
    const segment = subject.open('answer');
    subject.push(segment, loud(30));
    subject.end(segment);
    const { kinds, events } = pullAll(subject, 5);
    expect(kinds).toBe('SSS..');
    expect(events).toEqual([
      { type: 'started', segment, atMs: 20 },
      { type: 'finished', segment, playedMs: 30, interrupted: false },
    ]);
  });

  it('tells when pushed speech will be heard, on the media timeline', () => {
    const subject = playout();
    pullAll(subject, 10);
    const segment = subject.open('answer');
    expect(subject.push(segment, loud(50))?.startMs).toBe(100);
    expect(subject.push(segment, loud(50))?.startMs).toBe(150);
  });

  it('pads the last frame of a segment with silence rather than keeping its remainder', () => {
    const subject = playout();
    const segment = subject.open('answer');
    subject.push(segment, loud(15));
    subject.end(segment);
    const { samples, kinds } = pullAll(subject, 3);
    expect(kinds).toBe('SS.');
    expect(samples[1]!.subarray(FRAME / 2).every((value) => value === 0)).toBe(true);
  });

  it('on a cut fades within one frame, drops the rest, and says how much was heard', () => {
    const subject = playout();
    const segment = subject.open('answer');
    subject.push(segment, loud(200));
    pullAll(subject, 5);
    subject.clear();
    const { samples, kinds, events } = pullAll(subject, 3);
    expect(kinds).toBe('S..');
    expect(Math.abs(samples[0]!.at(-1)!)).toBeLessThan(50);
    expect(samples[0]![0]).toBeGreaterThan(9_000);
    expect(events).toEqual([{ type: 'finished', segment, playedMs: 60, interrupted: true }]);
  });

  it('drops speech that arrives for a segment after its cut', () => {
    const subject = playout();
    const segment = subject.open('answer');
    subject.push(segment, loud(20));
    subject.clear();
    expect(subject.push(segment, loud(20))).toBeUndefined();
    expect(pullAll(subject, 3).kinds).toBe('S..');
  });

  it('on a pause loses nothing: what faded out is heard again after it', () => {
    const subject = playout();
    const segment = subject.open('answer');
    const ramp = Int16Array.from({ length: FRAME * 6 }, (_, index) => index + 1_000);
    subject.push(segment, ramp.slice());
    subject.end(segment);
    pullAll(subject, 2);
    subject.pause();
    expect(pullAll(subject, 4).kinds).toBe('S...');
    const [rest] = subject.resume();
    expect(rest?.startMs).toBe(subject.positionMs - 20);
    const after = pullAll(subject, 5);
    expect(after.kinds).toBe('SSSS.');
    // The first frame fades in; from the second on the samples are the original ones.
    expect([...after.samples[1]!]).toEqual([...ramp.subarray(FRAME * 3, FRAME * 4)]);
    expect(after.events.at(-1)).toMatchObject({
      type: 'finished',
      playedMs: 60,
      interrupted: false,
    });
  });

  it('can be cut while paused, without a sound', () => {
    const subject = playout();
    const segment = subject.open('answer');
    subject.push(segment, loud(100));
    pullAll(subject, 1);
    subject.pause();
    pullAll(subject, 2);
    subject.clear();
    const { kinds, events } = pullAll(subject, 2);
    expect(kinds).toBe('..');
    expect(events).toMatchObject([{ type: 'finished', interrupted: true }]);
    expect(subject.paused).toBe(false);
  });

  it('finishes a segment that never had speech', () => {
    const subject = playout();
    const segment = subject.open('answer');
    subject.end(segment);
    expect(pullAll(subject, 1).events).toMatchObject([{ type: 'finished', segment, playedMs: 0 }]);
  });

  it('refuses a rate without whole frames', () => {
    expect(() => new Playout({ sampleRateHz: 22_050 })).toThrow(RangeError);
  });

  it('keeps every sample exactly once under random pushes, pulls and pauses', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      let state = seed * 2_654_435_761;
      const random = (below: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state % below;
      };
      const subject = playout();
      const segment = subject.open('answer');
      let pushedMs = 0;
      for (let step = 0; step < 100; step += 1) {
        const choice = random(4);
        if (choice === 0) {
          const ms = 10 * (1 + random(20));
          pushedMs += ms;
          subject.push(segment, loud(ms));
        } else if (choice === 1) {
          pullAll(subject, random(10));
        } else if (choice === 2) {
          subject.pause();
        } else {
          subject.resume();
        }
      }
      subject.resume();
      subject.end(segment);
      const { events } = pullAll(subject, 10_000);
      expect(events.at(-1)).toMatchObject({
        type: 'finished',
        playedMs: pushedMs,
        interrupted: false,
      });
    }
  });
});

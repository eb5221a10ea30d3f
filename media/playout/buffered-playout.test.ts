import { FakeClock } from '#media/testing/fake-clock.ts';
import { joined, largestStep, pitchHzOf, tone, vowel } from '#media/testing/sound.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PhonemeMark } from '../ports.ts';
import type { BufferOptions } from './buffer-options.ts';
import { FRAME_MS, Playout, type PlayoutFrame, type SpeechCue } from './playout.ts';

const RATE_HZ = 16_000;
const SAMPLES_PER_MS = RATE_HZ / 1_000;
const LETTERS = {
  speech: 'S',
  stretched: 's',
  concealed: 'x',
  comfort: 'c',
  silence: '.',
} as const;

/** A word of `wordMs` and a pause behind it. */
const marks = (wordMs: number, pauseMs: number): PhonemeMark[] => [
  { phoneme: 'aa', startMs: 0, endMs: wordMs },
  { phoneme: 'pau', startMs: wordMs, endMs: wordMs + pauseMs },
];

/** A playout on a clock that moves 10 ms with every pull, and arrivals by moment. */
function scene(options: Partial<BufferOptions> = {}) {
  const clock = new FakeClock();
  const playout = new Playout({ sampleRateHz: RATE_HZ, buffer: { clock, options } });
  const due: { atMs: number; arrive: () => void }[] = [];
  const frames: PlayoutFrame[] = [];
  return {
    playout,
    frames,
    at: (atMs: number, arrive: () => void) => due.push({ atMs, arrive }),
    run(ms: number): string {
      const from = frames.length;
      for (const untilMs = clock.nowMs() + ms; clock.nowMs() < untilMs; clock.advance(FRAME_MS)) {
        for (const { arrive } of due.filter(({ atMs }) => atMs === clock.nowMs())) {
          arrive();
        }
        frames.push(playout.pull());
      }
      return frames
        .slice(from)
        .map(({ kind }) => LETTERS[kind])
        .join('');
    },
    sound: () => joined(frames.map(({ samples }) => samples)),
    cues: () => frames.flatMap(({ cues }) => cues),
    finished: () => frames.flatMap(({ events }) => events).find(({ type }) => type === 'finished'),
  };
}

/** 20 ms of a sound every 20 ms from `fromMs` on; `held` moments deliver at `releasedMs` instead. */
function stream(
  subject: ReturnType<typeof scene>,
  sound: Int16Array,
  options: { fromMs?: number; stall?: { fromMs: number; toMs: number }; ends?: boolean } = {},
): void {
  const segment = subject.playout.open('answer');
  const { fromMs = 0, stall } = options;
  const wholeMs = sound.length / SAMPLES_PER_MS;
  const moment = (ms: number): number =>
    stall !== undefined && ms >= stall.fromMs && ms < stall.toMs ? stall.toMs : ms;
  for (let ms = 0; ms < wholeMs; ms += 20) {
    subject.at(fromMs + moment(ms), () => {
      subject.playout.push(segment, sound.slice(ms * SAMPLES_PER_MS, (ms + 20) * SAMPLES_PER_MS));
    });
  }
  if (options.ends !== false) {
    subject.at(fromMs + moment(wholeMs - 20), () => {
      subject.playout.end(segment);
    });
  }
}

describe('speech of a local engine', () => {
  it('is heard at once, answer after answer: clauses that come faster than they are spoken are never waited for', () => {
    const subject = scene();
    for (let answer = 0; answer < 20; answer += 1) {
      const fromMs = answer * 6_000;
      const segment = subject.playout.open('answer');
      // The first clause is as short as a "Yes.", and the next ones come 30 and 60 ms later.
      [400, 1_500, 1_200].forEach((clauseMs, index) => {
        subject.at(fromMs + index * 30, () => {
          subject.playout.push(segment, vowel(150, clauseMs), marks(clauseMs - 150, 150));
        });
      });
      subject.at(fromMs + 100, () => {
        subject.playout.end(segment);
      });
    }
    subject.run(120_000);
    const starts = subject.frames.flatMap(({ events }) =>
      events.filter((e) => e.type === 'started'),
    );
    expect(starts.map((event) => 'atMs' in event && event.atMs % 6_000)).toEqual(
      Array.from({ length: 20 }, () => 0),
    );
    expect(subject.playout.counters).toMatchObject({
      starts: 20,
      waitedMs: 0,
      underruns: 0,
      stretchedMs: 0,
      heldMs: 0,
    });
  });

  it('waits in the pause between clauses, for as long as a pause can last, and counts no underrun', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    subject.playout.push(segment, vowel(150, 600), marks(450, 150));
    subject.at(790, () => {
      subject.playout.push(segment, vowel(150, 400), marks(300, 100));
      subject.playout.end(segment);
    });
    const kinds = subject.run(1_300);
    expect(kinds).toBe(`${'S'.repeat(60)}${'c'.repeat(19)}${'S'.repeat(40)}${'.'.repeat(11)}`);
    expect(subject.playout.counters).toMatchObject({ underruns: 0, comfortMs: 190 });
    // The next answer is not made to wait for it.
    subject.playout.push(subject.playout.open('answer'), vowel(150, 600), marks(450, 150));
    expect(subject.run(10)).toBe('S');
  });
});

describe('speech at the pace of speech', () => {
  it('begins with the initial delay where nothing is known', () => {
    const subject = scene();
    stream(subject, vowel(150, 400));
    expect(subject.run(300)).toMatch(/^\.{12}S/);
  });

  it('holds the learnt delay: near the minimum for a steady source', () => {
    const subject = scene();
    for (let answer = 0; answer < 30; answer += 1) {
      stream(subject, vowel(150, 5_000), { fromMs: answer * 7_000 });
    }
    subject.run(210_000);
    const { counters } = subject.playout;
    expect(counters).toMatchObject({ starts: 30, underruns: 0, concealedMs: 0 });
    const before = counters.waitedMs;
    stream(subject, vowel(150, 1_000), { fromMs: 210_000 });
    subject.run(1_000);
    expect(subject.playout.counters.waitedMs - before).toBeLessThanOrEqual(60);
  });

  it('bridges a stall within its delay by playing slower, and the pitch stays', () => {
    const subject = scene();
    const sound = vowel(150, 3_000);
    stream(subject, sound, { stall: { fromMs: 1_000, toMs: 1_190 } });
    const kinds = subject.run(3_600);
    expect(kinds).not.toMatch(/[xc]/);
    expect(kinds).toMatch(/s/);
    const { stretchedMs, underruns } = subject.playout.counters;
    expect(underruns).toBe(0);
    expect(stretchedMs).toBeGreaterThan(20);
    const heard = subject.sound().subarray(200 * SAMPLES_PER_MS, 2_800 * SAMPLES_PER_MS);
    expect(largestStep(heard)).toBeLessThanOrEqual(1.15 * largestStep(sound));
    for (let ms = 0; ms + 100 <= 2_500; ms += 50) {
      const part = heard.subarray(ms * SAMPLES_PER_MS, (ms + 100) * SAMPLES_PER_MS);
      expect(Math.abs(pitchHzOf(part) - 150)).toBeLessThan(4);
    }
    // What was heard of the text counts in the source's own time.
    expect(subject.finished()).toMatchObject({ playedMs: 3_000, interrupted: false });
  });

  it('sheds delay again by playing faster, to where it was', () => {
    const subject = scene();
    const sound = tone(200, 30_000);
    stream(subject, sound, { stall: { fromMs: 2_000, toMs: 3_000 } });
    subject.run(31_000);
    const { shedMs, underruns } = subject.playout.counters;
    expect(underruns).toBe(1);
    expect(shedMs).toBeGreaterThan(500);
    // It ends about as long after the last arrival as it began after the first one.
    const last = subject.frames.findLastIndex(
      ({ kind }) => kind === 'speech' || kind === 'stretched',
    );
    expect(last * FRAME_MS - 30_000).toBeLessThan(260);
    expect(largestStep(subject.sound())).toBeLessThanOrEqual(1.15 * largestStep(sound));
  });
});

describe('an underrun', () => {
  it('is a kind of frame: the word goes on and fades, quiet follows, and speech comes back without a click', () => {
    const subject = scene();
    const sound = vowel(120, 2_000);
    stream(subject, sound, { stall: { fromMs: 800, toMs: 1_600 } });
    const kinds = subject.run(3_200);
    expect(kinds).toMatch(/^\.+[Ss]+x{8}c+[Ss]+\.+$/);
    const { underruns, concealedMs, comfortMs } = subject.playout.counters;
    expect({ underruns, concealedMs }).toEqual({ underruns: 1, concealedMs: 80 });
    expect(comfortMs).toBe(10 * (kinds.match(/c/g)?.length ?? 0));
    expect(largestStep(subject.sound())).toBeLessThanOrEqual(1.2 * largestStep(sound));
    const broken = kinds.indexOf('x') * FRAME_MS * SAMPLES_PER_MS;
    const made = subject.sound().subarray(broken, broken + 60 * SAMPLES_PER_MS);
    expect(Math.abs(pitchHzOf(made) - 120)).toBeLessThan(6);
    expect(subject.finished()).toMatchObject({ playedMs: 2_000 });
  });

  it('waits for its refill before it goes on', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    subject.playout.push(segment, vowel(150, 200));
    subject.at(400, () => subject.playout.push(segment, vowel(150, 40)));
    subject.at(450, () => subject.playout.push(segment, vowel(150, 20)));
    const kinds = subject.run(520);
    // 0.3 of 160 ms is 48 ms: 40 are too little, 60 enough.
    expect(kinds.slice(40, 45)).toBe('ccccc');
    expect(kinds[45]).toMatch(/[Ss]/);
  });

  it('ends with the segment: an engine that died leaves quiet, then silence', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    subject.playout.push(segment, vowel(150, 500));
    subject.at(2_000, () => {
      subject.playout.end(segment);
    });
    expect(subject.run(2_500)).toMatch(/^[Ss]+x{8}c+\.{50}$/);
    expect(subject.finished()).toMatchObject({ playedMs: 500, interrupted: false });
  });

  it('can be cut and paused in the middle of it', () => {
    for (const act of ['clear', 'pause'] as const) {
      const subject = scene();
      const sound = vowel(150, 500);
      subject.playout.push(subject.playout.open('answer'), sound.slice());
      while (!subject.run(10).includes('x'));
      subject.playout[act]();
      subject.run(100);
      expect(largestStep(subject.sound())).toBeLessThanOrEqual(1.2 * largestStep(sound));
      expect(subject.frames.slice(-5).every(({ kind }) => kind === 'silence')).toBe(true);
    }
  });
});

const RECORDING = join(
  resolve(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures', 'speech'),
  'austen-0880.wav',
);

describe.skipIf(!existsSync(RECORDING))('a human voice (of the fixtures)', () => {
  it('goes through stalls without a click, and all of it is heard', () => {
    // 16 kHz mono behind a header of 44 bytes.
    const bytes = readFileSync(RECORDING).subarray(44);
    const whole = new Int16Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 2));
    const wholeMs = 20 * Math.floor(whole.length / SAMPLES_PER_MS / 20);
    const sound = whole.slice(0, wholeMs * SAMPLES_PER_MS);
    let concealedMs = 0;
    for (let fromMs = 300; fromMs + 400 < wholeMs; fromMs += 70) {
      const subject = scene();
      stream(subject, sound, { stall: { fromMs, toMs: fromMs + 400 } });
      subject.run(wholeMs + 1_500);
      expect(largestStep(subject.sound())).toBeLessThanOrEqual(1.25 * largestStep(sound));
      concealedMs += subject.playout.counters.concealedMs;
      expect(subject.finished()).toMatchObject({ playedMs: wholeMs });
    }
    // Some stalls fell into the pauses of the sentence, most broke a word.
    expect(concealedMs).toBeGreaterThan(10 * 80);
  });
});

describe('the times of speech follow the sound', () => {
  /** Where the sound that was placed at `startMs` stands after the cues that came since. */
  function movedTo(startMs: number, cues: readonly SpeechCue[]): number {
    return cues.reduce(
      (ms, cue) => (cue.type === 'moved' && ms >= cue.fromMs - 1e-6 ? ms + cue.byMs : ms),
      startMs,
    );
  }

  it('a start that waits is placed when it begins', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    expect(subject.playout.push(segment, vowel(150, 60), marks(60, 0))).toBeUndefined();
    subject.at(100, () => subject.playout.push(segment, vowel(150, 100), marks(100, 0)));
    subject.run(140);
    expect(subject.cues().filter(({ type }) => type === 'placed')).toMatchObject([
      { type: 'placed', speech: { startMs: 100 } },
      { type: 'placed', speech: { startMs: 160 } },
    ]);
  });

  it('sound that is stretched moves what comes after it: a marked word is where its sound is', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    subject.playout.push(segment, vowel(150, 200), marks(200, 0));
    // The second piece is silent, with a loud edge in its middle.
    const marker = new Int16Array(200 * SAMPLES_PER_MS);
    marker.fill(20_000, 100 * SAMPLES_PER_MS);
    let placedMs = Number.NaN;
    let framesBefore = 0;
    subject.at(130, () => {
      placedMs = subject.playout.push(segment, marker, marks(200, 0))!.startMs;
      framesBefore = subject.frames.length;
      subject.at(150, () => subject.playout.push(segment, vowel(150, 10), marks(10, 0)));
    });
    subject.at(310, () => {
      subject.playout.end(segment);
    });
    subject.run(700);
    expect(subject.playout.counters.stretchedMs).toBeGreaterThan(20);
    const edge = subject.sound().findIndex((value) => value > 15_000) / SAMPLES_PER_MS;
    const cues = subject.frames.slice(framesBefore).flatMap((frame) => frame.cues);
    expect(Math.abs(movedTo(placedMs + 100, cues) - edge)).toBeLessThanOrEqual(2);
  });

  it('speech behind a pause that is held long is taken back, and placed again when it comes', () => {
    const subject = scene();
    const segment = subject.playout.open('answer');
    // A word, a pause, and the beginning of a word that would break off.
    const phonemes = [...marks(300, 100), { phoneme: 'iy', startMs: 400, endMs: 450 }];
    subject.playout.push(segment, vowel(150, 450), phonemes);
    subject.at(500, () => {
      subject.playout.push(segment, vowel(150, 500), marks(500, 0));
      subject.playout.end(segment);
    });
    const kinds = subject.run(1_200);
    expect(kinds).not.toContain('x');
    const cues = subject.cues().filter(({ type }) => type !== 'moved');
    expect(cues.map(({ type }) => type)).toEqual(['held', 'placed', 'placed']);
    const [, first, second] = cues;
    const resumed = kinds.lastIndexOf('c') + 1;
    const place = (cue: SpeechCue | undefined) =>
      cue?.type === 'placed' ? cue.speech.startMs : undefined;
    // What was heard of the first piece lies before the moment at which it goes on.
    expect(place(second)! - place(first)!).toBe(450);
    expect(place(first)!).toBeGreaterThan(resumed * FRAME_MS - 450);
    expect(place(first)!).toBeLessThan(resumed * FRAME_MS - 300);
  });
});

it('bounds what waits: beyond five minutes sound is refused and counted', () => {
  const subject = scene();
  const segment = subject.playout.open('answer');
  for (let minute = 0; minute < 6; minute += 1) {
    subject.playout.push(segment, new Int16Array(60_000 * SAMPLES_PER_MS));
  }
  expect(subject.playout.queuedMs).toBe(300_000);
  expect(subject.playout.counters.droppedMs).toBe(60_000);
});

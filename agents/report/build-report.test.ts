import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportSchema, type Report } from '#agents/dispatch/report.ts';
import { loadScenario, loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { playStory } from '#agents/persona/story.ts';
import { stripStageDirections } from '#agents/persona/stage-directions.ts';
import { loadLearners } from '#agents/persona/transcripts.ts';
import { buildReport, type ReportInput } from './build-report.ts';
import type { TimedTurn } from './timing.ts';

const scenario = loadScenario('deadline-slipped');
const base: Omit<ReportInput, 'turns'> = {
  sessionId: 's1',
  scenario,
  startedAt: '2026-11-21T10:00:00.000Z',
  durationMs: 300_000,
  recognition: 'full',
};
const turn = (
  speaker: 'learner' | 'avatar',
  startMs: number,
  endMs: number,
  text: string,
  more: Partial<TimedTurn> = {},
): TimedTurn => ({ speaker, startMs, endMs, text, typed: false, interrupted: false, ...more });

/** A story as a log: everybody speaks 150 words a minute and waits 800 ms. */
function logOf(scenarioId: string, manner: string): ReportInput {
  const chosen = loadScenario(scenarioId);
  let nowMs = 0;
  const turns: TimedTurn[] = [];
  const say = (speaker: 'learner' | 'avatar', text: string): void => {
    const startMs = nowMs + 800;
    nowMs = startMs + text.split(' ').length * 400;
    turns.push(turn(speaker, startMs, nowMs, text));
  };
  for (const { learner, reply } of playStory(chosen, 1, loadLearners()[scenarioId]![manner]!)) {
    if (learner) say('learner', learner);
    say('avatar', stripStageDirections(reply.text));
  }
  return { ...base, scenario: chosen, durationMs: nowMs, turns };
}

function expectSound(report: Report): void {
  expect(reportSchema.parse(report)).toEqual(report);
  for (const { evidence } of report.criteria) {
    for (const { turnIndex, quote } of evidence) {
      const said = report.transcript[turnIndex]!;
      expect(said.speaker).toBe('learner');
      expect(quote).not.toBe('');
      expect(said.text).toContain(quote);
    }
  }
  for (const { text, fillers } of report.transcript) {
    for (const { start, end } of fillers) {
      expect(start).toBeLessThan(end);
      expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
    }
  }
  for (const example of report.questions.examples) {
    expect(report.transcript.some(({ text }) => text.includes(example))).toBe(true);
  }
}

describe('the score', () => {
  it.each(['deadline-slipped', 'first-interview', 'after-purchase'])(
    'of %s ranks a good learner above a vague and a hostile one',
    (id) => {
      const score = (manner: string): number => buildReport(logOf(id, manner)).score!;
      expect(score('empathic')).toBeGreaterThanOrEqual(70);
      expect(score('vague')).toBeLessThanOrEqual(35);
      expect(score('hostile')).toBeLessThanOrEqual(35);
    },
  );

  it('shows quotes for what it says, in the learner’s own words', () => {
    const report = buildReport(logOf('deadline-slipped', 'empathic'));
    expectSound(report);
    const room = report.criteria.find(({ id }) => id === 'room')!;
    expect(room.level).toBeGreaterThanOrEqual(3);
    expect(room.evidence.some(({ quote }) => quote.includes('i can see why you'))).toBe(true);
    expect(report.strengths.length).toBeGreaterThan(0);
  });

  it('holds blame and pressure against the learner, with the quote', () => {
    const report = buildReport(logOf('deadline-slipped', 'hostile'));
    const against = report.criteria.flatMap(({ evidence }) =>
      evidence.filter(({ polarity }) => polarity === 'against'),
    );
    expect(against.some(({ quote }) => quote.includes('your fault'))).toBe(true);
  });

  it('counts saying it early only when it was early', () => {
    const late = ['hello', 'nice weather', 'how are things', 'the release has slipped'];
    const early = ['the release has slipped', ...late.slice(0, 3)];
    const level = (lines: string[]): number =>
      buildReport({
        ...base,
        turns: lines.map((text, i) => turn('learner', i * 5_000, i * 5_000 + 3_000, text)),
      }).criteria.find(({ id }) => id === 'early')!.level;
    expect(level(late)).toBe(0);
    expect(level(early)).toBeGreaterThan(0);
  });

  it('is not given for fewer than two learner turns', () => {
    const report = buildReport({
      ...base,
      turns: [turn('avatar', 0, 2_000, 'Hi.'), turn('learner', 3_000, 4_000, 'hello')],
    });
    expect(report).toMatchObject({
      status: 'too_short',
      score: null,
      criteria: [],
      strengths: [],
      improvements: [],
    });
    expectSound(report);
  });

  it('owns up to basic recognition where it may have missed something, not to typed words', () => {
    const doubt = (turns: TimedTurn[], recognition: 'basic' | 'full'): boolean =>
      buildReport({ ...base, recognition, turns }).criteria.some(({ advice }) =>
        advice.includes('basic'),
      );
    const spoken = ['hello', 'well'].map((text, i) =>
      turn('learner', i * 9_000, i * 9_000 + 900, text),
    );
    expect(doubt(spoken, 'basic')).toBe(true);
    expect(doubt(spoken, 'full')).toBe(false);
    expect(
      doubt(
        spoken.map((item) => ({ ...item, typed: true })),
        'basic',
      ),
    ).toBe(false);
  });
});

describe('the measures', () => {
  const turns = [
    turn('avatar', 0, 4_000, 'Hi. What is it?', { interrupted: true }),
    turn('learner', 3_500, 13_500, 'um so the release is like late you know and i like you'),
    turn('avatar', 14_000, 20_000, 'Why?'),
    turn('learner', 21_000, 31_000, 'the supplier was late how do you feel about that'),
    turn('avatar', 32_000, 34_000, 'Hm.'),
    turn('learner', 40_000, 40_000, 'Typed, um, words. Is that fine?', { typed: true }),
  ];
  const report = buildReport({ ...base, turns });

  it('share the talk by sound alone', () => {
    expect(report.talk).toEqual({ learnerMs: 20_000, avatarMs: 12_000, learnerShare: 0.625 });
  });
  it('tell the pace of spoken words', () => {
    expect(report.pace).toEqual({ wordsPerMinute: 69, series: [{ atMs: 0, wordsPerMinute: 69 }] });
  });
  it('find fillers, and "like" only where it is one', () => {
    expect(report.fillers.words).toEqual([
      { word: 'um', count: 2 },
      { word: 'you know', count: 1 },
    ]);
    expect(report.fillers.perMinute).toBe(6);
  });
  it('time answers, but neither interruptions nor typing', () => {
    expect(report.responseTimes).toEqual({ medianMs: 1_000, valuesMs: [1_000] });
    expect(report.interruptions.byLearner).toBe(1);
  });
  it('count questions, spoken and typed', () => {
    expect(report.questions).toEqual({
      asked: 2,
      examples: ['how do you feel about that', 'Is that fine?'],
    });
  });
  it('give no share of talk to one who only typed', () => {
    const typed = [
      turn('avatar', 0, 2_000, 'Hi.'),
      ...['a', 'b'].map((text) => turn('learner', 3_000, 3_000, text, { typed: true })),
    ];
    expect(buildReport({ ...base, turns: typed }).talk.learnerShare).toBeNull();
  });
  it('tell the pace minute by minute', () => {
    const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');
    const long = [
      turn('learner', 0, 60_000, words(100)),
      turn('learner', 60_000, 120_000, words(200)),
    ];
    expect(buildReport({ ...base, turns: long }).pace.series).toEqual([
      { atMs: 0, wordsPerMinute: 100 },
      { atMs: 60_000, wordsPerMinute: 200 },
    ]);
  });
});

describe('any log', () => {
  const lines = Object.values(loadLearners()).flatMap((manners) => Object.values(manners).flat());
  const anyTurn = fc.record({
    speaker: fc.constantFrom('learner' as const, 'avatar' as const),
    startMs: fc.double({ min: -5_000, max: 900_000, noNaN: true }),
    endMs: fc.double({ min: -5_000, max: 900_000, noNaN: true }),
    text: fc.oneof(
      fc.constantFrom(...lines),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom(...lines)).map((some) => some.join('. ')),
    ),
    typed: fc.boolean(),
    interrupted: fc.boolean(),
  });

  it('gives a sound report', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...loadScenarios()),
        fc.constantFrom('none' as const, 'basic' as const, 'full' as const),
        fc.array(anyTurn, { maxLength: 20 }),
        (any, recognition, turns) => {
          expectSound(buildReport({ ...base, scenario: any, recognition, turns }));
        },
      ),
      { numRuns: 60 },
    );
  });
});

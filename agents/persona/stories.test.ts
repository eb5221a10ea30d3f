/** Whole talks with learners of many kinds: what anybody would expect of a partner who listens. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { sentenceKey, sentencesOf, REPEATABLE_BELOW_WORDS } from './state.ts';
import { stripStageDirections } from './stage-directions.ts';
import { garble, playStory, type StoryBeat } from './story.ts';
import { loadLearners, transcriptOf, transcriptPath } from './transcripts.ts';

const scenarios = loadScenarios();
const learners = loadLearners();
const seeds = [1, 2, 3, 4, 5];
const GARBLED_TALKS = 8;

const stories = scenarios.flatMap((scenario) =>
  Object.entries(learners[scenario.id] ?? {}).flatMap(([manner, lines]) =>
    seeds.map((seed) => ({ scenario, manner, lines, seed })),
  ),
);
const spoken = (beats: readonly StoryBeat[]): string[] =>
  beats.map(({ reply }) => stripStageDirections(reply.text));

describe.each(stories)('$scenario.id with a learner who is $manner, seed $seed', (story) => {
  const beats = playStory(story.scenario, story.seed, story.lines);
  const texts = spoken(beats);

  it('comes to an end, and only once', () => {
    expect(beats.at(-1)!.reply.endsCall).toBe(true);
    expect(beats.filter(({ reply }) => reply.endsCall)).toHaveLength(1);
  });

  it('never says a reply or a longer sentence again', () => {
    expect(new Set(texts).size).toBe(texts.length);
    const keys = texts
      .flatMap(sentencesOf)
      .map(sentenceKey)
      .filter((key) => key.split(' ').length >= REPEATABLE_BELOW_WORDS);
    const repeated = keys.filter((key, index) => keys.indexOf(key) !== index);
    expect(repeated).toEqual([]);
  });

  it('keeps its turns as short as speech', () => {
    for (const text of texts) {
      expect(text.split(/\s+/).length, text).toBeLessThanOrEqual(40);
      expect(text).not.toMatch(/[[\]{}]/);
    }
  });
});

const scenarioNamed = (id: string) => scenarios.find((scenario) => scenario.id === id)!;
const english = scenarios.filter(({ language }) => language === 'en');

describe.each(scenarios)('$id', (scenario) => {
  const good = learners[scenario.id]!.empathic!;

  it.each(seeds)('lets a good learner through every stage and all aims, seed %i', (seed) => {
    const beats = playStory(scenario, seed, good);
    expect(new Set(beats.map(({ reply }) => reply.stageId))).toEqual(
      new Set(scenario.stages.map(({ id }) => id)),
    );
    expect(beats.at(-1)!.reply.aimsDone).toEqual(scenario.aims.map(({ id }) => id));
    expect(beats.filter(({ reply }) => !reply.understood).length).toBeLessThanOrEqual(1);
  });

  it('lasts minutes, not moments', () => {
    const turns = seeds.map((seed) => playStory(scenario, seed, good).length);
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(10);
  });

  it('reads as the transcript kept in testdata', () => {
    expect(transcriptOf(scenario, learners)).toBe(readFileSync(transcriptPath(scenario), 'utf8'));
  });
});

describe.each(english)('$id through a recogniser that gets 30 % of the words wrong', (scenario) => {
  const good = learners[scenario.id]!.empathic!;

  it('still gets to the last stage, and asks back now and then at most', () => {
    let asksBack = 0;
    let replies = 0;
    let aims = 0;
    for (let seed = 1; seed <= GARBLED_TALKS; seed += 1) {
      const beats = playStory(
        scenario,
        seed,
        good.map((line) => garble(line, 0.3, seed)),
      );
      replies += beats.length;
      asksBack += beats.filter(({ reply }) => !reply.understood).length;
      aims += beats.at(-1)!.reply.aimsDone.length;
      expect(beats.at(-1)!.reply.endsCall).toBe(true);
      expect(beats.at(-2)!.reply.stageId).toBe(scenario.stages.at(-1)!.id);
    }
    expect(asksBack / replies).toBeLessThan(0.25);
    expect(aims / (GARBLED_TALKS * scenario.aims.length)).toBeGreaterThan(0.6);
  });
});

describe('the arc of a talk', () => {
  it('asks back when nothing made sense', () => {
    for (const id of ['deadline-slipped', 'after-purchase', 'first-interview']) {
      const nonsense = [
        'green furniture sleeps',
        'the purple ladder of tuesday soup',
        'mbl grf',
        'zzz',
      ];
      const beats = playStory(scenarioNamed(id), 3, nonsense).slice(1, 6);
      expect(beats.filter(({ reply }) => !reply.understood).length, id).toBeGreaterThanOrEqual(1);
    }
  });

  it('does not let vagueness reach the aims that clear words reach', () => {
    for (const scenario of english) {
      const vague = playStory(scenario, 2, learners[scenario.id]!.vague!);
      const clear = playStory(scenario, 2, learners[scenario.id]!.empathic!);
      expect(vague.at(-1)!.reply.aimsDone.length).toBeLessThan(clear.at(-1)!.reply.aimsDone.length);
    }
  });

  it('cools under blame and warms under empathy, in its face', () => {
    const scenario = scenarioNamed('deadline-slipped');
    const faces = (manner: string): string[] =>
      playStory(scenario, 2, learners[scenario.id]![manner]!).map(({ reply }) => reply.expression);
    expect(faces('hostile').filter((face) => face === 'sceptical').length).toBeGreaterThan(
      faces('empathic').filter((face) => face === 'sceptical').length,
    );
    expect(faces('empathic')).toContain('warm');
    expect(faces('hostile').slice(2)).not.toContain('warm');
  });

  it('nudges a silent learner before it closes', () => {
    for (const scenario of scenarios) {
      const beats = playStory(scenario, 1, ['']);
      expect(beats).toHaveLength(5);
      expect(beats.slice(0, 4).every(({ reply }) => !reply.endsCall)).toBe(true);
    }
  });
});

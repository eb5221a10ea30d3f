import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadScenario, loadScenarios } from '#agents/dispatch/scenario-store.ts';
import type { ConversationTurn } from './conversation.ts';
import { nextReply, progressOf } from './reply.ts';
import { stripStageDirections } from './stage-directions.ts';
import { loadLearners } from './transcripts.ts';

const scenario = loadScenario('deadline-slipped');
const learner = (text: string): ConversationTurn => ({ speaker: 'learner', text });

/** The history after the learner's lines, each answered by the persona. */
function talk(lines: readonly string[], seed = 1): ConversationTurn[] {
  const history: ConversationTurn[] = [];
  const speak = (): void => {
    const { text } = nextReply(scenario, seed, history);
    history.push({ speaker: 'avatar', text: stripStageDirections(text) });
  };
  speak();
  for (const line of lines) {
    history.push(learner(line));
    speak();
  }
  return history;
}

const news = 'we are not going to make the fourteenth';

describe('nextReply', () => {
  it('gives the same reply for the same history, and leaves the history alone', () => {
    const history = [...talk([news]), learner('the supplier was late')];
    const before = structuredClone(history);
    const first = nextReply(scenario, 1, history);
    nextReply(scenario, 1, talk(['something else entirely']));
    expect(nextReply(scenario, 1, history)).toEqual(first);
    expect(history).toEqual(before);
  });

  it('takes learner turns without an answer between them as one', () => {
    const start = talk([]);
    const parts = nextReply(scenario, 1, [
      ...start,
      learner('we are not'),
      learner('going to make the fourteenth'),
    ]);
    expect(parts).toEqual(nextReply(scenario, 1, [...start, learner(news)]));
    expect(parts.aimsDone).toContain('news');
  });

  it('does not insist after it was interrupted', () => {
    const history = talk([news]);
    const last = history.at(-1)!;
    const cut: ConversationTurn = {
      ...last,
      text: last.text.split(' ').slice(0, 3).join(' '),
      interrupted: true,
    };
    const reply = nextReply(scenario, 1, [...history.slice(0, -1), cut, learner('wait wait')]);
    expect(reply.text).not.toContain('?');
    const flagless: ConversationTurn = { speaker: 'avatar', text: cut.text };
    expect(
      nextReply(scenario, 1, [...history.slice(0, -1), flagless, learner('sorry')]).text,
    ).not.toContain('?');
  });

  it('says its question again when asked to', () => {
    const history = talk([news]);
    const question = history
      .at(-1)!
      .text.match(/[^.?!]+\?$/)![0]
      .trim();
    const reply = nextReply(scenario, 1, [...history, learner('can you repeat that please')]);
    expect(reply.text).toContain(question);
  });

  it('answers questions about itself and goes on', () => {
    const reply = nextReply(scenario, 1, [...talk([]), learner('are you a robot')]);
    expect(reply.text).toMatch(/avatar/);
    expect(reply.understood).toBe(true);
  });

  it('lets the learner go', () => {
    for (const text of ['goodbye', 'i want to stop now', 'sorry i have to go now']) {
      expect(nextReply(scenario, 1, [...talk([news]), learner(text)]).endsCall, text).toBe(true);
    }
    expect(
      nextReply(scenario, 1, [...talk([news]), learner('by the way the supplier was late')])
        .endsCall,
    ).toBe(false);
  });

  it('closes when the time is up', () => {
    const late = { ...learner('the supplier was late'), atMs: scenario.durationMinutes * 60_000 };
    expect(nextReply(scenario, 1, [...talk([news]), late]).endsCall).toBe(true);
  });

  it('treats an avatar turn after an avatar turn as words into silence', () => {
    const history = talk([news]);
    const into = nextReply(scenario, 1, history);
    const event: ConversationTurn = { speaker: 'learner', text: '', event: 'silence' };
    expect(nextReply(scenario, 1, [...history, event])).toEqual(into);
    const again = [
      ...history,
      { speaker: 'avatar' as const, text: stripStageDirections(into.text) },
    ];
    expect(nextReply(scenario, 1, again).text).not.toBe(into.text);
  });

  it('does not say again what a language model said in its place', () => {
    const line = scenario.stages[1]!.ask[0];
    const history: ConversationTurn[] = [
      ...talk([]),
      learner('hello'),
      { speaker: 'avatar', text: stripStageDirections(String(line)) },
      learner(news),
    ];
    for (let seed = 0; seed < 10; seed += 1) {
      expect(nextReply(scenario, seed, history).text).not.toContain(
        stripStageDirections(String(line)),
      );
    }
  });

  it('offers a murmur that is never the last one again', () => {
    const murmurs = [news, 'the supplier was late', 'last week', 'i am sorry'].map(
      (_, index, all) =>
        nextReply(scenario, 1, [...talk(all.slice(0, index)), learner(all[index]!)]).backchannel,
    );
    murmurs.slice(1).forEach((murmur, index) => expect(murmur).not.toBe(murmurs[index]));
  });

  it('counts a goodbye only once it was said', () => {
    const history = [...talk([news]), learner('goodbye')];
    expect(progressOf(scenario, 1, history).closed).toBe(false);
    const bye = stripStageDirections(nextReply(scenario, 1, history).text);
    expect(progressOf(scenario, 1, [...history, { speaker: 'avatar', text: bye }]).closed).toBe(
      true,
    );
  });

  it('is never at a loss, whatever was said in whatever order', () => {
    const lines = Object.values(loadLearners()).flatMap((manners) => Object.values(manners).flat());
    const text = fc.oneof(
      fc.constantFrom(...lines),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('?', '...', 'um', '[warm]', '{thing}'),
    );
    const turn = fc.record(
      {
        speaker: fc.constantFrom('learner' as const, 'avatar' as const),
        text,
        interrupted: fc.boolean(),
        atMs: fc.nat(500_000),
      },
      { requiredKeys: ['speaker', 'text'] },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...loadScenarios()),
        fc.nat(),
        fc.array(turn, { maxLength: 14 }),
        (any, seed, history) => {
          const reply = nextReply(any, seed, history as ConversationTurn[]);
          expect(stripStageDirections(reply.text).trim()).not.toBe('');
          expect(reply.text).not.toMatch(/[{}]|undefined|null/);
        },
      ),
      { numRuns: 60 },
    );
  });
});

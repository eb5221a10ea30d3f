import { loadScenario } from '#agents/dispatch/scenario-store.ts';
import { nextReply } from '#agents/persona/reply.ts';
import { stripStageDirections } from '#agents/persona/stage-directions.ts';
import { describe, expect, it } from 'vitest';
import { checkpointSchema, type Checkpoint } from './checkpoint.ts';
import { resumptionOf } from './resumption.ts';
import { returnLine } from './return-line.ts';

const SEED = 11;
const STARTED = Date.UTC(2026, 0, 1, 10);
const scenario = loadScenario('first-interview');
const back = returnLine('en');
const greeting = stripStageDirections(nextReply(scenario, SEED, []).text);
const LEARNER = 'I have worked as a nurse for six years.';
const answer = nextReply(scenario, SEED, [
  { speaker: 'avatar', text: greeting },
  { speaker: 'learner', text: LEARNER, atMs: 0 },
]);

const turn = (speaker: 'learner' | 'avatar', text: string, startMs: number) => ({
  ...{ speaker, text, startMs, endMs: startMs + 1_000 },
  ...{ typed: false, interrupted: false },
});
const message = (role: 'user' | 'assistant', text: string, atMs: number) => ({
  ...{ role, text, interrupted: false, createdAtMs: STARTED + atMs },
});

function checkpointAfter(turns: number, speaking: Checkpoint['speaking'] = null): Checkpoint {
  return checkpointSchema.parse({
    version: 1,
    startedAt: new Date(STARTED).toISOString(),
    turns: [turn('avatar', greeting, 0), turn('learner', LEARNER, 6_000)].slice(0, turns),
    messages: [message('assistant', greeting, 0), message('user', LEARNER, 6_000)].slice(0, turns),
    speaking,
  });
}

const resume = (checkpoint: Checkpoint, lostAfterMs = 8_000, scripted = true) =>
  resumptionOf({ checkpoint, lostAtMs: STARTED + lostAfterMs, scenario, seed: SEED, scripted });

describe('A call that goes on in another job', () => {
  it('before anything was said begins as every call', () => {
    expect(resume(checkpointAfter(0))).toMatchObject({ turns: [], first: { kind: 'opening' } });
  });

  it('in the middle of an answer says that it is back, and goes on with the cut sentence', () => {
    const planned = stripStageDirections(answer.text).trim();
    const begun = planned.split(' ').slice(0, 3).join(' ');
    const { turns, messages, first } = resume(
      checkpointAfter(2, { text: begun, startMs: 7_000 }),
      7_600,
    );
    expect(messages).toHaveLength(2);
    const cut = turns.at(-1)!;
    expect(cut).toMatchObject({ speaker: 'avatar', interrupted: true, startMs: 7_000 });
    expect(planned.startsWith(cut.text)).toBe(true);
    expect(first.kind).toBe('say');
    expect('text' in first && first.text.startsWith(`${back} `)).toBe(true);
    expect('text' in first && first.text.endsWith(planned.slice(-10))).toBe(true);
  });

  it('with an answer owed gives it, the same one', () => {
    const { turns, first } = resume(checkpointAfter(2));
    expect(turns).toHaveLength(2);
    expect(first).toMatchObject({ kind: 'say' });
    expect('text' in first && stripStageDirections(first.text)).toContain(
      stripStageDirections(answer.text).trim(),
    );
    expect(resume(checkpointAfter(2), 8_000, false).first).toEqual({ kind: 'reply', text: back });
  });

  it('with the floor at the learner repeats what they were asked, outside of the talk', () => {
    const { first, messages } = resume(checkpointAfter(1));
    expect(messages).toHaveLength(1);
    expect(first.kind).toBe('remark');
    const question = /[^.!?]+\?$/u.exec(greeting)?.[0].trim() ?? '';
    expect('text' in first && first.text).toBe(`${back} ${question}`.trimEnd());
  });

  it('keeps an answer that had been heard to its end', () => {
    const { turns, messages, first } = resume(
      checkpointAfter(2, { text: stripStageDirections(answer.text), startMs: 7_000 }),
      120_000,
    );
    expect(turns.at(-1)).toMatchObject({ speaker: 'avatar', interrupted: false });
    expect(messages).toHaveLength(3);
    expect(first.kind).toBe('remark');
  });
});

it('every language that a scenario may have has words for coming back', () => {
  expect(returnLine('sv')).toMatch(/tillbaka/u);
  expect(returnLine('en-GB')).toBe(back);
  expect(returnLine('xx')).toBe(back);
});

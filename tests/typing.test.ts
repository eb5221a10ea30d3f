/** A learner who types: the avatar speaks, the report knows what was typed, and Swedish works without an ear. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import { Call } from './call.ts';
import { AUDIBLE_RMS, HeadlessLearner } from './headless-learner.ts';

let call: Call;
let learner: HeadlessLearner;

async function enter(scenarioId: string): Promise<void> {
  call = await Call.start(inject('pageUrl'), scenarioId);
  learner = await HeadlessLearner.join(call.session);
  await learner.untilGreeted();
}

afterEach(async () => {
  await learner.close();
  await call.end();
});

describe('A learner who types', () => {
  it('gets a spoken answer that fits, and a report that marks what was typed', async () => {
    await enter('first-interview');
    const reply = 'I have worked as a nurse for six years and I like helping people.';
    const sound = learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
    await learner.type(reply);
    const answer = await learner.untilSpoken(1);
    await sound;
    expect(answer).toMatch(/\w+ \w+/);

    const report = await call.endAndReport();
    const [greeting, typed, answered] = report.transcript;
    expect(greeting).toMatchObject({ speaker: 'avatar', typed: false, interrupted: false });
    expect(typed).toMatchObject({ speaker: 'learner', typed: true, text: reply });
    expect(answered).toMatchObject({ speaker: 'avatar', interrupted: false });
    expect(answered?.text.trim()).toBe(answer.trim());
  });

  it('reaches an aim of the scene, which the page is told at once', async () => {
    await enter('first-interview');
    const reached = learner.until('attributes', (changed) =>
      (changed['understudy.aims'] ?? '').includes('background'),
    );
    await learner.type('I have worked as a nurse for six years.');
    await reached;
  });

  it('interrupts the avatar by typing over it, and what was not heard is in no transcript', async () => {
    await enter('first-interview');
    await learner.type('I have worked as a nurse for six years, and before that I was a waiter.');
    const heardWords = (): number =>
      learner.captions.filter(({ speaker }) => speaker === 'avatar')[1]?.text.split(' ').length ??
      0;
    await learner.until('caption', () => heardWords() >= 4);
    await learner.type('Sorry, I have a question. How big is the team?');
    await learner.untilSpoken(2);
    const report = await call.endAndReport();
    const speakers = report.transcript.map(({ speaker }) => speaker);
    expect(speakers).toEqual(['avatar', 'learner', 'avatar', 'learner', 'avatar']);
    expect(report.transcript[2]).toMatchObject({ interrupted: true });
  });
});

describe('A scene in Swedish', () => {
  it('says that nobody listens, speaks, and answers what is typed', async () => {
    call = await Call.start(inject('pageUrl'), 'forsta-intervjun');
    expect(call.session.recognition).toBe('none');
    learner = await HeadlessLearner.join(call.session);
    const sound = learner.until('sound', ({ rms }) => rms > AUDIBLE_RMS);
    await learner.untilGreeted();
    await sound;
    expect(learner.agent?.attributes['understudy.recognition']).toBe('none');
    expect(learner.captioned('avatar')).toMatch(/Elsa/);

    await learner.type('Tack bra. Jag har jobbat som sjuksköterska i sex år.');
    const answer = await learner.untilSpoken(1);
    expect(answer).toMatch(/\p{L}{2,}/u);
    const report = await call.endAndReport();
    expect(report).toMatchObject({ language: 'sv', recognition: 'none' });
    expect(report.transcript[1]).toMatchObject({ speaker: 'learner', typed: true });
  });
});

import { describe, expect, it } from 'vitest';
import { CallLog } from './call-log.ts';

function log() {
  let nowMs = 1_000_000;
  const subject = new CallLog(() => nowMs);
  return {
    subject,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the call log', () => {
  it('keeps a spoken turn from its first sound to its last', () => {
    const { subject, wait } = log();
    wait(5_000);
    subject.learnerSpeechStarted(2_000);
    subject.learnerSpeechEnded(2_900);
    subject.learnerSpeechStarted(3_300);
    subject.learnerSpeechEnded(4_600);
    subject.addLearnerTurn('it slipped');
    expect(subject.turns).toEqual([
      {
        speaker: 'learner',
        startMs: 2_000,
        endMs: 4_600,
        text: 'it slipped',
        typed: false,
        interrupted: false,
      },
    ]);
  });

  it('knows a typed turn, once', () => {
    const { subject, wait } = log();
    subject.noteTyped('hello');
    wait(700);
    subject.addLearnerTurn('hello');
    subject.addLearnerTurn('hello');
    expect(subject.turns.map(({ typed }) => typed)).toEqual([true, false]);
    expect(subject.turns[0]).toMatchObject({ startMs: 700, endMs: 700 });
  });

  it('keeps an interrupted avatar turn as what was heard', () => {
    const { subject, wait } = log();
    wait(1_000);
    subject.avatarSpeechStarted();
    wait(1_500);
    subject.addAvatarTurn('So tell me', true);
    expect(subject.turns).toMatchObject([{ startMs: 1_000, endMs: 2_500, interrupted: true }]);
  });

  it('ends a cut turn where its sound ended, and tells turns in the order of their beginnings', () => {
    const { subject, wait } = log();
    wait(1_000);
    subject.avatarSpeechStarted();
    wait(2_000);
    subject.learnerSpeechStarted(subject.nowMs);
    wait(3_000);
    subject.learnerSpeechEnded(subject.nowMs);
    subject.addLearnerTurn('One moment, please.');
    subject.avatarSpeechCut(2_200);
    subject.addAvatarTurn('So tell me', true);
    expect(subject.turns).toMatchObject([
      { speaker: 'avatar', startMs: 1_000, endMs: 3_200 },
      { speaker: 'learner', startMs: 3_000, endMs: 6_000 },
    ]);
  });

  it('counts from the learner’s arrival', () => {
    const { subject, wait } = log();
    wait(10_000);
    subject.begin();
    wait(250);
    expect(subject.nowMs).toBe(250);
  });
});

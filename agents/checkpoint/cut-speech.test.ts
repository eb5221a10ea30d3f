import { describe, expect, it } from 'vitest';
import { cutSpeech } from './cut-speech.ts';

const TEXT = 'We are a team of nine. Mornings begin at seven. Would that suit you?';

describe('An answer whose speaker died', () => {
  it('before its first word is said anew from its start', () => {
    expect(cutSpeech(TEXT, 0)).toEqual({ heard: '', rest: TEXT });
    expect(cutSpeech(TEXT, -5)).toEqual({ heard: '', rest: TEXT });
  });

  it('in mid-sentence was heard to a whole word, and goes on from the start of that sentence', () => {
    const { heard, rest } = cutSpeech(TEXT, 2_500);
    expect(heard).toBe('We are a team of nine. Mornings');
    expect(rest).toBe('Mornings begin at seven. Would that suit you?');
  });

  it('between two sentences goes on with the next', () => {
    expect(cutSpeech(TEXT, 1_700)).toEqual({
      heard: 'We are a team of nine.',
      rest: 'Mornings begin at seven. Would that suit you?',
    });
  });

  it('after its last word owes nothing', () => {
    expect(cutSpeech(TEXT, 60_000)).toEqual({ heard: TEXT, rest: '' });
  });
});

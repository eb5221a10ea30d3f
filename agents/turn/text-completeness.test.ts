import { describe, expect, it } from 'vitest';
import { textCompleteness } from './text-completeness.ts';

describe('what the words say about the end of a turn', () => {
  it.each([
    ['I wanted to talk about the', 'open'],
    ['we had to move the deadline because', 'open'],
    ['so I told my', 'open'],
    ['the thing is um', 'open'],
    ['I would', 'open'],
    ['we moved the deadline to Friday', 'closed'],
    ['yes', 'final'],
    ['I don’t know', 'final'],
    ['Thank you.', 'final'],
    ['how long have you worked here', 'final'],
    ['I think that is all for today, what do you think?', 'final'],
    ['what is the', 'open'],
    ['banana', 'unknown'],
    ['', 'unknown'],
    ['...', 'unknown'],
  ])('“%s” is %s', (text, expected) => {
    expect(textCompleteness(text)).toBe(expected);
  });

  it('takes “yes” with a word or two as whole after a yes/no question only', () => {
    expect(textCompleteness('yes on monday', { afterYesNoQuestion: true })).toBe('final');
    expect(textCompleteness('yes on monday')).toBe('closed');
    expect(textCompleteness('yes but', { afterYesNoQuestion: true })).toBe('open');
  });

  it.each([
    ['We moved the deadline to Friday.', 'closed'],
    ['We moved the deadline to Friday', 'unended'],
    ['We moved the deadline, and then', 'unended'],
    ['We moved the deadline to...', 'open'],
    ['I was very much afraid…', 'open'],
    ['It was not the –', 'open'],
    ['When we moved the deadline to Friday.', 'closed'],
    ['When did you move the deadline?', 'final'],
    ['He said: “Why me?”', 'final'],
    ['Thank you', 'final'],
  ])('of a recogniser that writes sentences, “%s” is %s', (text, expected) => {
    expect(textCompleteness(text, { written: true })).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { clauseText, splitClauses } from './clauses.ts';
import { toSpokenTokens } from './normalise.ts';

const split = (text: string): string[] => splitClauses(toSpokenTokens(text, 'en')).map(clauseText);

describe('clauses', () => {
  it('breaks at sentence ends and at commas that join clauses', () => {
    expect(split('I see what you mean, and I agree with you. Shall we start?')).toEqual([
      'i see what you mean,',
      'and i agree with you.',
      'shall we start?',
    ]);
  });

  it('keeps a short opening with what follows', () => {
    expect(split('Well, that is good.')).toEqual(['well, that is good.']);
  });

  it('cuts a long stretch before a joining word', () => {
    const clauses = split(
      'I was hoping that we could talk about what happened in the meeting on Tuesday because I felt that you ' +
        'did not listen to any of my suggestions and then you went ahead anyway.',
    );
    expect(clauses.length).toBeGreaterThan(1);
    expect(clauses.some((clause) => clause.startsWith('because'))).toBe(true);
  });

  it('never cuts after a word that clings to the next', () => {
    const words =
      'I went to the shop with my friend and we saw the new red car in the window of a big store';
    for (const clause of split(`${words} ${words} ${words}`).slice(0, -1)) {
      expect(clause).not.toMatch(/\b(?:the|a|my|to|of|in|with|and|we)$/);
    }
  });

  it('loses no token and ends with a sentence', () => {
    const tokens = toSpokenTokens('One, two, three and four; five six seven eight - nine', 'en');
    const clauses = splitClauses(tokens);
    expect(clauses.flatMap((clause) => clause.tokens)).toEqual(tokens);
    expect(clauses.at(-1)!.boundary).toBe('sentence');
  });

  it('has no clause in an empty text', () => {
    expect(splitClauses([])).toEqual([]);
  });
});

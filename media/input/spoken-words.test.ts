import { describe, expect, it } from 'vitest';
import { SpokenWords } from './spoken-words.ts';

describe('Words of the avatar', () => {
  const spoken = new SpokenWords();
  spoken.say("Hello and welcome, I'm Ada.");
  spoken.say('Have you got everything you need? What was going through your mind just then?');

  it.each([
    'Welcome.',
    'What was going through here?',
    'you got everything you need',
    'hello, and welcome I’m alder',
  ])('are recognised in “%s”', (text) => {
    expect(spoken.repeatedBy(text)).toBe(true);
  });

  it.each([
    '',
    'Wait, I have a question.',
    'I worked as a teacher for six years.',
    'just then mind your through going',
    'Yes, I was thinking about the customer.',
  ])('are not in “%s”', (text) => {
    expect(spoken.repeatedBy(text)).toBe(false);
  });

  it('are forgotten after a while', () => {
    const old = new SpokenWords();
    old.say('Hello and welcome.');
    old.say('and so on '.repeat(40));
    expect(old.repeatedBy('Welcome.')).toBe(false);
  });
});

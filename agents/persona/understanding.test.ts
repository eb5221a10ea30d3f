import { describe, expect, it } from 'vitest';
import { COMMON_INTENTS, loadScenario } from '#agents/dispatch/scenario-store.ts';
import { lexiconFor } from './lexicon.ts';
import { understand } from './understanding.ts';

const scenario = loadScenario('deadline-slipped');
const cues = (text: string): string[] => [...understand(scenario, text).hits.keys()];

describe('cues', () => {
  it.each([
    ['we are not going to make the fourteenth', 'news'],
    ['so um the release has um slipped', 'news'],
    ['I’m afraid the deadline has slipped.', 'news'],
    ['the vender delivered late', 'reason'],
    ['that was my mistake', 'ownership'],
    ['i understand how frustrating that is', 'empathy'],
    ['im sorry i am sorry', 'apology'],
    ['you can keep your leave', 'leave-kept'],
    ["let's sit down tomorrow at ten", 'next-step'],
    ['this is your fault', 'blame'],
  ])('hears in "%s" %s', (text, cue) => {
    expect(cues(text)).toContain(cue);
  });

  it.each([
    ['it is not your fault', 'blame'],
    ['i like trains', 'praise'],
    ['i have known since tuesday', 'next-step'],
    ['i am not sorry', 'apology'],
    ["let's talk about the moon", 'commitment'],
    ['yes but the supplier', 'yes'],
  ])('does not hear in "%s" %s', (text, cue) => {
    expect(cues(text)).not.toContain(cue);
  });

  it('knows short answers as wholes', () => {
    expect(cues('yes')).toContain('yes');
    expect(cues('um yeah sure')).toContain('yes');
    expect(cues('no')).toContain('no');
    expect(cues("i don't know")).toContain('unsure');
    expect(cues('no i think the supplier was late again')).not.toContain('no');
  });
});

describe('things to take up', () => {
  const slots = (text: string) => understand(scenario, text).slots;

  it('turns owners round', () => {
    expect(slots('we had trouble with our main supplier').thing).toBe('your main supplier');
    expect(slots('i got wet in my walking boots').thing).toBe('your walking boots');
    expect(slots('the payment module broke').thing).toBe('the payment module');
    expect(slots('i was a waiter').thing).toBeUndefined();
  });

  it('says times back as one would', () => {
    expect(slots('it will be three weeks later').time).toBe('three weeks');
    expect(slots('let us meet on friday').time).toBe('Friday');
    expect(slots('the new date is the fifth of march').time).toBe('the fifth of March');
  });

  it('turns a clause round, and leaves alone what it could get wrong', () => {
    expect(slots('we found serious bugs in testing').clause).toBe(
      'you found serious bugs in testing',
    );
    expect(slots('i told you we found bugs in your code').clause).toBeUndefined();
  });
});

describe('questions without punctuation', () => {
  const questions = (text: string): string[] =>
    understand(scenario, text).questions.map(({ start, end }) => text.slice(start, end));

  it.each([
    ['how do you feel about that', 1],
    ['what would help you right now', 1],
    ['okay so do you think we can meet tomorrow', 1],
    ['i hear you and what do you need', 1],
    ['shall we sit down tomorrow', 1],
    ['Is that okay? Can we go on?', 2],
    ['that is what i wanted to say', 0],
    ['i know why you are upset', 0],
    ['when i was young we had a dog', 0],
    ['what i learned is to stay calm', 0],
    ['the release is late', 0],
    ['i do what i can', 0],
  ])('"%s" asks %i', (text, count) => {
    expect(questions(text)).toHaveLength(count);
  });
});

describe('lexicons', () => {
  it.each(['en', 'sv'])(
    '%s defines the intents that scenarios may use, and no other',
    (language) => {
      const computed = [
        'question',
        'open-question',
        'number',
        'time',
        'short-answer',
        'long-answer',
      ];
      const defined = new Set([...Object.keys(lexiconFor(language).intents), ...computed]);
      expect(defined).toEqual(new Set(COMMON_INTENTS));
    },
  );
});

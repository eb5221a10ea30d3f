import { describe, expect, it } from 'vitest';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { nextReply } from '#agents/persona/reply.ts';
import { spokenTexts } from './piece-reader.ts';
import { scenarioTexts } from './scenario-lines.ts';

describe.each(loadScenarios())('the lines of $id', (scenario) => {
  const texts = scenarioTexts(scenario);

  it('hold no slots and no stage directions, and none twice', () => {
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter((text) => /[{}[\]]/.test(text))).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('hold the greeting, sentence by sentence, whatever the seed', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const greeting = spokenTexts(nextReply(scenario, seed, []).text);
      expect(texts).toEqual(expect.arrayContaining(greeting));
    }
  });
});

import { initializeLogger, llm } from '@livekit/agents';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadScenario, loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { personaPrompt } from './prompt.ts';
import { nextReply } from './reply.ts';
import { historyOf, ScriptedLLM, scriptedOutput, SILENCE_NUDGE } from './scripted-llm.ts';
import { parseStageDirections, stripStageDirections } from './stage-directions.ts';

const scenario = loadScenario('deadline-slipped');

beforeAll(() => {
  initializeLogger({ pretty: false, level: 'silent' });
});

function contextOf(turns: [llm.ChatRole, string][]): llm.ChatContext {
  const context = llm.ChatContext.empty();
  turns.forEach(([role, content], index) =>
    context.addMessage({ role, content, createdAt: 1_000 * index }),
  );
  return context;
}

async function collect(stream: llm.LLMStream): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of stream) if (chunk.delta?.content) chunks.push(chunk.delta.content);
  return chunks;
}

describe('ScriptedLLM', () => {
  it('streams what the persona says, in pieces, face first', async () => {
    const context = contextOf([
      ['system', 'instructions'],
      ['assistant', 'Hi. What is it?'],
      ['user', 'we are not going to make the fourteenth'],
    ]);
    const model = new ScriptedLLM({ scenario, seed: 4 });
    const chunks = await collect(model.chat({ chatCtx: context }));
    const text = chunks.join('');
    expect(chunks.length).toBeGreaterThan(2);
    expect(text).toMatch(/^\[\w+\] /);
    expect(stripStageDirections(text)).toBe(
      stripStageDirections(nextReply(scenario, 4, historyOf(context)).text),
    );
    expect((await collect(model.chat({ chatCtx: context }))).join('')).toBe(text);
  });

  it('says [end] when it has closed the call', () => {
    const context = contextOf([
      ['assistant', 'Hi. What is it?'],
      ['user', 'goodbye'],
    ]);
    expect(parseStageDirections(scriptedOutput(scenario, 1, context)).endsCall).toBe(true);
  });

  it('gives a turn prepared ahead the same reply as the committed one, stamped later', () => {
    const turns: [llm.ChatRole, string][] = [['assistant', 'Hi. What is it?']];
    const ahead = contextOf(turns);
    const committed = contextOf(turns);
    ahead.addMessage({ role: 'user', content: 'the release is late', createdAt: 5_000 });
    committed.addMessage({ role: 'user', content: 'the release is late', createdAt: 9_000_000 });
    expect(scriptedOutput(scenario, 1, ahead)).toBe(scriptedOutput(scenario, 1, committed));
  });

  it('nudges into silence, differently each time', () => {
    const turns: [llm.ChatRole, string][] = [
      ['system', SILENCE_NUDGE],
      ['assistant', 'Hi. What is it?'],
    ];
    const first = stripStageDirections(scriptedOutput(scenario, 1, contextOf(turns)));
    turns.push(['assistant', first]);
    const second = stripStageDirections(scriptedOutput(scenario, 1, contextOf(turns)));
    expect(scenario.silence.nudges.map((line) => stripStageDirections(String(line)))).toContain(
      first,
    );
    expect(second).not.toBe(first);
  });

  it('stops when it is closed', async () => {
    const stream = new ScriptedLLM({ scenario, seed: 1 }).chat({ chatCtx: contextOf([]) });
    stream.close();
    expect(await collect(stream)).toEqual([]);
  });
});

describe('personaPrompt', () => {
  it.each(loadScenarios())('tells a model all that $id needs', (any) => {
    const prompt = personaPrompt(any, 'Sam');
    for (const stage of any.stages) expect(prompt).toContain(stage.goal);
    for (const part of [any.persona.name, any.briefing, '[end]', '[sceptical]', 'Sam']) {
      expect(prompt).toContain(part);
    }
    expect(prompt).toContain(any.language === 'sv' ? 'Swedish' : 'English');
  });
});

import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { describe, expect, it } from 'vitest';
import { CachedTextToSpeech } from './cached-text-to-speech.ts';
import { prepareSpeech, type Line } from './prepare-speech.ts';

const lines = (...texts: string[]): Line[] => texts.map((text) => ({ text, voiceId: 'fake' }));

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function speak(voice: CachedTextToSpeech, text: string): Promise<number> {
  let chunks = 0;
  for await (const _chunk of voice.synthesize(text, 'fake')) {
    chunks += 1;
  }
  return chunks;
}

describe('preparing speech', () => {
  it('makes each line once, and the call finds them', async () => {
    const engine = new FakeTextToSpeech();
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    expect(await prepareSpeech(voice, lines('Good morning.', 'Sit down.', 'Sit down.'))).toEqual({
      lines: 3,
      ready: 3,
      failed: 0,
    });
    expect(voice.figures).toMatchObject({ prepared: 2, misses: 0, hitRatio: null });
    await speak(voice, 'Sit down.');
    expect(engine.spoken).toEqual(['Good morning.', 'Sit down.']);
    expect(voice.figures).toMatchObject({ memoryHits: 1, hitRatio: 1 });
  });

  it('stops when it is told to, and keeps nothing unfinished', async () => {
    const { opened, open } = gate();
    const engine = new FakeTextToSpeech({ beforeChunk: () => opened });
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const stopping = new AbortController();
    const preparing = prepareSpeech(voice, lines('One.', 'Two.'), { signal: stopping.signal });
    stopping.abort();
    open();
    expect(await preparing).toEqual({ lines: 2, ready: 0, failed: 0 });
    expect(voice.figures.memoryEntries).toBe(0);
  });

  it('goes on after a line that fails, and gives up where all do', async () => {
    const failures: unknown[] = [];
    const voice = new CachedTextToSpeech({ engine: new FakeTextToSpeech(), version: '1' });
    const bad = { text: 'Hello.', voiceId: 'nobody' };
    const onFailed = (error: unknown): void => {
      failures.push(error);
    };
    expect(await prepareSpeech(voice, [bad, ...lines('One.')], { onFailed })).toEqual({
      lines: 2,
      ready: 1,
      failed: 1,
    });
    expect(await prepareSpeech(voice, [bad, bad, bad, bad, ...lines('Two.')])).toEqual({
      lines: 5,
      ready: 0,
      failed: 3,
    });
    expect(failures).toHaveLength(1);
  });

  it('does not make a call wait for a line that is being prepared', async () => {
    const { opened, open } = gate();
    let synthesis = 0;
    const engine = new FakeTextToSpeech({
      beforeChunk: () => {
        synthesis += 1;
        return synthesis === 1 ? opened : Promise.resolve();
      },
    });
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const preparing = prepareSpeech(voice, lines('Hello.'));
    expect(await speak(voice, 'Hello.')).toBe(1);
    open();
    expect(await preparing).toMatchObject({ ready: 1 });
    expect(engine.spoken).toHaveLength(2);
  });
});

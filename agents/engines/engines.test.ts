import { describe, expect, it } from 'vitest';
import { createRecognizer, createVoice, listVoices } from './engines.ts';

describe('choosing a voice', () => {
  it.each([
    ['en-marcus', 'flite', 'en-marcus'],
    ['en', 'flite', 'en-clara'],
    ['en-GB', 'flite', 'en-clara'],
    ['sv', 'espeak-ng', 'sv-astrid'],
    ['sv-erik', 'espeak-ng', 'sv-erik'],
  ])('serves %s with %s', async (wanted, engine, voiceId) => {
    const choice = createVoice(wanted);
    if (!choice.ok) throw new Error(choice.reason);
    expect(choice.engine.name).toBe(engine);
    expect(choice.voiceId).toBe(voiceId);
    await choice.engine.close();
  });

  it.each(['en-nobody', 'xx', ''])('says that nobody speaks “%s”', (wanted) => {
    const choice = createVoice(wanted);
    expect(choice.ok ? '' : choice.reason).toContain(wanted);
  });

  it('lists every voice once, each with its licence', () => {
    const voices = listVoices();
    expect(new Set(voices.map((voice) => voice.id)).size).toBe(voices.length);
    for (const voice of voices) expect(voice.description).toMatch(/licence|GPL/);
  });
});

describe('choosing a recogniser', () => {
  it('says what a Swede can do instead', () => {
    const choice = createRecognizer('sv');
    expect(choice.ok ? '' : choice.reason).toMatch(/typed input until Faster-Whisper/);
  });
});

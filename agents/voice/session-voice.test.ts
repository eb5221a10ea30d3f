import { SPEECH_USERDATA, type SpeechUserdata } from '#agents/room/avatar-output.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { initializeLogger, tts } from '@livekit/agents';
import { ReadableStream } from 'node:stream/web';
import { beforeAll, describe, expect, it } from 'vitest';
import { SessionVoice } from './session-voice.ts';

beforeAll(() => {
  initializeLogger({ pretty: false, level: 'silent' });
});

async function speak(tokens: string[]) {
  const engine = new FakeTextToSpeech();
  const voice = new SessionVoice(engine, engine.voices[0]!.id);
  const stream = voice.stream();
  stream.updateInputStream(
    new ReadableStream({
      start(controller) {
        for (const token of tokens) {
          controller.enqueue(token);
        }
        controller.close();
      },
    }),
  );
  const heard: tts.SynthesizedAudio[] = [];
  for await (const audio of stream) {
    if (audio === tts.SynthesizeStream.END_OF_STREAM) {
      break;
    }
    heard.push(audio as tts.SynthesizedAudio);
  }
  const userdata = heard.map(({ frame }) => frame.userdata[SPEECH_USERDATA] as SpeechUserdata);
  const words = heard.flatMap(({ timedTranscripts }) => timedTranscripts ?? []);
  return { heard, userdata, words, text: words.map(({ text }) => text).join('') };
}

describe('the session voice', () => {
  it('speaks what streams in, and never a stage direction', async () => {
    const { text, userdata } = await speak(['[con', 'cerned] I see', '. [warm] Th', 'anks.']);
    expect(text.trim()).toBe('I see. Thanks.');
    expect(userdata.map(({ expression }) => expression)).toEqual(['concerned', 'warm']);
  });

  it('sends every sound with its phonemes', async () => {
    const { heard, userdata } = await speak(['Good morning.']);
    expect(heard.length).toBeGreaterThan(0);
    for (const { phonemes } of userdata) {
      expect(phonemes.length).toBeGreaterThan(0);
    }
  });

  it('counts word times from the first sample of the whole answer', async () => {
    const { words } = await speak(['One thing. ', 'And another thing.']);
    const starts = words.map(({ startTime }) => startTime ?? -1);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(starts[0]! + 0.2);
  });

  it('marks the end of the call after the last words', async () => {
    const { userdata, text } = await speak(['Goodbye, then. [end]']);
    expect(text.trim()).toBe('Goodbye, then.');
    expect(userdata.map(({ ends }) => ends ?? false)).toEqual([
      ...userdata.slice(0, -1).map(() => false),
      true,
    ]);
  });

  it('is silent for silence', async () => {
    const { heard } = await speak(['  ', '[warm]', ' ']);
    expect(heard).toEqual([]);
  });
});

import { MediaError } from '#media/errors.ts';
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { describeTextToSpeech } from '#media/testing/tts-conformance.ts';
import { describe, expect, it } from 'vitest';
import { FailoverTextToSpeech, type GivenUp } from './failover-text-to-speech.ts';

/** Speaks two words a chunk, a word 200 ms; what it does at a chunk is the test's. */
class ClauseVoice implements TextToSpeech {
  readonly name: string;
  readonly sampleRateHz: number;
  readonly voices: readonly VoiceDescription[];
  readonly asked: { text: string; voiceId: string }[] = [];
  stopped = 0;
  /** Chunks from the start of each text, and what happens instead of them. */
  trouble: ReadonlyMap<number, 'fail' | 'hang'> = new Map();

  constructor(
    name: string,
    voices: readonly (readonly [string, string, VoiceDescription['gender']])[],
    sampleRateHz = 16_000,
  ) {
    this.name = name;
    this.sampleRateHz = sampleRateHz;
    this.voices = voices.map(([id, language, gender]) => ({
      id,
      language,
      gender,
      description: id,
    }));
  }

  async *synthesize(
    text: string,
    voiceId: string,
    { signal }: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    this.asked.push({ text, voiceId });
    try {
      const words = text.split(' ').filter((word) => word !== '');
      for (let at = 0; at < words.length; at += 2) {
        const trouble = this.trouble.get(at / 2);
        if (trouble === 'hang') {
          await new Promise(() => undefined);
        }
        if (trouble === 'fail') {
          throw new MediaError('SYNTHESIS_FAILED', { retryable: true });
        }
        await Promise.resolve();
        if (signal?.aborted === true) {
          return;
        }
        const two = words.slice(at, at + 2);
        yield {
          samples: new Int16Array((this.sampleRateHz / 5) * two.length).fill(900),
          sampleRateHz: this.sampleRateHz,
          phonemes: [{ phoneme: 'aa', startMs: 0, endMs: 200 * two.length }],
          words: two.map((word, index) => ({
            text: word,
            startMs: index * 200,
            endMs: index * 200 + 200,
          })),
        };
      }
    } finally {
      this.stopped += 1;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const TEXT = 'One two three four five six seven eight.';

function cast() {
  const clock = new FakeClock();
  const piper = new ClauseVoice(
    'piper',
    [
      ['en-lessac', 'en-US', 'female'],
      ['en-ryan', 'en-US', 'male'],
      ['sv-nst', 'sv-SE', 'male'],
    ],
    24_000,
  );
  const kokoro = new ClauseVoice(
    'kokoro',
    [
      ['af_heart', 'en-US', 'female'],
      ['am_adam', 'en-US', 'male'],
    ],
    24_000,
  );
  const flite = new ClauseVoice('flite', [
    ['en-clara', 'en', 'female'],
    ['en-marcus', 'en', 'male'],
  ]);
  const givenUp: GivenUp[] = [];
  const voice = new FailoverTextToSpeech({
    engines: [piper, kokoro, flite],
    clock,
    onGivenUp: (event) => givenUp.push(event),
  });
  return { clock, piper, kokoro, flite, voice, givenUp };
}

const trouble = (at: number, what: 'fail' | 'hang') => new Map([[at, what]]);

async function wordsOf(chunks: AsyncIterable<SpeechChunk>): Promise<string> {
  const words: string[] = [];
  for await (const chunk of chunks) {
    words.push(...chunk.words.map(({ text }) => text));
  }
  return words.join(' ');
}

describeTextToSpeech({
  name: 'a voice with fallbacks',
  create: () =>
    new FailoverTextToSpeech({ engines: [new FakeTextToSpeech()], clock: new FakeClock() }),
  voiceId: 'fake',
  text: 'Good morning, how are you? Very well.',
});

describeTextToSpeech({
  name: 'a voice whose first engine fails in its second sentence',
  create: () =>
    new FailoverTextToSpeech({
      engines: [new FakeTextToSpeech({ failAtChunk: 1 }), new FakeTextToSpeech()],
      clock: new FakeClock(),
    }),
  voiceId: 'fake',
  text: 'Good morning, how are you? Very well.',
});

describe('a voice with fallbacks', () => {
  it.each([0, 1, 2, 3])(
    'loses and repeats no word when the first engine fails at its chunk %i',
    async (at) => {
      const { voice, piper, kokoro, givenUp } = cast();
      piper.trouble = trouble(at, 'fail');
      expect(await wordsOf(voice.synthesize(TEXT, 'en-lessac'))).toBe(TEXT);
      expect(kokoro.asked).toEqual([
        {
          text: TEXT.split(' ')
            .slice(2 * at)
            .join(' '),
          voiceId: 'af_heart',
        },
      ]);
      expect(givenUp).toMatchObject([{ engine: 'piper', why: 'failed' }]);
    },
  );

  it('goes on to the third when the second fails too', async () => {
    const { voice, piper, kokoro, flite } = cast();
    piper.trouble = trouble(1, 'fail');
    kokoro.trouble = trouble(1, 'fail');
    expect(await wordsOf(voice.synthesize(TEXT, 'en-ryan'))).toBe(TEXT);
    expect(flite.asked).toEqual([{ text: 'five six seven eight.', voiceId: 'en-marcus' }]);
  });

  it('keeps one sample rate over all of it', async () => {
    const { voice, piper, kokoro } = cast();
    piper.trouble = trouble(1, 'fail');
    kokoro.trouble = trouble(0, 'fail');
    for await (const chunk of voice.synthesize(TEXT, 'en-ryan')) {
      expect(chunk.sampleRateHz).toBe(24_000);
      expect(chunk.samples.length).toBe(9_600);
    }
  });

  it('does not wait for ever for the first sound', async () => {
    const { voice, piper, clock, givenUp } = cast();
    piper.trouble = trouble(0, 'hang');
    const speech = wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    await clock.advanceAsync(1_499);
    expect(givenUp).toEqual([]);
    await clock.advanceAsync(1);
    expect(await speech).toBe(TEXT);
    expect(givenUp).toMatchObject([{ engine: 'piper', why: 'stalled' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('meets a stall inside a sentence while there is sound left', async () => {
    const { voice, piper, clock, givenUp } = cast();
    piper.trouble = trouble(3, 'hang');
    const speech = wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    // Three chunks are 1,200 ms of sound; the next engine gets 400 ms of them.
    await clock.advanceAsync(799);
    expect(givenUp).toEqual([]);
    await clock.advanceAsync(1);
    expect(await speech).toBe(TEXT);
    expect(givenUp).toHaveLength(1);
  });

  it('leaves a failed engine alone, tries it again, and stays with it when it is well', async () => {
    const { voice, piper, kokoro, clock } = cast();
    piper.trouble = trouble(0, 'fail');
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    expect(piper.asked).toHaveLength(1);
    clock.advance(5_000);
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    expect(piper.asked).toHaveLength(2);
    clock.advance(10_000);
    piper.trouble = new Map();
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    expect(piper.asked).toHaveLength(4);
    expect(kokoro.asked).toHaveLength(3);
    expect(voice.counters).toEqual({
      piper: { spoken: 2, failed: 2, stalled: 0 },
      kokoro: { spoken: 3, failed: 0, stalled: 0 },
      flite: { spoken: 0, failed: 0, stalled: 0 },
    });
  });

  it('is shorter of patience with an engine on trial', async () => {
    const { voice, piper, clock, givenUp } = cast();
    piper.trouble = trouble(0, 'fail');
    await wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    clock.advance(5_000);
    piper.trouble = trouble(0, 'hang');
    const speech = wordsOf(voice.synthesize(TEXT, 'en-lessac'));
    await clock.advanceAsync(500);
    expect(await speech).toBe(TEXT);
    expect(givenUp).toHaveLength(2);
  });

  it('speaks a voice of the last engine in the nearest of the first', async () => {
    const { voice, piper } = cast();
    await wordsOf(voice.synthesize(TEXT, 'en-marcus'));
    expect(piper.asked).toEqual([{ text: TEXT, voiceId: 'en-ryan' }]);
  });

  it('asks no engine that does not speak the language', async () => {
    const { voice, piper, kokoro, flite } = cast();
    piper.trouble = trouble(0, 'fail');
    await expect(wordsOf(voice.synthesize('Hej på dig', 'sv-nst'))).rejects.toMatchObject({
      code: 'SYNTHESIS_FAILED',
      retryable: true,
    });
    expect([...kokoro.asked, ...flite.asked]).toEqual([]);
  });

  it('asks those that rest when all have failed', async () => {
    const { voice, piper, kokoro, flite } = cast();
    for (const engine of [piper, kokoro, flite]) {
      engine.trouble = trouble(0, 'fail');
    }
    await expect(wordsOf(voice.synthesize(TEXT, 'en-lessac'))).rejects.toBeInstanceOf(MediaError);
    kokoro.trouble = new Map();
    expect(await wordsOf(voice.synthesize(TEXT, 'en-lessac'))).toBe(TEXT);
  });

  it('lets a caller go who leaves while an engine hangs, and gives nobody up for that', async () => {
    const { voice, piper, kokoro, clock, givenUp } = cast();
    piper.trouble = trouble(1, 'hang');
    const leaving = new AbortController();
    const speech = voice.synthesize(TEXT, 'en-lessac', { signal: leaving.signal });
    await speech.next();
    const pending = speech.next();
    await clock.advanceAsync(100);
    leaving.abort();
    expect((await pending).done).toBe(true);
    expect(givenUp).toEqual([]);
    expect(kokoro.asked).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops the engine when the caller stops listening', async () => {
    const { voice, piper } = cast();
    for await (const _chunk of voice.synthesize(TEXT, 'en-lessac')) {
      break;
    }
    expect(piper.stopped).toBe(1);
  });

  it('waits long for speech that nobody waits for', async () => {
    const { voice, piper, clock, givenUp } = cast();
    piper.trouble = trouble(0, 'hang');
    const leaving = new AbortController();
    const speech = wordsOf(
      voice.synthesize(TEXT, 'en-lessac', { preparation: true, signal: leaving.signal }),
    );
    await clock.advanceAsync(59_000);
    expect(givenUp).toEqual([]);
    leaving.abort();
    await speech;
  });
});

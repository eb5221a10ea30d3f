import type { Recognizer, Transcript } from '#media/ports.ts';
import { describe, expect, it } from 'vitest';
import {
  HOP_MS,
  Listener,
  UNINTELLIGIBLE,
  type ListenerEvent,
  type TurnJudge,
} from './listener.ts';

/** Hears what it is told to; `decode` waits until the test answers it. */
class ToldRecognizer implements Recognizer {
  pushedHops = 0;
  resets = 0;
  cancels = 0;
  words = 'so far';
  readonly asked: ((text: string | null) => void)[] = [];

  push(): void {
    this.pushedHops += 1;
  }
  partial(): Promise<Transcript> {
    return Promise.resolve({ kind: 'partial', text: this.words, confidence: 0.5 });
  }
  decode(): Promise<Transcript | null> {
    return new Promise((resolve) => {
      this.asked.push((text) => {
        resolve(text === null ? null : { kind: 'final', text, confidence: 0.8 });
      });
    });
  }
  cancel(): void {
    this.cancels += 1;
  }
  reset(): void {
    this.resets += 1;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function scene(
  options: {
    avatarHasFloor?: boolean;
    hearing?: 'basic' | 'full';
    echo?: { possible: () => boolean; repeats: (text: string) => boolean };
  } = {},
) {
  const recognizer = new ToldRecognizer();
  const events: ListenerEvent[] = [];
  const judged: string[] = [];
  const listener = new Listener({
    recognizer,
    hearing: options.hearing ?? 'basic',
    avatarHasFloor: () => options.avatarHasFloor ?? false,
    ...(options.echo === undefined ? {} : { echo: options.echo }),
    onEvent: (event) => events.push(event),
    onFailed: (error) => {
      throw error;
    },
  });
  const judge: TurnJudge = {
    hear: () => undefined,
    transcribed: (text) => judged.push(`text:${text}`),
    close: () => undefined,
  };
  listener.attach(judge);
  let atMs = 0;
  const hops = (count: number, speechProbability: number): void => {
    for (let index = 0; index < count; index += 1) {
      atMs += HOP_MS;
      listener.hop({ samples: new Int16Array(512), speechProbability, atMs });
    }
  };
  return {
    recognizer,
    events,
    judged,
    listener,
    speech: (ms: number) => {
      hops(Math.round(ms / HOP_MS), 0.9);
    },
    silence: (ms: number) => {
      hops(Math.round(ms / HOP_MS), 0.05);
    },
    /** A silence in which the judge expects an end. */
    pause: (ms: number) => {
      hops(Math.round(ms / HOP_MS), 0.05);
      listener.prepare();
    },
    /** Lets answered promises settle. */
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
    types: () => events.map(({ type }) => type).filter((type) => type !== 'partial'),
  };
}

describe('the listener', () => {
  it('takes a turn: sound, pause, text, the judge’s word', async () => {
    const { listener, recognizer, speech, silence, settle, events, types, pause } = scene();
    silence(400);
    speech(1_000);
    pause(200);
    recognizer.asked[0]!('it slipped by two weeks');
    await settle();
    expect(types()).toEqual(['speech-started', 'likely']);
    listener.turnOver();
    expect(types()).toEqual(['speech-started', 'likely', 'speech-ended', 'turn']);
    expect(events.at(-1)).toMatchObject({ text: 'it slipped by two weeks', confidence: 0.8 });
    expect(recognizer.resets).toBe(1);
  });

  it('gives the recogniser the soft onset before speech was detected', () => {
    const { recognizer, speech, silence } = scene();
    silence(2_000);
    speech(64);
    expect(recognizer.pushedHops * HOP_MS).toBeGreaterThanOrEqual(320);
  });

  it('tells the recogniser that speech goes on, once for each pause', () => {
    const { recognizer, speech, pause } = scene();
    speech(500);
    expect(recognizer.cancels).toBe(0);
    pause(300);
    speech(500);
    expect(recognizer.cancels).toBe(1);
  });

  it('waits for the text when the judge is faster than the recogniser', async () => {
    const { listener, recognizer, speech, settle, types, pause } = scene();
    speech(1_000);
    pause(200);
    listener.turnOver();
    expect(types()).toEqual(['speech-started']);
    recognizer.asked[0]!('yes I do');
    await settle();
    expect(types()).toContain('turn');
  });

  it('takes nothing when the learner goes on before the text is there', async () => {
    const { listener, recognizer, speech, settle, types, pause } = scene();
    speech(1_000);
    pause(200);
    listener.turnOver();
    speech(500);
    recognizer.asked[0]!('I was about to');
    await settle();
    expect(types()).toEqual(['speech-started', 'speech-started']);
    pause(200);
    recognizer.asked[1]!('I was about to say more');
    await settle();
    listener.turnOver();
    expect(types().at(-1)).toBe('turn');
  });

  it('asks the recogniser once per pause, however long it lasts', () => {
    const { recognizer, speech, pause } = scene();
    speech(600);
    pause(300);
    pause(2_000);
    expect(recognizer.asked).toHaveLength(1);
  });

  it('leaves the recogniser alone in a pause that the judge takes for one, but tells the words so far', async () => {
    const { recognizer, judged, speech, silence, settle } = scene();
    speech(200);
    silence(400);
    await settle();
    expect(recognizer.asked).toHaveLength(0);
    expect(judged).toEqual(['text:so far']);
  });

  it('drops a click, a short noise without words, and a murmur over the avatar', async () => {
    const click = scene();
    click.speech(32);
    click.silence(500);
    expect(click.types()).toEqual([]);

    const cough = scene();
    cough.speech(300);
    cough.pause(200);
    cough.recognizer.asked[0]!('');
    await cough.settle();
    cough.listener.turnOver();
    expect(cough.types()).toEqual(['speech-started', 'speech-ended', 'dropped']);

    const murmur = scene({ avatarHasFloor: true });
    murmur.speech(400);
    murmur.pause(200);
    murmur.recognizer.asked[0]!('mm-hm');
    await murmur.settle();
    murmur.listener.turnOver();
    expect(murmur.types()).toEqual(['speech-started', 'speech-ended', 'dropped']);
  });

  it.each([
    { hearing: 'basic', voicedMs: 400, words: 'um on', last: 'dropped' },
    { hearing: 'basic', voicedMs: 400, words: 'wait', last: 'turn' },
    { hearing: 'basic', voicedMs: 700, words: 'that was mine', last: 'turn' },
    { hearing: 'full', voicedMs: 400, words: 'never', last: 'turn' },
    { hearing: 'full', voicedMs: 400, words: 'Thank you.', last: 'dropped' },
    { hearing: 'full', voicedMs: 900, words: 'Thank you.', last: 'turn' },
    { hearing: 'full', voicedMs: 900, words: 'Mm-hmm.', last: 'dropped' },
    { hearing: 'full', voicedMs: 900, words: 'Oh, oh, oh.', last: 'dropped' },
    { hearing: 'full', voicedMs: 900, words: 'I see. Okay.', last: 'dropped' },
    { hearing: 'full', voicedMs: 900, words: 'Okay, stop.', last: 'turn' },
  ] as const)(
    'over the avatar, $voicedMs ms heard as "$words" ($hearing) is a $last',
    async ({ hearing, voicedMs, words, last }) => {
      const { listener, recognizer, speech, settle, events, pause } = scene({
        avatarHasFloor: true,
        hearing,
      });
      speech(voicedMs);
      pause(200);
      recognizer.asked[0]!(words);
      await settle();
      listener.turnOver();
      expect(events.at(-1)?.type).toBe(last);
    },
  );

  it('takes the same murmur as an answer when the learner has the floor', async () => {
    const { listener, recognizer, speech, settle, events, pause } = scene();
    speech(400);
    pause(200);
    recognizer.asked[0]!('yeah');
    await settle();
    listener.turnOver();
    expect(events.at(-1)).toMatchObject({ type: 'turn', text: 'yeah' });
  });

  it.each([
    { possible: true, words: 'welcome', last: 'dropped' },
    { possible: true, words: 'wait a moment', last: 'turn' },
    { possible: false, words: 'welcome', last: 'turn' },
  ])(
    '"$words" while echo is possible ($possible) is a $last',
    async ({ possible, words, last }) => {
      const echo = { possible: () => possible, repeats: (text: string) => text === 'welcome' };
      const { listener, recognizer, speech, settle, events, pause } = scene({ echo });
      recognizer.words = words;
      speech(700);
      await settle();
      pause(200);
      recognizer.asked[0]!(words);
      await settle();
      listener.turnOver();
      expect(events.at(-1)?.type).toBe(last);
      const told = events.filter(({ type }) => type === 'partial' || type === 'likely');
      expect(told.length > 0).toBe(last === 'turn');
    },
  );

  it.each([
    { possible: true, words: 'get in', last: 'dropped' },
    { possible: true, words: 'wait', last: 'turn' },
    { possible: false, words: 'get in', last: 'turn' },
  ])(
    'over the avatar, a scrap "$words" while echo is possible ($possible) is a $last',
    async ({ possible, words, last }) => {
      const { listener, recognizer, speech, settle, events, pause } = scene({
        avatarHasFloor: true,
        hearing: 'full',
        echo: { possible: () => possible, repeats: () => false },
      });
      speech(400);
      pause(200);
      recognizer.asked[0]!(words);
      await settle();
      listener.turnOver();
      expect(events.at(-1)?.type).toBe(last);
    },
  );

  it('passes on long speech that left no words, so that the persona can ask back', async () => {
    const { listener, recognizer, speech, settle, events, pause } = scene();
    speech(2_000);
    pause(200);
    recognizer.asked[0]!('');
    await settle();
    listener.turnOver();
    expect(events.at(-1)).toMatchObject({ type: 'turn', text: UNINTELLIGIBLE });
  });

  it('tells partial text while the learner speaks, and the last words while a pause lasts', async () => {
    const { recognizer, speech, silence, settle, events, judged } = scene();
    speech(500);
    await settle();
    recognizer.words = 'so far so';
    silence(64);
    await settle();
    recognizer.words = 'so far so good';
    silence(64);
    await settle();
    silence(64);
    await settle();
    const texts = ['so far', 'so far so', 'so far so good'];
    expect(events.flatMap((event) => (event.type === 'partial' ? [event.text] : []))).toEqual(
      texts,
    );
    expect(judged).toEqual(texts.map((text) => `text:${text}`));
  });
});

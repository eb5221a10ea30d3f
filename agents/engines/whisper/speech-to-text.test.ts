import { describe, expect, it } from 'vitest';
import { RuntimeError } from '#gpu-runtime/client/errors.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { describeSpeechToText } from '#media/testing/stt-conformance.ts';
import { FakeWhisper, samplesIn, textIn } from './testing/fake-whisper.ts';
import { WhisperSpeechToText, type WhisperOptions } from './speech-to-text.ts';

const SAMPLE_RATE_HZ = 16_000;
const SCRIPT = 'the meeting is on friday at seven';

const loud = (seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * SAMPLE_RATE_HZ }, (_, i) => (i % 2 === 0 ? 6_000 : -6_000));
const quiet = (seconds: number): Int16Array => new Int16Array(seconds * SAMPLE_RATE_HZ);

const make = (
  service: FakeWhisper,
  more: Partial<WhisperOptions> = {},
): { stt: WhisperSpeechToText; clock: FakeClock } => {
  const clock = new FakeClock();
  return { stt: new WhisperSpeechToText({ service, session: 'lesson_1', clock, ...more }), clock };
};

/** A gate that a test opens. */
const gate = (): { wait: () => Promise<void>; open: () => void } => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => opened, open };
};

const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describeSpeechToText({
  name: 'Whisper over a fake runtime',
  create: () => make(new FakeWhisper({ script: SCRIPT })).stt,
  language: 'en',
  speech: () => Promise.resolve({ samples: loud(2), word: 'friday' }),
});

describe('Whisper as a client', () => {
  it('keeps the times of words', async () => {
    const { stt } = make(new FakeWhisper({ script: SCRIPT }));
    const recognizer = await stt.open({ language: 'en-GB' });
    recognizer.push(loud(0.5));
    expect((await recognizer.decode())?.words).toEqual([
      { text: 'the', startMs: 0, endMs: 250, confidence: 0.9 },
      { text: 'meeting', startMs: 250, endMs: 500, confidence: 0.9 },
    ]);
  });

  it('sends who asks, in which language, and what may come', async () => {
    const service = new FakeWhisper({ script: SCRIPT });
    const { stt } = make(service, {
      prompt: 'A call.',
      hotwords: ['Ada', 'Tomas'],
      partialEveryMs: Number.POSITIVE_INFINITY,
    });
    const recognizer = await stt.open({ language: 'sv-SE' });
    recognizer.push(loud(1));
    await recognizer.decode();
    const request = service.requests.at(-1)!;
    expect(request).toMatchObject({
      modelName: 'whisper',
      scheduling: { session: 'lesson_1', priority: 0 },
    });
    expect(textIn(request, 'LANGUAGE')).toBe('sv');
    expect(textIn(request, 'PROMPT')).toBe('A call.');
    expect(textIn(request, 'HOTWORDS')).toBe('Ada, Tomas');
  });

  it('withdraws a speculative decode when the speech goes on', async () => {
    const held = gate();
    let hold = false;
    const service = new FakeWhisper({
      script: SCRIPT,
      beforeAnswer: () => (hold ? held.wait() : Promise.resolve()),
    });
    const { stt } = make(service, { partialEveryMs: Number.POSITIVE_INFINITY });
    const recognizer = await stt.open({ language: 'en' });
    recognizer.push(loud(1));
    hold = true;
    const speculative = recognizer.decode();
    await settle();
    recognizer.cancel();
    expect(await speculative).toBeNull();
    await settle();
    expect(service.withdrawn).toBe(1);
    hold = false;
    recognizer.push(loud(1));
    expect((await recognizer.decode())?.text).toBe('the meeting is on friday at seven the');
  });

  it('asks the runtime once for sound that has not changed', async () => {
    const service = new FakeWhisper({ script: SCRIPT });
    const { stt } = make(service, { partialEveryMs: Number.POSITIVE_INFINITY });
    const recognizer = await stt.open({ language: 'en' });
    recognizer.push(loud(1));
    const first = await recognizer.decode();
    const asked = service.requests.length;
    expect(await recognizer.decode()).toBe(first);
    expect(service.requests).toHaveLength(asked);
  });

  it('bounds its captions: one at a time, rests after each, none in silence', async () => {
    const held = gate();
    let captions = 0;
    const service = new FakeWhisper({
      script: SCRIPT,
      beforeAnswer: ({ scheduling }) => {
        if (scheduling.priority === 0) return Promise.resolve();
        captions += 1;
        return captions === 1 ? held.wait() : Promise.resolve();
      },
    });
    const { stt, clock } = make(service, { partialEveryMs: 500 });
    const recognizer = await stt.open({ language: 'en' });
    for (let at = 0; at < 100; at += 1) recognizer.push(loud(0.02));
    expect(captions).toBe(1);
    clock.advance(150);
    held.open();
    await settle();
    expect((await recognizer.partial()).text).toBe('the meeting');
    // It took 150 ms, so the next comes after another 600.
    clock.advance(500);
    for (let at = 0; at < 100; at += 1) recognizer.push(loud(0.02));
    expect(captions).toBe(1);
    clock.advance(100);
    recognizer.push(loud(0.02));
    await settle();
    expect(captions).toBe(2);
    clock.advance(10_000);
    for (let at = 0; at < 100; at += 1) recognizer.push(quiet(0.02));
    await settle();
    expect(captions).toBe(2);
  });

  it('hastened in a pause, asks at once for a caption of everything, before one that is under way', async () => {
    const held = gate();
    const asked: number[] = [];
    const service = new FakeWhisper({
      script: SCRIPT,
      beforeAnswer: ({ scheduling }) => {
        asked.push(scheduling.priority);
        return scheduling.priority === 1 ? held.wait() : Promise.resolve();
      },
    });
    const { stt } = make(service, { partialEveryMs: 500 });
    const recognizer = await stt.open({ language: 'en' });
    asked.length = 0;
    for (let at = 0; at < 30; at += 1) recognizer.push(loud(0.02));
    expect(asked).toEqual([1]);
    recognizer.hasten();
    await settle();
    expect(asked).toEqual([1, 0]);
    expect((await recognizer.partial()).text).toBe('the meeting');
    held.open();
    await settle();
    // The old one is over without a trace: the next pause may ask again.
    recognizer.hasten();
    await settle();
    expect(asked).toEqual([1, 0, 0]);
  });

  it('where drafts are final, a pause costs one request, and speech that goes on withdraws it', async () => {
    const service = new FakeWhisper({ script: SCRIPT });
    const { stt } = make(service, {
      partialEveryMs: Number.POSITIVE_INFINITY,
      draftsAreFinal: true,
    });
    const recognizer = await stt.open({ language: 'en' });
    const before = service.requests.length;
    recognizer.push(loud(1));
    recognizer.hasten();
    const paused = recognizer.decode();
    expect(await paused).toMatchObject({ kind: 'final', text: 'the meeting is on' });
    expect(await recognizer.decode()).toMatchObject({ text: 'the meeting is on' });
    expect(service.requests.length - before).toBe(1);

    recognizer.push(loud(0.1));
    recognizer.hasten();
    const dropped = recognizer.decode();
    recognizer.cancel();
    expect(await dropped).toBeNull();
    recognizer.push(loud(0.5));
    expect((await recognizer.decode())?.text).not.toBe('');
  });

  it('where a draft fails, the whole is asked for', async () => {
    let fails = true;
    const service = new FakeWhisper({
      script: SCRIPT,
      beforeAnswer: () => {
        if (!fails) return Promise.resolve();
        fails = false;
        return Promise.reject(new RuntimeError('MODEL_FAILED'));
      },
    });
    const { stt } = make(service, {
      partialEveryMs: Number.POSITIVE_INFINITY,
      draftsAreFinal: true,
    });
    fails = false;
    const recognizer = await stt.open({ language: 'en' });
    fails = true;
    recognizer.push(loud(1));
    recognizer.hasten();
    expect(await recognizer.decode()).toMatchObject({ kind: 'final', text: 'the meeting is on' });
  });

  it('cuts a long utterance in its pauses, and hears each piece once', async () => {
    const service = new FakeWhisper({ script: SCRIPT });
    const { stt } = make(service, { partialEveryMs: Number.POSITIVE_INFINITY });
    const recognizer = await stt.open({ language: 'en' });
    const before = service.requests.length;
    recognizer.push(loud(20));
    recognizer.push(quiet(1));
    recognizer.push(loud(19));
    const heard = await recognizer.decode();
    const pieces = service.requests.slice(before).map((request) => samplesIn(request).length);
    expect(pieces).toHaveLength(2);
    expect(pieces[0]! + pieces[1]!).toBe(40 * SAMPLE_RATE_HZ);
    expect(pieces[0]! / SAMPLE_RATE_HZ).toBeGreaterThanOrEqual(20);
    expect(pieces[0]! / SAMPLE_RATE_HZ).toBeLessThanOrEqual(21);
    expect(heard?.text.split(' ')).toHaveLength(156);
    expect(heard?.words[80]?.startMs).toBeGreaterThan(20_000);
    recognizer.push(loud(1));
    await recognizer.decode();
    expect(service.requests.length - before).toBe(3);
  });

  it.each([
    ['RUNTIME_LOST', true],
    ['OVERLOADED', true],
    ['DEADLINE_EXCEEDED', true],
    ['MODEL_FAILED', true],
    ['REQUEST_INVALID', false],
  ] as const)('fails with %s as RECOGNITION_FAILED, and hears again', async (code, retryable) => {
    let broken = false;
    const service = new FakeWhisper({
      script: SCRIPT,
      beforeAnswer: () =>
        broken ? Promise.reject(new RuntimeError(code)) : Promise.resolve(undefined),
    });
    const { stt } = make(service, { partialEveryMs: 100 });
    const recognizer = await stt.open({ language: 'en' });
    broken = true;
    recognizer.push(loud(1));
    await expect(recognizer.decode()).rejects.toMatchObject({
      code: 'RECOGNITION_FAILED',
      retryable,
    });
    broken = false;
    expect((await recognizer.decode())?.text).toBe('the meeting is on');
    await stt.close();
  });

  it('cannot open without a model, or in a language that its weights have not', async () => {
    const service = new FakeWhisper({ script: SCRIPT, languages: ['en'] });
    const { stt } = make(service);
    await expect(stt.open({ language: 'sv' })).rejects.toMatchObject({
      code: 'RECOGNITION_UNAVAILABLE',
    });
    service.ready = false;
    await expect(stt.open({ language: 'en' })).rejects.toThrow(/npm run runtime/u);
    await stt.warmUp();
  });
});

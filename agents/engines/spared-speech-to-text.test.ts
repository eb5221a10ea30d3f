import type { Recognizer, SpeechToText, Transcript } from '#media/ports.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { SparedSpeechToText } from './spared-speech-to-text.ts';

const transcript = (text: string): Transcript => ({ kind: 'final', text, confidence: 1 });

class Engine implements SpeechToText {
  readonly grade = 'full';
  readonly sampleRateHz = 16_000;
  readonly languages = ['en'];
  readonly name: string;
  isDead = false;
  opened = 0;
  closed = 0;
  /** Samples that each decode had. */
  readonly heard: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  open(): Promise<Recognizer> {
    this.opened += 1;
    let samples = 0;
    return Promise.resolve({
      push: (more) => (samples += more.length),
      partial: () => Promise.resolve(transcript('')),
      decode: () => {
        if (this.isDead) {
          return Promise.reject(new Error('no runtime'));
        }
        this.heard.push(samples);
        return Promise.resolve(transcript(this.name));
      },
      reset: () => (samples = 0),
      close: () => {
        this.closed += 1;
        return Promise.resolve();
      },
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

let first: Engine;
let spare: Engine | undefined;
let failures: boolean[];
let recognizer: Recognizer;

beforeEach(async () => {
  first = new Engine('first');
  spare = new Engine('spare');
  failures = [];
  const spared = new SparedSpeechToText({
    first,
    spare: () => spare,
    onFailed: (_error, isSpared) => failures.push(isSpared),
  });
  recognizer = await spared.open({ language: 'en' });
});

const say = (samples: number): void => {
  recognizer.push(new Int16Array(samples));
};

describe('hearing with a spare engine', () => {
  it('needs it not while the first one hears', async () => {
    say(100);
    expect((await recognizer.decode())?.text).toBe('first');
    expect(spare!.opened).toBe(0);
  });

  it('has it hear the whole utterance when the first one fails, and asks the first again for the next', async () => {
    first.isDead = true;
    say(100);
    say(50);
    expect((await recognizer.decode())?.text).toBe('spare');
    say(30);
    expect((await recognizer.decode())?.text).toBe('spare');
    expect(spare!.heard).toEqual([150, 180]);
    recognizer.reset();
    say(20);
    expect((await recognizer.decode())?.text).toBe('spare');
    expect(spare!.heard).toEqual([150, 180, 20]);
    expect(spare!.opened).toBe(1);
    first.isDead = false;
    expect((await recognizer.decode())?.text).toBe('first');
    expect(failures).toEqual([true, true, true]);
  });

  it('gives no text to a question that is out of date', async () => {
    first.isDead = true;
    say(100);
    const asked = recognizer.decode();
    recognizer.reset();
    expect(await asked).toBeNull();
  });

  it('fails as the first one does where nothing stands by', async () => {
    spare = undefined;
    first.isDead = true;
    say(100);
    await expect(recognizer.decode()).rejects.toThrow('no runtime');
    expect(failures).toEqual([false]);
  });

  it('closes both', async () => {
    first.isDead = true;
    say(100);
    await recognizer.decode();
    await recognizer.close();
    expect([first.closed, spare!.closed]).toEqual([1, 1]);
  });
});

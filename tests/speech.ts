/** Test speech, made by the embedded voice, and other sounds. Mono 16-bit PCM at 16 kHz. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';

export const SPEECH_RATE_HZ = 16_000;
/** Unlike the voices of the personas that the tests talk to. */
const LEARNER_VOICE = 'en-marcus';

/** Speaks the sentences, each as one sound. */
export function synthesise(...sentences: string[]): Promise<Int16Array[]> {
  return synthesiseAs(LEARNER_VOICE, ...sentences);
}

/** Speaks the sentences in a voice of the embedded engine, each as one sound. */
export async function synthesiseAs(voiceId: string, ...sentences: string[]): Promise<Int16Array[]> {
  const engine = new FliteTextToSpeech();
  try {
    const sounds: Int16Array[] = [];
    for (const sentence of sentences) {
      const chunks: Int16Array[] = [];
      for await (const { samples } of engine.synthesize(sentence, voiceId)) {
        chunks.push(samples);
      }
      sounds.push(joined(chunks));
    }
    return sounds;
  } finally {
    await engine.close();
  }
}

/** A listener's murmur, as a learner makes it. */
export async function murmur(): Promise<Int16Array> {
  const engine = new FliteTextToSpeech();
  try {
    return (await engine.backchannelSound('mm-hm', LEARNER_VOICE)).samples;
  } finally {
    await engine.close();
  }
}

export function silence(ms: number): Int16Array {
  return new Int16Array(Math.round((ms / 1_000) * SPEECH_RATE_HZ));
}

/** A burst of noise that rises fast and falls slowly, as a cough does. The same samples every time. */
export function cough(ms: number): Int16Array {
  const samples = silence(ms);
  let state = 1;
  for (let index = 0; index < samples.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const at = index / samples.length;
    const loudness = Math.min(1, at / 0.1) * (1 - at) ** 1.5;
    samples[index] = Math.round((state / 0x3fffffff - 1) * 14_000 * loudness);
  }
  return samples;
}

export function joined(sounds: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}

/** Which share of the words of `spoken` appears in `heard`. */
export function wordOverlap(spoken: string, heard: string): number {
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}']+/gu) ?? [];
  const known = new Set(words(heard));
  const wanted = words(spoken);
  return wanted.filter((word) => known.has(word)).length / wanted.length;
}

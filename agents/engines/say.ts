/**
 * Speaks a text into a WAV file, for listening and for test speech:
 * `npx tsx agents/engines/say.ts --voice en-clara --out hello.wav "Hello there." [--marks hello.json]`
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { SpeechChunk } from '#media/ports.ts';
import { createVoice } from './engines.ts';
import { encodeWav } from './wav.ts';

/** Joins chunks into one; all must share a sample rate. */
const join = (chunks: readonly SpeechChunk[], sampleRateHz: number): SpeechChunk => {
  const samples = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.samples.length, 0));
  const whole: SpeechChunk = { samples, sampleRateHz, phonemes: [], words: [] };
  let at = 0;
  for (const chunk of chunks) {
    const byMs = (at / sampleRateHz) * 1000;
    const moved = <Mark extends { startMs: number; endMs: number }>(mark: Mark): Mark => ({
      ...mark,
      startMs: mark.startMs + byMs,
      endMs: mark.endMs + byMs,
    });
    samples.set(chunk.samples, at);
    whole.phonemes.push(...chunk.phonemes.map(moved));
    whole.words.push(...chunk.words.map(moved));
    at += chunk.samples.length;
  }
  return whole;
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    voice: { type: 'string', default: 'en-clara' },
    out: { type: 'string', default: 'speech.wav' },
    marks: { type: 'string' },
  },
});

const text = positionals.join(' ');
if (text.trim() === '') {
  console.error('Usage: say.ts [--voice en-clara] [--out speech.wav] [--marks marks.json] TEXT');
  process.exitCode = 1;
} else {
  const voice = createVoice(values.voice);
  if (!voice.ok) {
    console.error(voice.reason);
    process.exitCode = 1;
  } else {
    const chunks: SpeechChunk[] = [];
    try {
      for await (const chunk of voice.engine.synthesize(text, voice.voiceId)) chunks.push(chunk);
    } finally {
      await voice.engine.close();
    }
    const whole = join(chunks, voice.engine.sampleRateHz);
    await writeFile(values.out, encodeWav(whole.samples, whole.sampleRateHz));
    if (values.marks !== undefined) {
      const { phonemes, words } = whole;
      await writeFile(values.marks, `${JSON.stringify({ text, phonemes, words }, null, 1)}\n`);
    }
  }
}

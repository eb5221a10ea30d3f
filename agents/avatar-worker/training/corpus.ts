/**
 * Speech of the embedded voices with what is said at each moment, for train.py:
 * `node --import tsx agents/avatar-worker/training/corpus.ts FOLDER` writes NAME.pcm (mono, 16 kHz) and index.json.
 */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { spokenSentences } from '#media/testing/sentences.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the sentences of the viseme tests: every sound of English in many neighbourhoods. */
const SENTENCES = [
  'The quick brown fox jumps over the lazy dog by the river bank.',
  'She sells sea shells while he paints a picture of the farm.',
  'Every good boy does fine when music plays loudly in the hall.',
  'How much would you charge to move the whole office next Friday?',
  'My father baked bread every morning before the boats went out.',
  'We should probably talk about the budget, because it is smaller now.',
  'I thought the other thing was obvious, but nobody agreed with me.',
  'Put the book up on the top shelf and bring me the blue cup.',
  'Judges usually measure progress by results, not by what people promise.',
  'Five hundred voters lived in the valley behind the church.',
  "Oh no, you don't know how cold the snow was over there!",
  'Please be careful: both pipes may burst if pressure builds up.',
];

const folder = process.argv[2] ?? '.';
await mkdir(folder, { recursive: true });
const engine = new FliteTextToSpeech();
const index: { name: string; marks: PhonemeMark[] }[] = [];
const texts = [...spokenSentences().map(({ text }) => text), ...SENTENCES];
for (const { id } of engine.voices) {
  for (const [number, text] of texts.entries()) {
    const name = `${id}-${String(number)}`;
    const sounds: Uint8Array[] = [];
    const marks: PhonemeMark[] = [];
    let spokenMs = 0;
    for await (const { phonemes, samples, sampleRateHz } of engine.synthesize(text, id)) {
      for (const { phoneme, startMs, endMs } of phonemes) {
        marks.push({ phoneme, startMs: startMs + spokenMs, endMs: endMs + spokenMs });
      }
      spokenMs += (samples.length * 1_000) / sampleRateHz;
      sounds.push(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    }
    await writeFile(join(folder, `${name}.pcm`), Buffer.concat(sounds));
    index.push({ name, marks });
  }
}
await engine.close();
await writeFile(join(folder, 'index.json'), JSON.stringify(index));

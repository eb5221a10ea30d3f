import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PhonemeMark } from '#media/ports.ts';

/** A spoken sentence with its phones, for tests. */
export interface Sentence {
  text: string;
  marks: PhonemeMark[];
}

interface SentencesFile {
  sentences: { text: string; voice: string; phones: string }[];
}

/** Sentences that the embedded voices spoke, from `media/visemes/testdata/sentences.json`. */
export function spokenSentences(): Sentence[] {
  const file = new URL('../visemes/testdata/sentences.json', import.meta.url);
  const { sentences } = JSON.parse(readFileSync(file, 'utf8')) as SentencesFile;
  return sentences.map(({ text, phones }) => ({ text, marks: marksFrom(phones) }));
}

/** Marks from `phone:end` pairs in milliseconds, one after the other from 0: `pau:100 b:180 aa:300`. */
export function marksFrom(phones: string): PhonemeMark[] {
  let startMs = 0;
  return phones.split(' ').map((pair) => {
    const [phoneme = '', end = '0'] = pair.split(':');
    const mark = { phoneme, startMs, endMs: Number(end) };
    startMs = mark.endMs;
    return mark;
  });
}

/** An aligned recording: phones inside words, begin and duration in seconds. */
interface Alignment {
  t: string;
  w: { w: { t: string; b: number; d: number }[] }[];
}

/** Aligned human recordings of the fixtures, none when the fixtures are not there. */
export function humanSentences(): Sentence[] {
  const root = resolve(process.env['UNDERSTUDY_FIXTURES'] ?? '../shared/fixtures', 'speech');
  return ['austen-0880', 'austen-0920'].flatMap((name) => {
    const path = join(root, `${name}.phone.json`);
    if (!existsSync(path)) {
      return [];
    }
    const line = readFileSync(path, 'utf8').split('\n')[0] ?? '';
    const alignment = JSON.parse(line) as Alignment;
    const marks = alignment.w.flatMap((word) =>
      word.w.map(({ t, b, d }) => ({
        phoneme: t.toLowerCase(),
        startMs: b * 1_000,
        endMs: (b + d) * 1_000,
      })),
    );
    return [{ text: alignment.t, marks }];
  });
}

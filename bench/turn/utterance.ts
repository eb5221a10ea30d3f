/** What the bench's learners say: recordings and synthetic speech with known ends and known inner pauses. */
import type { TextToSpeech } from '#media/ports.ts';
import {
  readHumanRecordings,
  silencesOf,
  spreadPauseMs,
  type Silence,
} from '#agents/turn/replay/corpus.ts';
import { roomTone, SAMPLE_RATE_HZ } from '#agents/turn/replay/recording.ts';
import { recognisedWords } from '#agents/turn/replay/words.ts';

export type PauseKind = 'mid-phrase' | 'boundary';

export interface InnerPause {
  kind: PauseKind;
  fromMs: number;
  toMs: number;
}

/** One turn of a learner. Times count from its first sample. */
export interface Utterance {
  id: string;
  speakerKind: 'human' | 'synthetic';
  /** Mono 16 kHz, with a tail of the room's own tone after the end. */
  samples: Int16Array;
  /** The first and the last audible sound. */
  firstSoundMs: number;
  endMs: number;
  pauses: InnerPause[];
}

/** The room goes on after the last word, as in front of a real microphone. */
const TAIL_MS = 900;
const FADE_SAMPLES = 80;
const MS = SAMPLE_RATE_HZ / 1_000;

export interface HumanOptions {
  fixturesFolder: string;
  pythonPath: string;
  wordsCachePath: string;
  onProgress: (done: number, all: number) => void;
}

/** Every recording that ends with a sentence, pauses inserted in mid-phrase as agents/turn/replay does. */
export async function humanUtterances(options: HumanOptions): Promise<Utterance[]> {
  const recordings = await readHumanRecordings(options.fixturesFolder);
  const words = await recognisedWords(
    recordings.map(({ name, samples }) => ({ id: name, samples })),
    {
      pythonPath: options.pythonPath,
      cachePath: options.wordsCachePath,
      onProgress: options.onProgress,
    },
  );
  const silences = silencesOf(recordings, words);
  return recordings.flatMap(({ name, samples }) => {
    const own = silences.filter(({ recording }) => recording === name);
    const end = own.find(({ kind }) => kind === 'end');
    return end === undefined ? [] : [assembled(name, samples, own, end.soundEndMs)];
  });
}

function assembled(
  id: string,
  recorded: Int16Array,
  silences: readonly Silence[],
  endMs: number,
): Utterance {
  const tone = roomTone(recorded);
  const cuts = silences
    .filter(({ kind }) => kind === 'mid-phrase')
    .map(({ soundEndMs, lengthMs }) => ({ atMs: soundEndMs, lengthMs }))
    .sort((a, b) => a.atMs - b.atMs);
  const moved = (ms: number): number =>
    ms + cuts.filter(({ atMs }) => atMs < ms).reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const boundaries = silences
    .filter(({ kind }) => kind === 'boundary')
    .map(({ soundEndMs, lengthMs }): InnerPause => {
      const fromMs = moved(soundEndMs);
      return { kind: 'boundary', fromMs, toMs: fromMs + lengthMs };
    });
  const inserted = cuts.map(({ atMs, lengthMs }): InnerPause => {
    const fromMs = moved(atMs);
    return { kind: 'mid-phrase', fromMs, toMs: fromMs + lengthMs };
  });
  return {
    id,
    speakerKind: 'human',
    samples: withPauses(recorded.subarray(0, Math.round((endMs + 60) * MS)), tone, cuts),
    firstSoundMs: moved(firstSoundMs(recorded)),
    endMs: moved(endMs),
    pauses: [...inserted, ...boundaries].sort((a, b) => a.fromMs - b.fromMs),
  };
}

/** `samples` with `tone` put in at each cut and after the end; joints fade over 5 ms. */
function withPauses(
  samples: Int16Array,
  tone: Int16Array,
  cuts: readonly { atMs: number; lengthMs: number }[],
): Int16Array {
  const pieces: Int16Array[] = [];
  let from = 0;
  for (const { atMs, lengthMs } of cuts) {
    const at = Math.min(samples.length, Math.round(atMs * MS));
    pieces.push(faded(samples.slice(from, at), from > 0, true), filled(tone, lengthMs));
    from = at;
  }
  pieces.push(faded(samples.slice(from), from > 0, true), filled(tone, TAIL_MS));
  const out = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function faded(samples: Int16Array, fadeIn: boolean, fadeOut: boolean): Int16Array {
  const count = Math.min(FADE_SAMPLES, samples.length);
  for (let index = 0; index < count; index += 1) {
    const gain = index / count;
    const last = samples.length - 1 - index;
    samples[index] = fadeIn ? samples[index]! * gain : samples[index]!;
    samples[last] = fadeOut ? samples[last]! * gain : samples[last]!;
  }
  return samples;
}

/** `tone` forwards and backwards for so long. */
function filled(tone: Int16Array, lengthMs: number): Int16Array {
  return Int16Array.from({ length: Math.round(lengthMs * MS) }, (_, index) => {
    const phase = index % (2 * tone.length);
    return tone[phase < tone.length ? phase : 2 * tone.length - 1 - phase] ?? 0;
  });
}

/** The first of two neighbouring 10 ms that are much louder than the room and a twentieth of the loudest. */
function firstSoundMs(samples: Int16Array): number {
  const levels = windowLevels(samples);
  const loudest = Math.max(...levels);
  const quiet = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.05)] ?? 0;
  const threshold = Math.max(loudest / 20, quiet * 4);
  const first = levels.findIndex(
    (level, index) => level > threshold && (levels[index + 1] ?? 0) > threshold,
  );
  return Math.max(0, first) * 10;
}

function windowLevels(samples: Int16Array): number[] {
  const window = SAMPLE_RATE_HZ / 100;
  return Array.from({ length: Math.floor(samples.length / window) }, (_, index) => {
    let energy = 0;
    for (let at = index * window; at < (index + 1) * window; at += 1) {
      energy += samples[at]! ** 2;
    }
    return Math.sqrt(energy / window);
  });
}

/** What the synthetic learners say: a candidate in a first interview. */
const LINES = [
  'I have worked in a support team for three years and I like talking to people.',
  'In my last job we had a long outage and I called every customer myself.',
  'I asked my manager for help and we fixed the problem within two hours.',
  'The customer was angry at first but thanked me in the end.',
  'I want this job because your team listens to its customers.',
  'My biggest strength is that I stay calm when things go wrong.',
  'I studied design and then I moved into customer service.',
  'We wrote a short guide so that new people could learn faster.',
  'I think that working with others is the best part of the day.',
  'Could you tell me what a normal week looks like in your team?',
] as const;
const SYNTHETIC_VOICES = ['en-marcus', 'en-nia'] as const;

/** Each line in two of our own voices, with one pause before a word in its middle. */
export async function syntheticUtterances(engine: TextToSpeech): Promise<Utterance[]> {
  const utterances: Utterance[] = [];
  for (const voiceId of SYNTHETIC_VOICES) {
    for (const [index, line] of LINES.entries()) {
      utterances.push(await synthetic(engine, voiceId, line, index));
    }
  }
  return utterances;
}

async function synthetic(
  engine: TextToSpeech,
  voiceId: string,
  line: string,
  index: number,
): Promise<Utterance> {
  const parts: Int16Array[] = [];
  const wordsMs: number[] = [];
  let beforeMs = 0;
  for await (const { samples, words } of engine.synthesize(line, voiceId)) {
    wordsMs.push(...words.map(({ startMs }) => startMs + beforeMs));
    parts.push(samples);
    beforeMs += samples.length / MS;
  }
  const spoken = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    spoken.set(part, at);
    at += part.length;
  }
  const levels = windowLevels(spoken);
  const loudest = Math.max(...levels);
  const endMs = (levels.findLastIndex((level) => level > loudest / 50) + 1) * 10;
  const id = `${voiceId}-${String(index)}`;
  const cut = {
    atMs: wordsMs[Math.floor(wordsMs.length / 2)] ?? endMs / 2,
    lengthMs: spreadPauseMs(id, index),
  };
  // A quiet room: four units of alternating noise.
  const tone = Int16Array.from({ length: 3_840 }, (_, step) => ((step * 7_919) % 9) - 4);
  return {
    id,
    speakerKind: 'synthetic',
    samples: withPauses(spoken.subarray(0, Math.round((endMs + 20) * MS)), tone, [cut]),
    firstSoundMs: firstSoundMs(spoken),
    endMs: endMs + cut.lengthMs,
    pauses: [{ kind: 'mid-phrase', fromMs: cut.atMs, toMs: cut.atMs + cut.lengthMs }],
  };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readRecording, roomTone, SAMPLE_RATE_HZ, withTone } from './recording.ts';
import type { TimedWord } from './words.ts';

/** What a silence in the corpus is: a true end of turn, or a pause after which the same speaker goes on. */
export type SilenceKind = 'end' | 'mid-phrase' | 'boundary';

/** Human recordings, or voices of our own engine. */
export type SpeakerKind = 'human' | 'synthetic';

/** One silence to judge. */
export interface Silence {
  id: string;
  /** The recording that it comes from. */
  recording: string;
  speaker: string;
  speakerKind: SpeakerKind;
  kind: SilenceKind;
  /** Sound up to the silence, then at least `TAIL_MS` of room: what the ear would hear if nobody went on. */
  samples: Int16Array;
  /** When the last audible sound ends, in ms of `samples`. */
  soundEndMs: number;
  /** How long the silence lasts before the speaker goes on; infinite at an end. */
  lengthMs: number;
}

/** No policy waits longer than this. */
export const TAIL_MS = 3_200;
/** The pauses that the figures count. */
export const PAUSE_MS = { least: 300, most: 800 } as const;

/** Words that do not carry a phrase: a pause made before one of them might be a phrase boundary, so none is made there. */
const FUNCTION_WORDS = new Set(
  (
    'a an the this that these those my your his her its our their and or but nor so yet if when while as because ' +
    'since though although than then there here i you he she it we they me him us them who whom whose which what ' +
    'where why how is are was were be been being am do does did has have had will would shall should can could may ' +
    'might must of in on at by to from with for about into over under through up down out off not no yes oh well'
  ).split(' '),
);
/** No cut closer than this to the first sound, to the end, or to another pause. */
const CUT_MARGIN_S = 0.7;
/** At most this many cuts a recording, spread over it. */
const CUTS_PER_RECORDING = 4;
/** A recogniser's word boundary moves to the quietest 10 ms within this distance. */
const BOUNDARY_SEARCH_S = 0.04;

const labelsSchema = z.array(
  z.object({
    file: z.string(),
    speaker: z.string(),
    endS: z.number(),
    pausesS: z.array(z.tuple([z.number(), z.number()])),
    endIsSentenceEnd: z.boolean(),
  }),
);
type Label = z.infer<typeof labelsSchema>[number];

/**
 * The labels count from 300 ms before each file begins: measured against the recogniser's word gaps, which they
 * match to 10 ms after this shift, and some ends lie beyond their file without it.
 */
const LABEL_OFFSET_S = 0.3;
/** An end this close to the file's end means that the labeller's energy threshold drowned in noise. */
const DROWNED_END_S = 0.05;

/** Recordings of `speech/` that have no labels of their own; their last sound was found by energy. */
const UNLABELLED: readonly Label[] = [
  { file: 'austen-0880.wav', speaker: 'austen', endS: 0, pausesS: [], endIsSentenceEnd: true },
  { file: 'austen-0920.wav', speaker: 'austen', endS: 0, pausesS: [], endIsSentenceEnd: true },
  { file: 'jfk.wav', speaker: 'jfk', endS: 0, pausesS: [], endIsSentenceEnd: true },
];

export interface Recording {
  name: string;
  speaker: string;
  label: Label;
  samples: Int16Array;
}

/** Reads every human recording of the fixtures. `folder` holds `turns/` and `speech/`. Times count from the file's start. */
export async function readHumanRecordings(folder: string): Promise<Recording[]> {
  const labels = labelsSchema.parse(
    JSON.parse(readFileSync(join(folder, 'turns', 'labels.json'), 'utf8')),
  );
  const sources = [
    ...labels.map((label) => ({ label, path: join(folder, 'turns', label.file) })),
    ...UNLABELLED.map((label) => ({ label, path: join(folder, 'speech', label.file) })),
  ].filter(({ path }) => existsSync(path));
  return Promise.all(
    sources.map(async ({ label, path }) => {
      const samples = await readRecording(path);
      return {
        name: label.file.replace(/\.\w+$/, ''),
        speaker: label.speaker,
        label: fromFileStart(label, samples),
        samples,
      };
    }),
  );
}

function fromFileStart(label: Label, samples: Int16Array): Label {
  if (label.endS === 0) return { ...label, endS: lastSoundS(samples) };
  return {
    ...label,
    endS: label.endS - LABEL_OFFSET_S,
    pausesS: label.pausesS.map(([from, to]) => [from - LABEL_OFFSET_S, to - LABEL_OFFSET_S]),
  };
}

/** The last 20 ms louder than a fiftieth of the loudest, in seconds. */
function lastSoundS(samples: Int16Array): number {
  const step = SAMPLE_RATE_HZ / 50;
  const levels: number[] = [];
  for (let at = 0; at + step <= samples.length; at += step) {
    levels.push(
      Math.sqrt(samples.subarray(at, at + step).reduce((sum, x) => sum + x * x, 0) / step),
    );
  }
  const loudest = Math.max(...levels);
  return (levels.findLastIndex((level) => level > loudest / 50) + 1) / 50;
}

/** Every silence of the recordings: ends, the pauses they hold, and pauses cut into the middle of phrases. */
export function silencesOf(
  recordings: readonly Recording[],
  words: ReadonlyMap<string, readonly TimedWord[]>,
): Silence[] {
  return recordings.flatMap((recording) => {
    const tone = roomTone(recording.samples);
    return [
      ...endOf(recording, tone, words.get(recording.name) ?? []),
      ...pausesOf(recording, tone),
      ...cutsOf(recording, tone, words.get(recording.name) ?? []),
    ];
  });
}

function endOf(recording: Recording, tone: Int16Array, words: readonly TimedWord[]): Silence[] {
  const { label, samples, name, speaker } = recording;
  if (!label.endIsSentenceEnd) return [];
  const drowned = label.endS > samples.length / SAMPLE_RATE_HZ - DROWNED_END_S;
  const endS = drowned ? (words.at(-1)?.endS ?? label.endS) : label.endS;
  return [
    {
      id: `${name}@end`,
      recording: name,
      speaker,
      speakerKind: 'human',
      kind: 'end',
      samples: withTone(samples, tone, TAIL_MS),
      soundEndMs: endS * 1000,
      lengthMs: Infinity,
    },
  ];
}

/** The pauses of read speech: nearly all lie between clauses or sentences, where a reader breathes. */
function pausesOf(recording: Recording, tone: Int16Array): Silence[] {
  const { label, samples, name, speaker } = recording;
  return label.pausesS
    .map(([from, to]) => ({ from: from * 1000, to: to * 1000 }))
    .filter(({ from, to }) => to - from >= PAUSE_MS.least && to - from <= PAUSE_MS.most)
    .map(({ from, to }) => ({
      id: `${name}@${from.toFixed(0)}`,
      recording: name,
      speaker,
      speakerKind: 'human',
      kind: 'boundary',
      // The last 40 ms may hold the next word's first sound.
      samples: withTone(samples.slice(0, sampleAt((to - 40) / 1000)), tone, TAIL_MS),
      soundEndMs: from,
      lengthMs: to - from,
    }));
}

/** Pauses made inside phrases: the sound stops before a content word and the room goes on. */
function cutsOf(recording: Recording, tone: Int16Array, words: readonly TimedWord[]): Silence[] {
  const { label, samples, name, speaker } = recording;
  const first = words[0]?.startS ?? 0;
  const candidates = words.flatMap((word, index) => {
    const previous = words[index - 1];
    if (previous === undefined || FUNCTION_WORDS.has(word.text)) return [];
    const joined = word.startS - previous.endS < 0.03;
    const inside = word.startS - first > CUT_MARGIN_S && label.endS - word.startS > CUT_MARGIN_S;
    const alone = label.pausesS.every(
      ([from, to]) => word.startS < from - 0.3 || word.startS > to + CUT_MARGIN_S,
    );
    return joined && inside && alone ? [quietestNear(samples, word.startS)] : [];
  });
  const stride = Math.max(1, candidates.length / CUTS_PER_RECORDING);
  const chosen = candidates.filter(
    (_, index) => Math.floor(index / stride) !== Math.floor((index - 1) / stride),
  );
  return chosen.map((atS, index) => ({
    id: `${name}@cut${atS.toFixed(2)}`,
    recording: name,
    speaker,
    speakerKind: 'human',
    kind: 'mid-phrase',
    samples: withTone(samples.slice(0, sampleAt(atS)), tone, TAIL_MS),
    soundEndMs: atS * 1000,
    lengthMs: spreadPauseMs(name, index),
  }));
}

/** A pause length between 300 and 800 ms that depends on nothing but the name, spread evenly (golden ratio). */
export function spreadPauseMs(name: string, index: number): number {
  let hash = index;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 1_000_003;
  const unit = (hash * 0.618_033_988_749_895) % 1;
  return PAUSE_MS.least + unit * (PAUSE_MS.most - PAUSE_MS.least);
}

function quietestNear(samples: Int16Array, atS: number): number {
  let best = atS;
  let least = Infinity;
  for (let offset = -BOUNDARY_SEARCH_S; offset <= BOUNDARY_SEARCH_S; offset += 0.005) {
    const at = sampleAt(atS + offset);
    const energy = samples.subarray(at - 80, at + 80).reduce((sum, x) => sum + x * x, 0);
    if (energy < least) [least, best] = [energy, atS + offset];
  }
  return best;
}

function sampleAt(seconds: number): number {
  return Math.max(0, Math.round(seconds * SAMPLE_RATE_HZ));
}

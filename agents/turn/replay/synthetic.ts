import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { spreadPauseMs, TAIL_MS, type Silence } from './corpus.ts';
import { withTone } from './recording.ts';

/** What a learner might say in our scenarios; `|` marks a place inside a phrase, before a content word. */
const SENTENCES = [
  'I wanted to tell you that the new | release will not be ready on Friday.',
  'The reason is that we found a | problem in the payment | service last night.',
  'I have worked in customer | support for about three | years.',
  'We could move the | meeting to the end of the | week.',
  'My biggest | strength is that I listen to other | people.',
  'I think we should test the whole | system again before the | launch.',
  'She asked me to prepare the monthly | report for the whole | team.',
  'The delivery arrived two | days late and the box was | damaged.',
  'I would like to understand what you | expect from this | role.',
  'They promised to send a new | invoice to our | office.',
] as const;
const VOICES = 4;
/** A quiet room for voices that have none: white noise at -66 dB. */
const TONE_AMPLITUDE = 16;

/** Ends and mid-phrase pauses spoken by our own voices, in a quiet room. */
export async function syntheticSilences(): Promise<Silence[]> {
  const engine = new FliteTextToSpeech();
  try {
    const silences: Silence[] = [];
    const voices = engine.voices
      .filter(({ language }) => language.startsWith('en'))
      .slice(0, VOICES);
    const tone = Int16Array.from({ length: 3_840 }, (_, index) =>
      Math.round(TONE_AMPLITUDE * Math.sin(index * index * 0.37)),
    );
    for (const { id: voice } of voices) {
      for (const [index, marked] of SENTENCES.entries()) {
        silences.push(
          ...(await sentenceSilences(engine, voice, `${voice}-${String(index)}`, marked, tone)),
        );
      }
    }
    return silences;
  } finally {
    await engine.close();
  }
}

async function sentenceSilences(
  engine: FliteTextToSpeech,
  voice: string,
  name: string,
  marked: string,
  tone: Int16Array,
): Promise<Silence[]> {
  const cutWords: number[] = [];
  const words: string[] = [];
  for (const token of marked.split(' ')) {
    if (token === '|') cutWords.push(words.length);
    else words.push(token);
  }
  const pieces: Int16Array[] = [];
  const starts: number[] = [];
  let offsetMs = 0;
  let soundEndMs = 0;
  for await (const chunk of engine.synthesize(words.join(' '), voice)) {
    pieces.push(chunk.samples);
    starts.push(...chunk.words.map(({ startMs }) => offsetMs + startMs));
    const sounding = chunk.phonemes.filter(({ phoneme }) => phoneme !== 'pau').at(-1);
    soundEndMs = offsetMs + (sounding?.endMs ?? 0);
    offsetMs += (chunk.samples.length / engine.sampleRateHz) * 1000;
  }
  const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  const upTo = (ms: number): Int16Array =>
    withTone(samples.slice(0, Math.round((ms * engine.sampleRateHz) / 1000)), tone, TAIL_MS);
  const common = { recording: name, speaker: voice, speakerKind: 'synthetic' } as const;
  const end: Silence = {
    ...common,
    id: `${name}@end`,
    kind: 'end',
    samples: upTo(soundEndMs),
    soundEndMs,
    lengthMs: Infinity,
  };
  const cuts = cutWords.flatMap((word, index): Silence[] => {
    const startMs = starts[word];
    if (startMs === undefined || starts.length !== words.length) return [];
    return [
      {
        ...common,
        id: `${name}@cut${String(word)}`,
        kind: 'mid-phrase',
        samples: upTo(startMs),
        soundEndMs: startMs,
        lengthMs: spreadPauseMs(name, index),
      },
    ];
  });
  return [end, ...cuts];
}

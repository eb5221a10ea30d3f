/** English speech inside this process: flite in a worker thread, a chunk per clause, with exact marks. */
import { MediaError } from '#media/errors.ts';
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { type Clause, clauseText, splitClauses } from '#media/speech/clauses.ts';
import { applyGain } from '#media/speech/loudness.ts';
import { type Boundary, toSpokenTokens } from '#media/speech/normalise.ts';
import { changeSpeed } from '#media/speech/resample.ts';
import { setSilences } from '#media/speech/shaping.ts';
import { JobQueue } from '../job-queue.ts';
import { type BackchannelKind, BACKCHANNELS, makeBreath } from './backchannel.ts';
import { connectFlite } from './connection.ts';
import type { SpeakResult, SpokenInput } from './protocol.ts';
import { FLITE_VOICES, type FliteVoice } from './voices.ts';
import { findWordTimes } from '../word-times.ts';

/** Silence after a clause, before the next one speaks. */
const TRAIL_MS: Readonly<Record<Boundary, number>> = { none: 50, comma: 150, sentence: 300 };
/** 10 ms: a chunk's first sound is not clipped. The mouth needs no more, because pictures travel faster than sound. */
const LEAD_MS = 10;
const SAMPLE_RATE_HZ = 16_000;

const spokenWords = (spoken: string): string[] =>
  spoken.split(/[ ,]+/).filter((word) => word !== '');

export class FliteTextToSpeech implements TextToSpeech {
  readonly name = 'flite';
  readonly sampleRateHz = SAMPLE_RATE_HZ;
  readonly voices: readonly VoiceDescription[] = FLITE_VOICES.map(
    ({ id, language, gender, description }) => ({ id, language, gender, description }),
  );

  readonly #worker = new JobQueue(connectFlite);
  readonly #backchannels = new Map<string, Promise<SpeechChunk>>();

  /** Compiles the engine and speaks one line in a voice, so that the first real clause is as fast as the rest. */
  async warmUp(voiceId: string = FLITE_VOICES[0]!.id): Promise<void> {
    const line = 'Well, I think that you are right about this, and so it was for me.';
    for await (const _chunk of this.synthesize(line, voiceId)) {
      // The sound is not needed.
    }
  }

  /**
   * One chunk per clause; the next clause is prepared while the last one is used. Silent text yields nothing.
   * Throws VOICE_UNKNOWN and SYNTHESIS_FAILED.
   */
  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    const voice = this.#voice(voiceId);
    const clauses = splitClauses(toSpokenTokens(text, voice.language));
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const prepare = (index: number): Promise<SpeechChunk | undefined> => {
      const clause = clauses[index];
      if (clause === undefined || signal.aborted) return Promise.resolve(undefined);
      const chunk = this.#speakClause(clause, voice, signal);
      // A failure is met when the chunk is awaited; until then it is not an unhandled one.
      chunk.catch(() => undefined);
      return chunk;
    };
    try {
      let upcoming = prepare(0);
      for (let index = 0; index < clauses.length; index += 1) {
        const chunk = await upcoming;
        if (chunk === undefined || signal.aborted) return;
        upcoming = prepare(index + 1);
        yield chunk;
      }
    } finally {
      stop.abort();
    }
  }

  /** A listener's sound in a voice. Made once and kept; each call returns a copy of its own. */
  async backchannelSound(kind: BackchannelKind, voiceId: string): Promise<SpeechChunk> {
    const voice = this.#voice(voiceId);
    const key = `${voice.id} ${kind}`;
    let made = this.#backchannels.get(key);
    if (made === undefined) {
      made = this.#makeBackchannel(kind, voice);
      this.#backchannels.set(key, made);
      made.catch(() => {
        this.#backchannels.delete(key);
      });
    }
    return structuredClone(await made);
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  #voice(id: string): FliteVoice {
    const voice = FLITE_VOICES.find((candidate) => candidate.id === id);
    if (voice === undefined) {
      throw new MediaError('VOICE_UNKNOWN', {
        detail: `“${id}” is not one of ${FLITE_VOICES.map((known) => known.id).join(', ')}.`,
      });
    }
    return voice;
  }

  async #speakClause(
    clause: Clause,
    voice: FliteVoice,
    signal: AbortSignal,
  ): Promise<SpeechChunk | undefined> {
    const wordsOfToken = clause.tokens.map((token) => spokenWords(token.spoken));
    const input: SpokenInput = {
      kind: 'text',
      text: clauseText(clause),
      words: wordsOfToken.flat(),
    };
    const result = await this.#speak(input, voice, signal);
    if (result === undefined) return undefined;
    const times = findWordTimes(result.phones, result.pronunciations);
    let next = 0;
    const words = clause.tokens.map((token, index) => {
      const first = times[next];
      next += wordsOfToken[index]!.length;
      const last = times[next - 1];
      return { text: token.written, startMs: first?.startMs ?? 0, endMs: last?.endMs ?? 0 };
    });
    return this.#finish(result, words, voice, TRAIL_MS[clause.boundary]);
  }

  #speak(
    input: SpokenInput,
    voice: FliteVoice,
    signal?: AbortSignal,
  ): Promise<SpeakResult | undefined> {
    const { base, pitchHz, stretch, brightness } = voice;
    return this.#worker.run(
      {
        input,
        voice: {
          base,
          stretch: stretch * brightness,
          ...(pitchHz === undefined ? {} : { pitchHz: pitchHz / brightness }),
        },
      },
      signal,
    );
  }

  #finish(
    { samples, sampleRateHz, phones }: SpeakResult,
    words: SpeechChunk['words'],
    { brightness, gainDb }: FliteVoice,
    trailMs: number,
  ): SpeechChunk {
    const shaped = changeSpeed(samples, brightness);
    applyGain(shaped, gainDb);
    const scale = <Mark extends { startMs: number; endMs: number }>(mark: Mark): Mark => ({
      ...mark,
      startMs: mark.startMs / brightness,
      endMs: mark.endMs / brightness,
    });
    return setSilences(
      {
        samples: shaped,
        sampleRateHz,
        phonemes: phones.map(({ phone, startMs, endMs }) =>
          scale({ phoneme: phone, startMs, endMs }),
        ),
        words: words.map(scale),
      },
      { leadMs: LEAD_MS, trailMs },
    );
  }

  async #makeBackchannel(kind: BackchannelKind, voice: FliteVoice): Promise<SpeechChunk> {
    const recipe = BACKCHANNELS[kind];
    if (recipe === 'breath') return makeBreath(SAMPLE_RATE_HZ);
    const quieter = {
      ...voice,
      stretch: voice.stretch * recipe.stretch,
      gainDb: voice.gainDb + recipe.gainDb,
    };
    const result = await this.#speak({ kind: 'phones', phones: recipe.phones }, quieter);
    if (result === undefined) throw new MediaError('SYNTHESIS_FAILED', { retryable: true });
    const sounds = result.phones.filter(({ phone }) => phone !== 'pau');
    const word = {
      text: recipe.text,
      startMs: sounds[0]?.startMs ?? 0,
      endMs: sounds.at(-1)?.endMs ?? 0,
    };
    return this.#finish(result, [word], quieter, 40);
  }
}

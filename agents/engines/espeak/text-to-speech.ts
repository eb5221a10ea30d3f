/** Speech in Swedish and other languages by espeak-ng, in a process of its own, a chunk per clause. */
import { MediaError } from '#media/errors.ts';
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { type Clause, splitClauses } from '#media/speech/clauses.ts';
import { applyGain } from '#media/speech/loudness.ts';
import { type Boundary, toSpokenTokens } from '#media/speech/normalise.ts';
import { changeSpeed } from '#media/speech/resample.ts';
import { setSilences } from '#media/speech/shaping.ts';
import { JobQueue } from '../job-queue.ts';
import { connectEspeak } from './connection.ts';
import { phonemeMarks, type SentWord, wordMarks } from './marks.ts';
import { ESPEAK_VOICES, type EspeakVoice } from './voices.ts';

/** espeak-ng speaks at 22,050 Hz, which has no whole 10 ms frame; the next rate that rooms use loses nothing. */
const SAMPLE_RATE_HZ = 24_000;
const LEAD_MS = 10;
const TRAIL_MS: Readonly<Record<Boundary, number>> = { none: 50, comma: 150, sentence: 300 };

export class EspeakTextToSpeech implements TextToSpeech {
  readonly name = 'espeak-ng';
  readonly sampleRateHz = SAMPLE_RATE_HZ;
  readonly voices: readonly VoiceDescription[] = ESPEAK_VOICES.map(
    ({ id, language, gender, description }) => ({ id, language, gender, description }),
  );

  #processId: number | undefined;
  readonly #process = new JobQueue(
    connectEspeak((processId) => {
      this.#processId = processId;
    }),
  );

  /** The process that speaks, for supervision; undefined before the first job. */
  get processId(): number | undefined {
    return this.#processId;
  }

  async warmUp(voiceId: string = ESPEAK_VOICES[0]!.id): Promise<void> {
    for await (const _chunk of this.synthesize('Ja.', voiceId)) {
      // The sound is not needed.
    }
  }

  /** One chunk per clause. Throws VOICE_UNKNOWN and SYNTHESIS_FAILED (retryable when the process was lost). */
  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    const voice = ESPEAK_VOICES.find((candidate) => candidate.id === voiceId);
    if (voice === undefined) {
      throw new MediaError('VOICE_UNKNOWN', { detail: `espeak-ng has no voice “${voiceId}”.` });
    }
    for (const clause of splitClauses(toSpokenTokens(text, voice.language))) {
      const chunk = await this.#speakClause(clause, voice, options.signal);
      if (chunk === undefined || options.signal?.aborted === true) return;
      if (chunk.phonemes.some((mark) => mark.phoneme !== 'pau')) yield chunk;
    }
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  async #speakClause(
    clause: Clause,
    voice: EspeakVoice,
    signal?: AbortSignal,
  ): Promise<SpeechChunk | undefined> {
    const words: SentWord[] = [];
    let text = '';
    let characters = 0;
    clause.tokens.forEach((token, index) => {
      const isLast = index === clause.tokens.length - 1;
      const mark = isLast && token.mark === '' && clause.boundary === 'sentence' ? '.' : token.mark;
      const piece = `${token.spoken}${mark} `;
      words.push({ written: token.written, start: characters });
      text += piece;
      characters += [...piece].length;
    });
    const { espeakVoice, rate, pitch, gainDb } = voice;
    const result = await this.#process.run({ text, espeakVoice, rate, pitch }, signal);
    if (result === undefined) return undefined;
    const { samples, sampleRateHz, events } = result;
    const phonemes = phonemeMarks(events, (samples.length / sampleRateHz) * 1000);
    const soundEndMs = phonemes.findLast((mark) => mark.phoneme !== 'pau')?.endMs ?? 0;
    const resampled = changeSpeed(samples, sampleRateHz / SAMPLE_RATE_HZ);
    applyGain(resampled, gainDb);
    return setSilences(
      {
        samples: resampled,
        sampleRateHz: SAMPLE_RATE_HZ,
        phonemes,
        words: wordMarks(events, words, soundEndMs),
      },
      { leadMs: LEAD_MS, trailMs: TRAIL_MS[clause.boundary] },
    );
  }
}

/**
 * Several engines as one voice. The first that is well speaks; where it fails or stalls, even inside a sentence, the next
 * goes on with the first word that has not been spoken.
 */
import type { Clock } from '#media/clock.ts';
import { MediaError } from '#media/errors.ts';
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { convertRate } from '#media/speech/rate-converter.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { Remainder } from './remainder.ts';
import { matchVoice } from './voice-match.ts';

export interface FailoverTextToSpeechOptions {
  /** In the order of preference; the last is the one that is always there. They are closed with the voice. */
  engines: readonly TextToSpeech[];
  clock: Clock;
  /** Stand-ins chosen by hand: voice ids of other engines for a voice id. */
  standIns?: Readonly<Record<string, readonly string[]>>;
  /** How long an engine may take to its first sound. */
  firstSoundMs?: number;
  breaker?: BreakerOptions;
  /** Told when an engine is given up for a text. Never with the text. */
  onGivenUp?: (event: GivenUp) => void;
}

export interface GivenUp {
  engine: string;
  why: 'failed' | 'stalled';
  error: MediaError;
}

/** Per engine, since the start. */
export interface EngineCounters {
  spoken: number;
  failed: number;
  stalled: number;
}

/** A first clause takes Piper 30 ms on a fast machine and half a second on a slow one. */
const FIRST_SOUND_MS = 1_500;
/** One that has failed lately is tried again at the cost of this pause, if it fails again. */
const TRIAL_SOUND_MS = 500;
/** An engine that is behind gets at least this long for its next clause. */
const NEXT_SOUND_MS = 700;
/** The next engine needs this long to its first sound: so early is a stall met, where sound is left. */
const HANDOVER_MS = 400;
/** Nobody waits for prepared speech, and it waits for everybody. */
const PREPARATION_MS = 60_000;

interface Member {
  engine: TextToSpeech;
  breaker: Breaker;
  counters: EngineCounters;
}

interface Candidate extends Member {
  voiceId: string;
  wasWell: boolean;
}

type Step = { kind: 'chunk'; chunk: SpeechChunk } | { kind: 'end' } | { kind: 'left' };

export class FailoverTextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly sampleRateHz: number;
  /** Those of every engine. Whichever is asked for, the first engine that is well speaks, in its nearest voice. */
  readonly voices: readonly VoiceDescription[];
  readonly #options: FailoverTextToSpeechOptions;
  readonly #members: readonly Member[];

  constructor(options: FailoverTextToSpeechOptions) {
    if (options.engines.length === 0) {
      throw new RangeError('Without an engine there is no voice.');
    }
    this.#options = options;
    this.#members = options.engines.map((engine) => ({
      engine,
      breaker: new Breaker(options.breaker),
      counters: { spoken: 0, failed: 0, stalled: 0 },
    }));
    this.name = options.engines.map(({ name }) => name).join(', ');
    this.sampleRateHz = Math.max(...options.engines.map(({ sampleRateHz }) => sampleRateHz));
    const byId = new Map<string, VoiceDescription>();
    for (const voice of options.engines.flatMap(({ voices }) => voices)) {
      if (!byId.has(voice.id)) {
        byId.set(voice.id, voice);
      }
    }
    this.voices = [...byId.values()];
  }

  /** By engine name. */
  get counters(): Readonly<Record<string, EngineCounters>> {
    return Object.fromEntries(
      this.#members.map(({ engine, counters }) => [engine.name, { ...counters }]),
    );
  }

  /** Throws VOICE_UNKNOWN, and SYNTHESIS_FAILED when no engine could go on. */
  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    const wanted = this.voices.find(({ id }) => id === voiceId);
    if (wanted === undefined) {
      throw new MediaError('VOICE_UNKNOWN', { detail: `“${voiceId.slice(0, 60)}”.` });
    }
    const rest = new Remainder(text, wanted.language);
    const heard = { untilMs: Number.NEGATIVE_INFINITY };
    let failure: MediaError | undefined;
    for (const candidate of this.#inTurn(this.#candidates(wanted))) {
      if (rest.isEmpty || options.signal?.aborted === true) {
        candidate.breaker.left();
        return;
      }
      const outcome = yield* this.#speak(candidate, rest, heard, options);
      if (outcome === undefined) {
        return;
      }
      failure = outcome;
      rest.skipBegunWord();
    }
    throw new MediaError('SYNTHESIS_FAILED', {
      detail: 'No engine could speak.',
      retryable: true,
      cause: failure,
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#members.map(({ engine }) => engine.close()));
  }

  /** The engines that are well or on trial; if none of them can, those that rest: a bad voice is better than none. */
  *#inTurn(candidates: readonly Candidate[]): Generator<Candidate> {
    const resting: Candidate[] = [];
    for (const candidate of candidates) {
      if (candidate.breaker.enter(this.#options.clock.nowMs())) {
        yield candidate;
      } else {
        resting.push(candidate);
      }
    }
    yield* resting;
  }

  #candidates(wanted: VoiceDescription): Candidate[] {
    const home = this.#members.find(({ engine }) =>
      engine.voices.some(({ id }) => id === wanted.id),
    );
    const kin = home?.engine.voices ?? [];
    const chosen = this.#options.standIns?.[wanted.id] ?? [];
    return this.#members.flatMap((member) => {
      const { voices } = member.engine;
      const voice = voices.find(({ id }) => chosen.includes(id)) ?? matchVoice(wanted, voices, kin);
      const wasWell = member.breaker.state(this.#options.clock.nowMs()) === 'well';
      return voice === undefined ? [] : [{ ...member, voiceId: voice.id, wasWell }];
    });
  }

  /** Speaks on with one engine. Returns its failure, or undefined where nothing is left to do. */
  async *#speak(
    { engine, breaker, counters, voiceId, wasWell }: Candidate,
    rest: Remainder,
    heard: { untilMs: number },
    options: CallOptions,
  ): AsyncGenerator<SpeechChunk, MediaError | undefined> {
    const { clock } = this.#options;
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const chunks = engine
      .synthesize(rest.text, voiceId, { ...options, signal })
      [Symbol.asyncIterator]();
    let settled = false;
    let spoke = false;
    try {
      for (;;) {
        const patienceMs = spoke
          ? Math.max(NEXT_SOUND_MS, heard.untilMs - clock.nowMs() - HANDOVER_MS)
          : this.#firstPatienceMs(wasWell);
        const step = await this.#within(
          options.preparation === true ? PREPARATION_MS : patienceMs,
          chunks.next(),
          options.signal,
        );
        if (step.kind === 'left') {
          return undefined;
        }
        if (step.kind === 'end') {
          settled = true;
          breaker.succeeded();
          counters.spoken += 1;
          return undefined;
        }
        const { chunk } = step;
        rest.spoken(chunk.words);
        spoke = true;
        const lengthMs = (chunk.samples.length / chunk.sampleRateHz) * 1_000;
        heard.untilMs = Math.max(heard.untilMs, clock.nowMs()) + lengthMs;
        const samples = convertRate(chunk.samples, chunk.sampleRateHz, this.sampleRateHz);
        yield { ...chunk, samples, sampleRateHz: this.sampleRateHz };
      }
    } catch (error) {
      settled = true;
      const stalled = error instanceof Stalled;
      breaker.failed(clock.nowMs());
      counters[stalled ? 'stalled' : 'failed'] += 1;
      const fault = asMediaError(error);
      const why = stalled ? 'stalled' : 'failed';
      this.#options.onGivenUp?.({ engine: engine.name, why, error: fault });
      return fault;
    } finally {
      if (!settled) {
        // The caller left: a voice that has spoken is well, of another nothing is known.
        if (spoke) {
          breaker.succeeded();
        } else {
          breaker.left();
        }
      }
      stop.abort();
      // An engine that hangs would never say that it has stopped.
      chunks.return?.().catch(() => undefined);
    }
  }

  #firstPatienceMs(wasWell: boolean): number {
    const { firstSoundMs = FIRST_SOUND_MS } = this.#options;
    return wasWell ? firstSoundMs : Math.min(firstSoundMs, TRIAL_SOUND_MS);
  }

  /** The engine's next chunk; rejects with Stalled when it is late. A caller who leaves does not wait. */
  #within(
    patienceMs: number,
    next: Promise<IteratorResult<SpeechChunk>>,
    signal: AbortSignal | undefined,
  ): Promise<Step> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        end();
        resolve({ kind: 'left' });
      };
      const cancelTimer = this.#options.clock.after(patienceMs, () => {
        end();
        reject(new Stalled(patienceMs));
      });
      const end = (): void => {
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      next.then(
        (result) => {
          end();
          resolve(result.done === true ? { kind: 'end' } : { kind: 'chunk', chunk: result.value });
        },
        (error: unknown) => {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
      if (signal?.aborted === true) {
        onAbort();
      }
    });
  }
}

class Stalled extends Error {
  constructor(patienceMs: number) {
    super(`No sound came within ${String(Math.round(patienceMs))} ms.`);
  }
}

function asMediaError(error: unknown): MediaError {
  return error instanceof MediaError
    ? error
    : new MediaError('SYNTHESIS_FAILED', {
        detail: error instanceof Error ? error.message : String(error),
        retryable: true,
        cause: error,
      });
}

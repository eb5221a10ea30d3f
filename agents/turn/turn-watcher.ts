import type { Clock } from '#media/clock.ts';
import {
  ASK_MODEL_AT_MS,
  decideTurn,
  type BackchannelKind,
  type TurnDecision,
  type TurnOptions,
} from './policy.ts';
import { LogMelWindow, SAMPLE_RATE_HZ } from './smart-turn/log-mel-window.ts';
import type { TurnModel } from './smart-turn/smart-turn-model.ts';
import { textCompleteness } from './text-completeness.ts';

/** What happens in a learner's silence, in this order. All but `turn-over` are harmless if the learner goes on. */
export type TurnEvent =
  | { kind: 'react'; silenceMs: number }
  | { kind: 'backchannel'; silenceMs: number; sound: BackchannelKind }
  /** The turn may soon be over: worth recognising it whole and preparing the answer. */
  | { kind: 'prepare'; silenceMs: number }
  | { kind: 'turn-over'; silenceMs: number; reason: TurnDecision['reason'] }
  /** The learner went on: whatever was begun since the silence is to be dropped. */
  | { kind: 'resumed'; silenceMs: number };

export interface TurnWatcherOptions {
  clock: Clock;
  /** Undefined where the model is not installed: text and silence decide. */
  model: TurnModel | undefined;
  backchannels: TurnOptions['backchannels'];
  hearing: TurnOptions['hearing'];
  /** Called once for each event; must not throw. */
  onEvent: (event: TurnEvent) => void;
}

/** Sound from before the first voiced hop that belongs to the turn: a weak first consonant. */
const PREROLL_SAMPLES = SAMPLE_RATE_HZ / 2;
const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1_000;
/** A shorter silence than this is part of the speech, and no pause of the learner's. */
const LEAST_PAUSE_MS = 200;
/**
 * What smart-turn is shown of an earlier pause of the turn. It was trained on turns that run on; with the pauses whole
 * it hears ends in them (AUC 0.70 against 0.73 with 100 ms, 109 pauses and 35 ends in a room).
 */
const SHOWN_PAUSE_MS = 100;
/** Two hops: a single voiced hop is a click or a cough, and nobody's turn. */
const LEAST_SPEECH_MS = 50;
/** Speech that begins this soon after `turn-over` continues the turn that was cut; the silence counts as a pause. */
const CUT_IN_WINDOW_MS = 700;

/**
 * Watches one learner's turns. Feed it every 16 kHz frame, the VAD's verdict on every hop, and the text as it comes;
 * it asks smart-turn and the policy, and tells what to do and when.
 *
 * A turn begins with the first voiced hop after `turn-over` (or after `reset`) and ends with `turn-over`.
 */
export class TurnWatcher {
  readonly #options: TurnWatcherOptions;
  readonly #mel = new LogMelWindow();
  readonly #preroll = new Int16Array(PREROLL_SAMPLES);
  #prerollSamples = 0;
  /** Where the newest silence begins in `#mel`. */
  #silenceAtSample = 0;
  #inTurn = false;
  #closed = false;
  /** An answer has cut into the open turn. */
  #cutInto = false;
  #speechMs = 0;
  #text = '';
  #textIsWhole = false;
  #afterYesNoQuestion = false;
  #lastBackchannel: BackchannelKind | undefined;
  readonly #resumedPausesMs: number[] = [];
  /** When the last voiced hop ended, while a silence lasts. */
  #silentSinceMs: number | undefined;
  /** When the last `turn-over` silence began and when it was told. */
  #ended: { silentSinceMs: number; toldMs: number } | undefined;
  #probabilities: number[] = [];
  #told = new Set<TurnEvent['kind']>();
  #timers: (() => void)[] = [];

  constructor(options: TurnWatcherOptions) {
    this.#options = options;
  }

  /** Adds mono 16 kHz PCM, in order. The samples are copied. */
  pushAudio(samples: Int16Array): void {
    if (this.#closed) return;
    if (this.#inTurn) this.#mel.push(samples);
    for (const sample of samples.subarray(-PREROLL_SAMPLES)) {
      this.#preroll[this.#prerollSamples % PREROLL_SAMPLES] = sample;
      this.#prerollSamples += 1;
    }
  }

  /**
   * Tells the VAD's verdict on the hop that has just been pushed. `speech` is the raw verdict (the framework's
   * `rawAccumulatedSpeech > 0` of an INFERENCE_DONE event), not its smoothed "speaking".
   */
  pushVad(hop: { speech: boolean; durationMs: number }): void {
    if (this.#closed) return;
    const nowMs = this.#options.clock.nowMs();
    if (hop.speech) {
      const hopSamples = hop.durationMs * SAMPLES_PER_MS;
      if (!this.#inTurn) this.#beginTurn(nowMs, hopSamples);
      this.#resume(nowMs, hopSamples);
      this.#speechMs += hop.durationMs;
    } else if (this.#inTurn && this.#silentSinceMs === undefined) {
      this.#silenceAtSample = this.#mel.samples - hop.durationMs * SAMPLES_PER_MS;
      this.#beginSilence(nowMs - hop.durationMs);
    }
  }

  /**
   * Tells the best text of the turn so far; a later text replaces an earlier one. `whole`: it holds all that was said
   * before this silence.
   */
  updateText(text: string, whole = true): void {
    this.#text = text;
    this.#textIsWhole = whole;
    if (this.#silentSinceMs !== undefined) this.#plan();
  }

  /** Tells that the avatar has spoken. Its small sounds may begin anew. */
  avatarSpoke(spoken: { yesNoQuestion: boolean }): void {
    this.#afterYesNoQuestion = spoken.yesNoQuestion;
    this.#lastBackchannel = undefined;
  }

  /** Forgets the open turn, for example when the learner typed instead, or the avatar was interrupted by itself. */
  reset(): void {
    this.#cancelTimers();
    this.#inTurn = false;
    this.#silentSinceMs = undefined;
    this.#ended = undefined;
  }

  /** Stops everything. Idempotent. The model stays its owner's. */
  close(): void {
    this.reset();
    this.#closed = true;
  }

  #beginTurn(nowMs: number, hopSamples: number): void {
    const ended = this.#ended;
    this.#ended = undefined;
    this.#inTurn = true;
    if (ended !== undefined && nowMs - ended.toldMs <= CUT_IN_WINDOW_MS) {
      // The answer cut into this turn: the silence was a pause, and the model needs what came before it.
      this.#resumedPausesMs.push(nowMs - ended.silentSinceMs);
      this.#cutInto = true;
      this.#shortenPause(hopSamples);
      return;
    }
    this.#cutInto = false;
    this.#speechMs = 0;
    this.#text = '';
    this.#mel.reset();
    this.#mel.push(this.#recent(PREROLL_SAMPLES));
  }

  /** The newest samples heard outside a turn, as many as are held and at most `count`. */
  #recent(count: number): Int16Array {
    const held = Math.min(this.#prerollSamples, PREROLL_SAMPLES, Math.round(count));
    const start = this.#prerollSamples - held;
    return Int16Array.from(
      { length: held },
      (_, index) => this.#preroll[(start + index) % PREROLL_SAMPLES] ?? 0,
    );
  }

  #beginSilence(sinceMs: number): void {
    if (this.#speechMs < LEAST_SPEECH_MS) {
      this.#inTurn = false;
      return;
    }
    this.#silentSinceMs = sinceMs;
    this.#textIsWhole = this.#options.hearing === 'basic';
    this.#probabilities = [];
    this.#told = new Set();
    if (this.#options.model !== undefined) {
      for (const atMs of ASK_MODEL_AT_MS) this.#at(atMs, () => void this.#askModel(sinceMs));
    }
    this.#plan();
  }

  /** Leaves `SHOWN_PAUSE_MS` of the pause that the newest hop has ended. */
  #shortenPause(hopSamples: number): void {
    this.#mel.rewind(this.#silenceAtSample + SHOWN_PAUSE_MS * SAMPLES_PER_MS);
    this.#mel.push(this.#recent(hopSamples));
  }

  #resume(nowMs: number, hopSamples: number): void {
    const sinceMs = this.#silentSinceMs;
    if (sinceMs === undefined) return;
    this.#cancelTimers();
    this.#silentSinceMs = undefined;
    const silenceMs = nowMs - sinceMs;
    if (silenceMs >= LEAST_PAUSE_MS) {
      this.#resumedPausesMs.push(silenceMs);
      this.#shortenPause(hopSamples);
    }
    if (this.#told.size > 0) this.#options.onEvent({ kind: 'resumed', silenceMs });
  }

  async #askModel(sinceMs: number): Promise<void> {
    let probability: number | undefined;
    try {
      probability = await this.#options.model?.probability(this.#mel.features());
    } catch {
      // A model that fails is a model that is absent: text and silence decide. Its owner reports the failure.
      return;
    }
    const stale = this.#closed || this.#silentSinceMs !== sinceMs;
    if (stale || probability === undefined) return;
    this.#probabilities.push(probability);
    this.#plan();
  }

  /** Asks the policy anew and sets the timers that are still to come. */
  #plan(): void {
    const sinceMs = this.#silentSinceMs;
    if (sinceMs === undefined) return;
    const decision = decideTurn(
      {
        modelProbabilities: this.#probabilities,
        text: textCompleteness(this.#text, {
          afterYesNoQuestion: this.#afterYesNoQuestion,
          written: this.#options.hearing === 'full',
        }),
        speechMs: this.#speechMs,
        resumedPausesMs: this.#resumedPausesMs,
        cutInto: this.#cutInto,
        textPending: !this.#textIsWhole,
      },
      {
        backchannels: this.#options.backchannels,
        hearing: this.#options.hearing,
        lastBackchannel: this.#lastBackchannel,
      },
    );
    this.#planned.splice(0).forEach((cancel) => {
      cancel();
    });
    const { backchannel } = decision;
    this.#once('react', decision.reactAtMs, (silenceMs) => ({ kind: 'react', silenceMs }));
    if (backchannel !== undefined) {
      this.#once('backchannel', backchannel.atMs, (silenceMs) => {
        this.#lastBackchannel = backchannel.kind;
        return { kind: 'backchannel', silenceMs, sound: backchannel.kind };
      });
    }
    this.#once('prepare', decision.prepareAtMs, (silenceMs) => ({ kind: 'prepare', silenceMs }));
    this.#once('turn-over', decision.commitAtMs, (silenceMs) => {
      this.#ended = { silentSinceMs: sinceMs, toldMs: this.#options.clock.nowMs() };
      this.#cancelTimers();
      this.#inTurn = false;
      this.#silentSinceMs = undefined;
      return { kind: 'turn-over', silenceMs, reason: decision.reason };
    });
  }

  /** The policy's timers, replaced at each new plan; the model's questions are in `#timers`. */
  readonly #planned: (() => void)[] = [];

  #once(kind: TurnEvent['kind'], atMs: number, event: (silenceMs: number) => TurnEvent): void {
    const sinceMs = this.#silentSinceMs;
    if (sinceMs === undefined || this.#told.has(kind)) return;
    const { clock, onEvent } = this.#options;
    this.#planned.push(
      clock.after(Math.max(0, sinceMs + atMs - clock.nowMs()), () => {
        if (this.#silentSinceMs !== sinceMs || this.#told.has(kind)) return;
        this.#told.add(kind);
        onEvent(event(clock.nowMs() - sinceMs));
      }),
    );
  }

  #at(atMs: number, task: () => void): void {
    const { clock } = this.#options;
    this.#timers.push(
      clock.after(Math.max(0, (this.#silentSinceMs ?? 0) + atMs - clock.nowMs()), task),
    );
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
    for (const cancel of this.#planned.splice(0)) cancel();
  }
}

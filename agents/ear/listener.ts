/**
 * Hears one learner: from windows of sound with their speech probability it makes utterances, asks the recogniser when
 * the turn judge expects an end, and lets the judge say when the turn is over. Everything is driven by the windows; nothing here
 * waits by itself.
 */
import { SpeakerLevel } from '#media/input/speaker-level.ts';
import type { Recognizer } from '#media/ports.ts';

/** One window of the voice detector. */
export interface Hop {
  /** Mono PCM at 16 kHz. */
  samples: Int16Array;
  /** 0..1. */
  speechProbability: number;
  /** When its last sample was heard, on the learner's own sound timeline: windows counted, not the wall clock. */
  atMs: number;
}

/** Decides, from sound, silence and text, what a pause means (agents/turn). */
export interface TurnJudge {
  /** Every window, and whether it holds speech. */
  hear(hop: Hop, voiced: boolean): void;
  /** The text of the turn so far; `whole` where it holds all that was said before this pause. */
  transcribed(text: string, whole: boolean): void;
  close(): void;
}

export type ListenerEvent =
  /** `agoMs`: how long before the newest window it happened. */
  | { type: 'speech-started'; agoMs: number }
  | { type: 'speech-ended'; agoMs: number }
  | { type: 'partial'; text: string }
  /** The whole turn as it stands in this pause: an answer can be prepared on it. */
  | { type: 'likely'; text: string; confidence: number }
  | { type: 'turn'; text: string; confidence: number }
  /** Speech that was no turn: noise, somebody farther away than the learner, or a murmur over the avatar. */
  | { type: 'dropped' };

export interface ListenerOptions {
  recognizer: Recognizer;
  /** How far its words can be trusted: `SpeechToText.grade`. */
  hearing: 'basic' | 'full';
  /** Whether the avatar's answer is sounding or held by an interruption. */
  avatarHasFloor: () => boolean;
  /** The avatar's own voice may come back to us: whether it may just now, and whether words are its own. */
  echo?: { possible: () => boolean; repeats: (text: string) => boolean };
  onEvent: (event: ListenerEvent) => void;
  onFailed: (error: unknown) => void;
}

/** Silero's own recommendation: in at 0.5, out 0.15 lower. */
const VOICED_FROM = 0.5;
const VOICED_UNTIL = 0.35;
/** Two windows of 32 ms: one alone is often a click. */
const STARTING_HOPS = 2;
/** 320 ms before the first detected window belong to the utterance: soft onsets are detected late. */
const LEAD_IN_HOPS = 10;
/** Two windows of silence: one alone is often a closure inside a word. */
const PAUSE_MS = 64;
/** Captions move about three times a second. */
const PARTIAL_EVERY_MS = 320;
/** Speech of this length that leaves no words was still meant for us: the persona asks back. */
const MEANT_SPEECH_MS = 1_200;
/** Stands in the transcript for what could not be understood. */
export const UNINTELLIGIBLE = '…';

/** Said while another speaks, these do not claim the floor, however often they are said. */
const MURMUR =
  /^(?:m+|h+m+|m+-?h+m+|u+h+-?h+u+h+|u+[hm]+|[oa]+h+|yeah|yes|yep|right|ok|okay|sure|wow|really|good|great|no|i|see)$/;

/**
 * A sound over the avatar that is shorter than this and hardly understood must be one of `CLAIMS`: recognisers make words
 * of any "mm-hm".
 */
const SHORT_SOUND_MS = 600;
/**
 * Of an "mm-hm" that does not come out as one, Whisper's tiny model makes words at 0.40 to 0.63, mostly "Thank you." (13 of 60,
 * with varied loudness, pace and noise).
 */
const UNDERSTOOD_CONFIDENCE = 0.65;
/** What recognisers hear in any short sound, however sure they are. */
const HALLUCINATED = /^(?:thanks?|thank you|thanks for watching|you|bye(?:[- ]bye)?)$/;

/** Said while another speaks, even one of these claims the floor. */
const CLAIMS = new Set(
  'stop,wait,hold,hang,hey,hello,excuse,sorry,pardon,why,what,how,who,when,where,but,actually,listen,please,question,moment'.split(
    ',',
  ),
);

export class Listener {
  readonly #options: ListenerOptions;
  #judge: TurnJudge | undefined;
  readonly #leadIn: Hop[] = [];
  readonly #level = new SpeakerLevel();
  #state: 'idle' | 'speaking' | 'paused' = 'idle';
  #voicedHops = 0;
  #newestMs = 0;
  #lastVoicedMs = 0;
  #voicedMs = 0;
  #lastPartialMs = 0;
  #overAvatar = false;
  #mayEcho = false;
  /** Counts pauses, so that an answer of the recogniser for an earlier one is told apart. */
  #pause = 0;
  #partial = '';
  #hastenedPause = 0;
  #wholePause = 0;
  #askedPause = 0;
  #decodedPause = 0;
  #text = '';
  #confidence = 0;
  #overWhenDecoded = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** The judge calls back `turnOver`, so it is attached after construction. */
  attach(judge: TurnJudge): void {
    this.#judge = judge;
  }

  hop(hop: Hop): void {
    this.#newestMs = hop.atMs;
    const threshold = this.#state === 'speaking' ? VOICED_UNTIL : VOICED_FROM;
    const voiced = hop.speechProbability >= threshold;
    this.#judge?.hear(hop, voiced);
    this.#voicedHops = voiced ? this.#voicedHops + 1 : 0;
    if (this.#state === 'idle') {
      this.#leadIn.push(hop);
      if (this.#voicedHops >= STARTING_HOPS) {
        this.#begin(hop);
      } else if (this.#leadIn.length > LEAD_IN_HOPS) {
        this.#leadIn.shift();
      }
      return;
    }
    this.#options.recognizer.push(hop.samples);
    if (voiced && (this.#state === 'speaking' || this.#voicedHops >= STARTING_HOPS)) {
      this.#goOn(hop);
    } else if (!voiced) {
      this.#beSilent();
    }
    if (this.#state === 'speaking' && hop.atMs - this.#lastPartialMs >= PARTIAL_EVERY_MS) {
      this.#lastPartialMs = hop.atMs;
      void this.#tellPartial(this.#pause);
    }
  }

  /** Whether the learner has the floor and is silent: then, and only then, a listener shows that it listens. */
  get inPause(): boolean {
    return this.#state === 'paused' && !this.#overAvatar;
  }

  /** The judge's word that an answer may be due soon: the whole turn is recognised. */
  prepare(): void {
    if (this.#state === 'paused' && this.#askedPause !== this.#pause) {
      this.#askedPause = this.#pause;
      void this.#decode(this.#pause);
    }
  }

  /** The judge's word that the turn is over. Takes effect when the recogniser has decoded this pause. */
  turnOver(): void {
    if (this.#state !== 'paused') {
      return;
    }
    if (this.#decodedPause === this.#pause) {
      this.#finish();
    } else {
      this.#overWhenDecoded = true;
      this.prepare();
    }
  }

  /** On the stream of sound: the end of the newest window. Events count back from it. */
  get newestMs(): number {
    return this.#newestMs;
  }

  async close(): Promise<void> {
    this.#judge?.close();
    await this.#options.recognizer.close();
  }

  #begin(hop: Hop): void {
    this.#state = 'speaking';
    this.#lastVoicedMs = hop.atMs;
    this.#lastPartialMs = hop.atMs;
    this.#voicedMs = STARTING_HOPS * HOP_MS;
    this.#overAvatar = this.#options.avatarHasFloor();
    this.#mayEcho = this.#options.echo?.possible() ?? false;
    this.#level.hear(hop.samples, HOP_MS);
    for (const { samples } of this.#leadIn) {
      this.#options.recognizer.push(samples);
    }
    this.#leadIn.length = 0;
    this.#options.onEvent({ type: 'speech-started', agoMs: STARTING_HOPS * HOP_MS });
  }

  #goOn(hop: Hop): void {
    if (this.#state === 'paused') {
      this.#state = 'speaking';
      this.#pause += 1;
      this.#overWhenDecoded = false;
      this.#options.recognizer.cancel?.();
      this.#options.onEvent({ type: 'speech-started', agoMs: STARTING_HOPS * HOP_MS });
    }
    this.#lastVoicedMs = hop.atMs;
    this.#voicedMs += HOP_MS;
    this.#mayEcho ||= this.#options.echo?.possible() ?? false;
    this.#level.hear(hop.samples, HOP_MS);
  }

  #beSilent(): void {
    if (this.#state === 'speaking') {
      this.#state = 'paused';
      this.#pause += 1;
    }
    if (this.#hastenedPause !== this.#pause && this.#newestMs - this.#lastVoicedMs >= PAUSE_MS) {
      this.#hastenedPause = this.#pause;
      this.#options.recognizer.hasten?.();
    }
    // The last words come out of the recogniser while the pause lasts, and they weigh most.
    void this.#tellPartial(this.#pause);
  }

  async #decode(pause: number): Promise<void> {
    let transcript;
    try {
      transcript = await this.#options.recognizer.decode();
    } catch (error) {
      this.#options.onFailed(error);
    }
    if (pause !== this.#pause || this.#state !== 'paused') {
      return;
    }
    this.#decodedPause = pause;
    this.#text = transcript?.text.trim() ?? '';
    this.#confidence = transcript?.confidence ?? 0;
    this.#judge?.transcribed(this.#text, true);
    if (this.#text !== '' && !this.#isMurmur() && !this.#isForeign(this.#text)) {
      this.#options.onEvent({ type: 'likely', text: this.#text, confidence: this.#confidence });
    }
    if (this.#overWhenDecoded) {
      this.#finish();
    }
  }

  async #tellPartial(pause: number): Promise<void> {
    try {
      const { text, whole } = await this.#options.recognizer.partial();
      const known = this.#state === 'paused' && this.#decodedPause === pause;
      if (pause !== this.#pause || this.#state === 'idle' || known) {
        return;
      }
      // A basic recogniser hears along; one that is asked in the pause says when it has heard all of it.
      const isWhole = this.#options.hearing === 'basic' || whole === true;
      const news = text !== '' && text !== this.#partial;
      if (news || (isWhole && this.#wholePause !== pause)) {
        this.#wholePause = isWhole ? pause : this.#wholePause;
        this.#judge?.transcribed(text, isWhole);
      }
      if (news && !this.#isForeign(text)) {
        this.#partial = text;
        this.#options.onEvent({ type: 'partial', text });
      }
    } catch (error) {
      this.#options.onFailed(error);
    }
  }

  #finish(): void {
    this.#mayEcho ||= this.#options.echo?.possible() ?? false;
    this.#options.onEvent({ type: 'speech-ended', agoMs: this.#newestMs - this.#lastVoicedMs });
    const meant = this.#voicedMs >= MEANT_SPEECH_MS && !this.#overAvatar;
    const text = this.#text === '' && meant ? UNINTELLIGIBLE : this.#text;
    const isTurn = text !== '' && !this.#isMurmur() && !this.#isForeign(text);
    this.#level.end(isTurn);
    if (!isTurn) {
      this.#options.onEvent({ type: 'dropped' });
    } else {
      this.#options.onEvent({ type: 'turn', text, confidence: this.#confidence });
    }
    this.#state = 'idle';
    this.#voicedHops = 0;
    this.#text = '';
    this.#partial = '';
    this.#overWhenDecoded = false;
    this.#options.recognizer.reset();
  }

  /** Whether this is not the learner's: somebody farther away, or the avatar itself through loudspeakers. */
  #isForeign(text: string): boolean {
    return (
      this.#level.distant ||
      (this.#mayEcho && (this.#isScrap(text) || this.#options.echo?.repeats(text) === true))
    );
  }

  /** A short sound over the avatar that claims nothing: where its voice comes back, such scraps of it do. */
  #isScrap(text: string): boolean {
    const claims = wordsOf(text).some((word) => CLAIMS.has(word));
    return this.#overAvatar && this.#voicedMs < SHORT_SOUND_MS && !claims;
  }

  /** Over the avatar, a word of assent is no turn; when it is the learner's turn, the same word is an answer. */
  #isMurmur(): boolean {
    if (!this.#overAvatar) {
      return false;
    }
    const words = wordsOf(this.#text);
    const understood =
      this.#options.hearing === 'full' && this.#confidence >= UNDERSTOOD_CONFIDENCE;
    const doubtful = !understood && this.#voicedMs < SHORT_SOUND_MS;
    return (
      words.every((word) => MURMUR.test(word)) ||
      (this.#voicedMs < SHORT_SOUND_MS && HALLUCINATED.test(words.join(' '))) ||
      (doubtful && !words.some((word) => CLAIMS.has(word)))
    );
  }
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-zà-öø-ÿ'-]+/)
    .filter((word) => word !== '');
}

/** 512 samples at 16 kHz: Silero's window. */
export const HOP_MS = 32;

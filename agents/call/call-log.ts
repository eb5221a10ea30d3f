/** What happened in a call, for the report: turns with their times, as heard. Times count from the start of the call. */
import type { TranscriptTurn } from '#agents/dispatch/report.ts';

export type LoggedTurn = Pick<
  TranscriptTurn,
  'speaker' | 'startMs' | 'endMs' | 'text' | 'typed' | 'interrupted'
>;

export class CallLog {
  #startedAt: Date;
  readonly #nowEpochMs: () => number;
  readonly #turns: LoggedTurn[] = [];
  readonly #typed = new Set<string>();
  #avatarSpeechStartMs: number | undefined;
  #avatarPlayedMs: number | undefined;
  #learnerSpeechStartMs: number | undefined;
  #learnerSpeechEndMs: number | undefined;
  #onTurn: (turn: LoggedTurn) => void = () => undefined;

  constructor(nowEpochMs: () => number = Date.now) {
    this.#nowEpochMs = nowEpochMs;
    this.#startedAt = new Date(nowEpochMs());
  }

  /** The learner is here: times count from now. */
  begin(): void {
    this.#startedAt = new Date(this.#nowEpochMs());
  }

  /** Goes on with a call that another job began. */
  restore(startedAt: Date, turns: readonly LoggedTurn[]): void {
    this.#startedAt = startedAt;
    this.#turns.push(...turns);
  }

  /** When what sounds now began; undefined while the avatar is quiet. */
  get speakingSinceMs(): number | undefined {
    return this.#avatarSpeechStartMs;
  }

  /** Told of each turn as it is written down. */
  onTurn(listener: (turn: LoggedTurn) => void): void {
    this.#onTurn = listener;
  }

  get startedAt(): Date {
    return this.#startedAt;
  }

  get nowMs(): number {
    return this.#nowEpochMs() - this.#startedAt.getTime();
  }

  /** In the order in which they began: a turn that was spoken over is written down after the one over it. */
  get turns(): readonly LoggedTurn[] {
    return this.#turns.toSorted((one, other) => one.startMs - other.startMs);
  }

  avatarSpeechStarted(): void {
    this.#avatarSpeechStartMs = this.nowMs;
    this.#avatarPlayedMs = undefined;
  }

  /** The avatar was silenced after `playedMs` of its sound; the framework tells of it later, when the learner is done. */
  avatarSpeechCut(playedMs: number): void {
    this.#avatarPlayedMs = playedMs;
  }

  /** `atMs` is when the first sound of the utterance was heard; later utterances of the same turn do not move it. */
  learnerSpeechStarted(atMs: number): void {
    this.#learnerSpeechStartMs ??= atMs;
  }

  learnerSpeechEnded(atMs: number): void {
    this.#learnerSpeechEndMs = atMs;
  }

  /** The next learner turn with this text was typed. */
  noteTyped(text: string): void {
    this.#typed.add(text);
  }

  addLearnerTurn(text: string): void {
    const typed = this.#typed.delete(text);
    const nowMs = this.nowMs;
    const startMs = typed ? nowMs : (this.#learnerSpeechStartMs ?? nowMs);
    const endMs = typed ? nowMs : (this.#learnerSpeechEndMs ?? nowMs);
    this.#learnerSpeechStartMs = undefined;
    this.#learnerSpeechEndMs = undefined;
    this.#add({
      speaker: 'learner',
      startMs: Math.max(0, startMs),
      endMs: Math.max(startMs, endMs),
      text,
      typed,
      interrupted: false,
    });
  }

  addAvatarTurn(text: string, interrupted: boolean): void {
    const nowMs = this.nowMs;
    const startMs = Math.min(this.#avatarSpeechStartMs ?? nowMs, nowMs);
    const endMs = Math.min(startMs + (this.#avatarPlayedMs ?? nowMs), nowMs);
    this.#avatarSpeechStartMs = undefined;
    this.#avatarPlayedMs = undefined;
    this.#add({ speaker: 'avatar', startMs, endMs, text, typed: false, interrupted });
  }

  #add(turn: LoggedTurn): void {
    this.#turns.push(turn);
    this.#onTurn(turn);
  }
}

/** Tells the agent what was heard, in order, one call at a time: `lk.playback_started` and `lk.playback_finished`. */
import type { ReportOutcome } from '#agents/room/avatar-room.ts';
import type { Clock } from '#media/clock.ts';

export const PLAYBACK_STARTED_METHOD = 'lk.playback_started';
export const PLAYBACK_FINISHED_METHOD = 'lk.playback_finished';

const ATTEMPTS = 3;
const BETWEEN_ATTEMPTS_MS = 100;
/** An agent that answers no report makes them wait; beyond this the oldest is given up. */
const MOST_WAITING = 64;

interface Report {
  method: string;
  payload: string;
}

export interface PlaybackReportsOptions {
  /** Sends one report. Never rejects. */
  send: (method: string, payload: string) => Promise<ReportOutcome>;
  clock: Clock;
  /** A report did not reach the agent. */
  onLost: (method: string) => void;
}

export class PlaybackReports {
  readonly #options: PlaybackReportsOptions;
  #waiting: Report[] = [];
  /** Methods that the agent does not answer to; asking once is enough. */
  readonly #unsupported = new Set<string>();
  #sending = false;
  #closed = false;
  /** Counts the agents. */
  #agent = 0;

  constructor(options: PlaybackReportsOptions) {
    this.#options = options;
  }

  started(): void {
    this.#add({ method: PLAYBACK_STARTED_METHOD, payload: '' });
  }

  /** `playedMs`: how much of the segment's sound was played. */
  finished(how: { playedMs: number; interrupted: boolean }): void {
    // Python's agents build an object from exactly these keys: another one would be an error there.
    const payload = JSON.stringify({
      playback_position: how.playedMs / 1_000,
      interrupted: how.interrupted,
      synchronized_transcript: null,
    });
    this.#add({ method: PLAYBACK_FINISHED_METHOD, payload });
  }

  /** Another agent may answer what the last one did not. Reports for the last one are dropped, also one on its way. */
  reset(): void {
    this.#agent += 1;
    this.#waiting = [];
    this.#unsupported.clear();
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #add(report: Report): void {
    if (this.#closed || this.#unsupported.has(report.method)) {
      return;
    }
    this.#waiting.push(report);
    if (this.#waiting.length > MOST_WAITING) {
      this.#options.onLost(this.#waiting.shift()!.method);
    }
    if (!this.#sending) {
      this.#sending = true;
      void this.#sendAll();
    }
  }

  async #sendAll(): Promise<void> {
    for (let report = this.#waiting.shift(); report !== undefined; report = this.#waiting.shift()) {
      const agent = this.#agent;
      const outcome = await this.#send(report, agent);
      if (agent !== this.#agent) {
        continue;
      }
      if (outcome === 'unsupported') {
        this.#unsupported.add(report.method);
      } else if (outcome === 'failed' && !this.#closed) {
        this.#options.onLost(report.method);
      }
    }
    this.#sending = false;
  }

  async #send({ method, payload }: Report, agent: number): Promise<ReportOutcome> {
    for (let attempt = 1; !this.#closed && agent === this.#agent; attempt += 1) {
      const outcome = await this.#options.send(method, payload);
      if (outcome !== 'failed' || attempt === ATTEMPTS) {
        return outcome;
      }
      await new Promise<void>((resolve) => {
        this.#options.clock.after(BETWEEN_ATTEMPTS_MS, resolve);
      });
    }
    return 'failed';
  }
}

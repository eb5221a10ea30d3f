/**
 * A job's line to signaling: an HTTP request that lasts as long as the job. When the process is killed the kernel closes
 * it at once, however busy or dead the program was; beats twice a second tell of a machine that is gone.
 */
import type { Clock } from '#media/clock.ts';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

const BEAT_EVERY_MS = 500;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;
/** The first answer is waited for so long; the call goes on without. */
const FIRST_ANSWER_WITHIN_MS = 1_500;
/** A signaling that hangs does not keep a job from ending. */
const CLOSE_WITHIN_MS = 1_000;
/** As signaling/failover/routes.ts has it. */
const LINE_TYPE = 'application/x-understudy-line';

export interface LifeLineOptions {
  url: string;
  authorization: () => Promise<string>;
  clock: Clock;
  /** Another job has the session: this one is to leave without a word. Called once. */
  onStale: () => void;
  /** Signaling holds the line again after a break: it may have been restarted, and know nothing. */
  onHeldAgain?: () => void;
}

export class LifeLine {
  readonly #options: LifeLineOptions;
  #request: ClientRequest | undefined;
  #closed = false;
  #wasHeld = false;
  #retryMs = FIRST_RETRY_MS;
  #cancelTimer: () => void = () => undefined;
  readonly #answered: Promise<void>;
  #onAnswer: () => void = () => undefined;

  constructor(options: LifeLineOptions) {
    this.#options = options;
    this.#answered = new Promise((resolve) => {
      this.#onAnswer = resolve;
    });
    void this.#open();
  }

  /** Resolves when signaling has answered for the first time, or does not: false, another job has the session. */
  async held(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(FIRST_ANSWER_WITHIN_MS, resolve);
      void this.#answered.then(() => {
        cancel();
        resolve();
      });
    });
    return !this.#closed;
  }

  /** `isDone`: nobody is to come in the job's place; else the line breaks as if it had died. Idempotent. */
  close(isDone = true): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    const request = this.#request;
    if (request === undefined || request.destroyed) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(CLOSE_WITHIN_MS, () => {
        request.destroy();
      });
      request.once('close', () => {
        cancel();
        resolve();
      });
      if (isDone) {
        request.end();
      } else {
        request.destroy();
      }
    });
  }

  async #open(): Promise<void> {
    const { url, authorization } = this.#options;
    try {
      const send = url.startsWith('https:') ? httpsRequest : httpRequest;
      const headers = { authorization: await authorization(), 'content-type': LINE_TYPE };
      if (this.#closed) {
        return;
      }
      const request = send(url, { method: 'POST', agent: false, headers });
      this.#request = request;
      request.once('response', (response) => {
        if (response.statusCode === 409) {
          this.#stale();
        } else if (response.statusCode === 200) {
          this.#retryMs = FIRST_RETRY_MS;
          if (this.#wasHeld) {
            this.#options.onHeldAgain?.();
          }
          this.#wasHeld = true;
        }
        this.#onAnswer();
        response.setEncoding('utf8').on('data', (word: string) => {
          if (word.includes('stale')) {
            this.#stale();
          }
        });
        response.on('error', () => undefined);
      });
      request.on('error', () => undefined);
      request.once('close', () => {
        this.#reopen();
      });
      request.setNoDelay(true);
      request.flushHeaders();
      this.#beat(request);
    } catch {
      this.#reopen();
    }
  }

  #beat(request: ClientRequest): void {
    if (!this.#closed && request === this.#request && !request.destroyed) {
      request.write('.');
      this.#cancelTimer = this.#options.clock.after(BEAT_EVERY_MS, () => {
        this.#beat(request);
      });
    }
  }

  #reopen(): void {
    this.#cancelTimer();
    if (!this.#closed) {
      this.#cancelTimer = this.#options.clock.after(this.#retryMs, () => void this.#open());
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  #stale(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#cancelTimer();
      this.#request?.destroy();
      this.#onAnswer();
      this.#options.onStale();
    }
  }
}

/** Tells signaling every two seconds that this worker is there, and how much room it has. */
import {
  serviceToken,
  type AvatarWorkerState,
  type ServiceKeys,
} from '#agents/dispatch/avatar-service.ts';
import type { Clock } from '#media/clock.ts';

const EVERY_MS = 2_000;
const ANSWER_WITHIN_MS = 1_500;

export interface HeartbeatOptions {
  /** Signaling's address: http://127.0.0.1:8080. */
  signalingUrl: string;
  keys: ServiceKeys;
  clock: Clock;
  state: () => AvatarWorkerState;
  /** Told when signaling begins or ceases to take heartbeats, not for each. */
  onReach: (reached: boolean, reason: string) => void;
  send?: typeof fetch;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #cancel: () => void = () => undefined;
  #reached: boolean | undefined;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Sends the state at once, as when draining begins. Never rejects. */
  async tell(): Promise<void> {
    const { send = fetch, signalingUrl, keys, state } = this.#options;
    let problem = '';
    try {
      const answer = await send(`${signalingUrl}/api/avatar-workers`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await serviceToken(keys, 'avatar-worker')}`,
        },
        body: JSON.stringify(state()),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      await answer.body?.cancel();
      problem = answer.ok ? '' : `status ${String(answer.status)}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const reached = problem === '';
    if (reached !== this.#reached) {
      this.#reached = reached;
      this.#options.onReach(reached, problem);
    }
  }

  async #beat(): Promise<void> {
    await this.tell();
    if (!this.#stopped) {
      this.#cancel = this.#options.clock.after(EVERY_MS, () => void this.#beat());
    }
  }
}

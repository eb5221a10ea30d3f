/**
 * Requests that come as people do: each at its own moment, whether the ones before were answered or not. A moment that
 * passes while the server or this process is late is not skipped and not moved: its request is sent late and its time is
 * counted from the moment it was due. A generator that waits for answers before it asks again (autocannon and its like)
 * leaves out just the requests that would have waited; that is called coordinated omission.
 */

export interface Arrivals {
  ratePerSecond: number;
  count: number;
  seed: number;
}

export interface Offered {
  /** From the moment each was due to the end of its answer, of those that went well. */
  latenciesMs: number[];
  /** From the moment each was due until it was sent: this process's own lateness, which `latenciesMs` holds too. */
  lateMs: number[];
  /** How often, by what went wrong. */
  errors: Record<string, number>;
  /** From the first moment to the last answer. */
  elapsedMs: number;
}

/** Moments after the start, in milliseconds: the gaps are random, as those of strangers are (a Poisson process). */
export function momentsOf({ ratePerSecond, count, seed }: Arrivals): number[] {
  const random = randomOf(seed);
  const moments: number[] = [];
  let atMs = 0;
  for (let index = 0; index < count; index += 1) {
    atMs += (-Math.log(1 - random()) * 1_000) / ratePerSecond;
    moments.push(atMs);
  }
  return moments;
}

/** Asks at each moment. `ask` resolves when all is well, and rejects with an Error whose message names a kind of failure. */
export function offer(
  moments: readonly number[],
  ask: (index: number) => Promise<void>,
): Promise<Offered> {
  const offered: Offered = { latenciesMs: [], lateMs: [], errors: {}, elapsedMs: 0 };
  const startedMs = performance.now();
  let next = 0;
  let open = 0;
  return new Promise((resolve) => {
    const settle = (): void => {
      open -= 1;
      if (open === 0 && next === moments.length) {
        offered.elapsedMs = performance.now() - startedMs;
        resolve(offered);
      }
    };
    const send = (): void => {
      while (next < moments.length && startedMs + moments[next]! <= performance.now()) {
        const dueMs = startedMs + moments[next]!;
        offered.lateMs.push(performance.now() - dueMs);
        open += 1;
        ask(next)
          .then(
            () => {
              offered.latenciesMs.push(performance.now() - dueMs);
            },
            (error: unknown) => {
              const what = error instanceof Error ? error.message : String(error);
              offered.errors[what] = (offered.errors[what] ?? 0) + 1;
            },
          )
          .finally(settle);
        next += 1;
      }
      if (next < moments.length) {
        setTimeout(send, startedMs + moments[next]! - performance.now());
      }
    };
    send();
  });
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time is a parameter: pure code takes `nowMs`, and whatever waits takes a Clock. */
export interface Clock {
  /** Milliseconds on a monotonic timeline with an arbitrary origin. */
  nowMs(): number;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Waits for what has no event of its own. */

const ASK_EVERY_MS = 100;

/** Asks until the answer is neither undefined nor false; rejects when that takes longer than `withinMs`. */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: { what?: string; withinMs?: number } = {},
): Promise<T> {
  const { what = 'what was waited for', withinMs = 60_000 } = options;
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (performance.now() > giveUpAtMs) {
      throw new Error(`${what} did not happen within ${String(withinMs)} ms.`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

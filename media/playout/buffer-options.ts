/** How much the playout buffer may hold back, and how it decides. */
export interface BufferOptions {
  /** `adaptive` learns how late sound arrives and holds the least delay that bridges it; `fixed` always holds `targetMs`. */
  mode: 'adaptive' | 'fixed';
  /** The delay of a fixed buffer; for an adaptive one, what it supposes of a source at the pace of speech until it knows. */
  targetMs: number;
  /** Playing begins with no less sound than this, unless no more comes. Also the least delay held at the pace of speech. */
  minimumPlaybackMs: number;
  /** Sound, or waiting, with which playing begins where nothing is known of the source. */
  initialMs: number;
  /** No start waits longer, no pause is held longer, no delay is held on purpose beyond it. */
  maximumMs: number;
  /** After an underrun playing goes on with this share of the target. 0..1 */
  refillRatio: number;
}

export const DEFAULT_BUFFER_OPTIONS: Readonly<BufferOptions> = {
  mode: 'adaptive',
  targetMs: 160,
  minimumPlaybackMs: 40,
  initialMs: 128,
  maximumMs: 240,
  refillRatio: 0.3,
};

/** Fills in defaults. Throws RangeError for values that contradict each other. */
export function bufferOptions(given: Partial<BufferOptions> = {}): Readonly<BufferOptions> {
  const options = { ...DEFAULT_BUFFER_OPTIONS, ...given };
  const { minimumPlaybackMs, initialMs, targetMs, maximumMs, refillRatio } = options;
  for (const [name, value] of Object.entries({
    minimumPlaybackMs,
    initialMs,
    targetMs,
    maximumMs,
  })) {
    if (!Number.isFinite(value) || value < 0) {
      throw new RangeError(`${name} is ${String(value)}; it must be 0 ms or more.`);
    }
  }
  if (minimumPlaybackMs > targetMs || targetMs > maximumMs || initialMs > maximumMs) {
    throw new RangeError(
      'A buffer needs minimumPlaybackMs <= targetMs <= maximumMs and initialMs <= maximumMs.',
    );
  }
  if (!(refillRatio >= 0 && refillRatio <= 1)) {
    throw new RangeError(`refillRatio is ${String(refillRatio)}; it must be within 0..1.`);
  }
  return options;
}

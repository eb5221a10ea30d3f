/** Speaks lines before anybody asks for them, so that a cache has them: greetings, a scenario's own sentences. */
import type { TextToSpeech } from '#media/ports.ts';

export interface Line {
  /** As it will be asked for: an entry is found by its whole text. */
  text: string;
  voiceId: string;
}

export interface PrepareOptions {
  /** Stops after the line at hand, whose request is withdrawn. */
  signal?: AbortSignal;
  /** A line that fails is left to the call; told without its text. */
  onFailed?: (error: unknown) => void;
}

export interface Prepared {
  lines: number;
  /** In the cache now. */
  ready: number;
  failed: number;
}

/** More failures in a row than this are the engine's and not the lines'. */
const MAX_FAILURES_IN_ROW = 3;

/** One line after the other, behind live conversation (priority 1). Never rejects. */
export async function prepareSpeech(
  voice: TextToSpeech,
  lines: readonly Line[],
  { signal, onFailed }: PrepareOptions = {},
): Promise<Prepared> {
  const result: Prepared = { lines: lines.length, ready: 0, failed: 0 };
  let failuresInRow = 0;
  const isOver = (): boolean => signal?.aborted === true;
  for (const { text, voiceId } of lines) {
    if (isOver() || failuresInRow >= MAX_FAILURES_IN_ROW) {
      break;
    }
    try {
      const options = { preparation: true, ...(signal === undefined ? {} : { signal }) };
      for await (const _chunk of voice.synthesize(text, voiceId, options)) {
        // The cache keeps it.
      }
      // An abort ends quietly and leaves the line unfinished.
      result.ready += isOver() ? 0 : 1;
      failuresInRow = 0;
    } catch (error) {
      result.failed += 1;
      failuresInRow += 1;
      onFailed?.(error);
    }
  }
  return result;
}

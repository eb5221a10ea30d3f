/** Whisper and its weights, all from packages. Optional: without it PocketSphinx hears. */
import { pythonOf } from '#gpu-runtime/environments/environment.ts';
import { makeEnvironment } from '#gpu-runtime/environments/make-environment.ts';

export interface WhisperInstall {
  /** The interpreter that has it; undefined where it could not be installed. */
  python: string | undefined;
  /** What is lost, in a sentence. */
  reason: string | undefined;
}

/** `base` has an environment of its own, because its weights are another 145 MB. */
export async function ensureWhisper(
  weights: 'tiny.en' | 'base',
  say: (detail: string) => void,
): Promise<WhisperInstall> {
  const name = weights === 'base' ? 'whisper-base' : 'whisper';
  try {
    const found = pythonOf(name);
    if ('python' in found) {
      return { python: found.python, reason: undefined };
    }
    say('installing Whisper (once, a minute or two)');
    await makeEnvironment(name);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      python: undefined,
      reason: `Whisper could not be installed, so words may be misheard (${why}).`,
    };
  }
  const made = pythonOf(name);
  return 'python' in made
    ? { python: made.python, reason: undefined }
    : { python: undefined, reason: made.reason };
}

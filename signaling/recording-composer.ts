/** Runs the composer of `agents/recording` as a process of its own: calls that run meanwhile go first. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Makes the finished files of one recording. */
export interface Composer {
  /** Resolves when it has ended, well or not; the recording's state says how. An abort stops it. */
  compose(
    sessionId: string,
    options: { onProgress: (progress: number) => void; signal: AbortSignal },
  ): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('../agents/recording/compose-main.ts', import.meta.url));
/** The least priority there is. */
const NICENESS = 19;

export class ComposerProcess implements Composer {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv = process.env) {
    this.#environment = environment;
  }

  compose(
    sessionId: string,
    { onProgress, signal }: { onProgress: (progress: number) => void; signal: AbortSignal },
  ): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn(
        'nice',
        [
          ...['-n', String(NICENESS), process.execPath],
          ...['--import', import.meta.resolve('tsx'), ENTRY, sessionId],
        ],
        { env: this.#environment, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
      );
      const stop = (): void => {
        child.kill('SIGKILL');
      };
      signal.addEventListener('abort', stop, { once: true });
      const end = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      child.on('message', (message) => {
        const { progress } = message as { progress?: unknown };
        if (typeof progress === 'number') {
          onProgress(Math.min(1, Math.max(0, progress)));
        }
      });
      child.once('error', end);
      child.once('exit', end);
    });
  }
}

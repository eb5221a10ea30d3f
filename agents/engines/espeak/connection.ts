/** Starts the espeak-ng process. */
import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Connect, JobReply } from '../job-queue.ts';
import type { EspeakJob, EspeakResult } from './protocol.ts';

/** Whether the optional package is installed. It is looked for and never loaded here. */
export const isEspeakInstalled = (): boolean => {
  try {
    createRequire(import.meta.url).resolve('@echogarden/espeak-ng-emscripten');
    return true;
  } catch {
    return false;
  }
};

/** `onStart` hears each process id, for whoever watches the process. */
export const connectEspeak =
  (onStart?: (processId: number | undefined) => void): Connect<EspeakJob, EspeakResult> =>
  ({ onReply, onLost }) => {
    const child = fork(fileURLToPath(new URL('./process-entry.mjs', import.meta.url)), [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        onLost(`Its process could not be started: ${error.message}`);
        resolve();
      });
      child.once('exit', (status, signal) => {
        onLost(
          `Its process ended ${signal === null ? `with status ${String(status)}` : `by ${signal}`}.`,
        );
        resolve();
      });
    });
    child.on('message', (reply) => {
      onReply(reply as JobReply<EspeakResult>);
    });
    onStart?.(child.pid);
    return {
      post: (message) => {
        // A process that is already gone reports so through `exit`.
        if (child.connected) child.send(message, () => undefined);
      },
      setBusy: (isBusy) => {
        if (isBusy) {
          child.ref();
          child.channel?.ref();
        } else {
          child.unref();
          child.channel?.unref();
        }
      },
      close: async () => {
        child.ref();
        child.kill();
        await ended;
      },
    };
  };

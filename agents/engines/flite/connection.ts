/** Starts the flite worker thread. */
import { Worker } from 'node:worker_threads';
import type { Connect, JobReply } from '../job-queue.ts';
import type { SpeakJob, SpeakResult } from './protocol.ts';

export const connectFlite: Connect<SpeakJob, SpeakResult> = ({ onReply, onLost }) => {
  const worker = new Worker(new URL('./worker-entry.mjs', import.meta.url));
  worker.on('message', (reply: JobReply<SpeakResult>) => {
    onReply(reply);
  });
  worker.on('error', (error) => {
    onLost(`Its thread failed: ${error.message}`);
  });
  worker.on('exit', (status) => {
    onLost(`Its thread ended with status ${String(status)}.`);
  });
  return {
    post: (message) => {
      worker.postMessage(message);
    },
    setBusy: (isBusy) => {
      if (isBusy) worker.ref();
      else worker.unref();
    },
    close: async () => {
      await worker.terminate();
    },
  };
};

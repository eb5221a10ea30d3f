/** The worker thread: takes requests one by one in order, answers each once. */
import { parentPort } from 'node:worker_threads';
import type { JobReply } from '../job-queue.ts';
import type { SpeakJob, SpeakResult } from './protocol.ts';
import { FliteSpeaker } from './speaker.ts';
import { compileFlite } from './wasm.ts';

const port = parentPort;
if (port === null) throw new Error('agents/engines/flite/worker.ts runs in a worker thread only.');

const speaker = compileFlite().then((module) => new FliteSpeaker(module));
let queue: Promise<void> = Promise.resolve();

const answer = async (request: SpeakJob & { id: number }): Promise<void> => {
  try {
    const result = await (await speaker).speak(request);
    const reply: JobReply<SpeakResult> = { ...result, id: request.id, ok: true };
    port.postMessage(reply, [result.samples.buffer as ArrayBuffer]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const reply: JobReply<SpeakResult> = { id: request.id, ok: false, detail };
    port.postMessage(reply);
  }
};

port.on('message', (request: SpeakJob & { id: number }) => {
  queue = queue.then(() => answer(request));
});

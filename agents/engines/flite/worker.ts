/** The worker thread: takes requests one by one in order, answers each once. */
import { parentPort } from 'node:worker_threads';
import type { SpeakRequest, WorkerReply } from './protocol.ts';
import { FliteSpeaker } from './speaker.ts';
import { compileFlite } from './wasm.ts';

const port = parentPort;
if (port === null) throw new Error('agents/engines/flite/worker.ts runs in a worker thread only.');

const speaker = compileFlite().then((module) => new FliteSpeaker(module));
let queue: Promise<void> = Promise.resolve();

const answer = async (request: SpeakRequest): Promise<void> => {
  try {
    const result = await (await speaker).speak(request);
    const reply: WorkerReply = { id: request.id, ok: true, ...result };
    port.postMessage(reply, [result.samples.buffer as ArrayBuffer]);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const reply: WorkerReply = { id: request.id, ok: false, detail };
    port.postMessage(reply);
  }
};

port.on('message', (request: SpeakRequest) => {
  queue = queue.then(() => answer(request));
});

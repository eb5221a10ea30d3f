import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MediaError } from '#media/errors.ts';

/** Where `fetch.py` puts the model, from the project's root. */
export const SMART_TURN_PATH = '.understudy/models/smart-turn-v3.2.onnx';

/** Judges from sound whether a speaker has finished. */
export interface TurnModel {
  /**
   * The probability, 0..1, that the turn is complete, given `features` of `LogMelWindow`. Takes ownership of
   * `features`. Questions are answered in order.
   *
   * @throws MediaError TURN_MODEL_FAILED when this run fails or the model has been closed.
   */
  probability(features: Float32Array<ArrayBuffer>): Promise<number>;
  close(): Promise<void>;
}

type Reply =
  | { ready: true }
  | { ready: false; problem: string }
  | { id: number; probability: number }
  | { id: number; problem: string };

interface Question {
  resolve(probability: number): void;
  reject(error: Error): void;
}

/**
 * Pipecat's smart-turn v3.2 (BSD-2-Clause) on one thread of its own. One instance serves a whole job.
 */
export class SmartTurnModel implements TurnModel {
  readonly #worker: Worker;
  readonly #questions = new Map<number, Question>();
  #nextId = 0;
  #closed = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: Reply) => {
      this.#answer(reply);
    });
    worker.on('error', (cause) => {
      this.#fail(new MediaError('TURN_MODEL_FAILED', { cause }));
    });
    worker.on('exit', () => {
      this.#fail(new MediaError('TURN_MODEL_FAILED', { detail: 'Its thread has ended.' }));
    });
  }

  /**
   * Loads the model, about 0.3 s, and runs it once to warm it.
   *
   * @throws MediaError TURN_MODEL_UNAVAILABLE when the file is missing or cannot be loaded.
   */
  static async load(modelPath: string = SMART_TURN_PATH): Promise<SmartTurnModel> {
    if (!existsSync(modelPath)) {
      throw new MediaError('TURN_MODEL_UNAVAILABLE', { detail: `No file at ${modelPath}.` });
    }
    const worker = new Worker(fileURLToPath(new URL('./model-worker.mjs', import.meta.url)), {
      workerData: { modelPath },
      execArgv: [],
    });
    await new Promise<void>((resolve, reject) => {
      const refuse = (cause: unknown): void => {
        void worker.terminate();
        reject(new MediaError('TURN_MODEL_UNAVAILABLE', { cause }));
      };
      worker.once('error', refuse);
      worker.once('message', (reply: Reply) => {
        worker.off('error', refuse);
        if ('ready' in reply && reply.ready) resolve();
        else refuse('problem' in reply ? reply.problem : undefined);
      });
    });
    // A waiting model must not keep the process alive.
    worker.unref();
    return new SmartTurnModel(worker);
  }

  probability(features: Float32Array<ArrayBuffer>): Promise<number> {
    if (this.#closed) {
      return Promise.reject(new MediaError('TURN_MODEL_FAILED', { detail: 'It is closed.' }));
    }
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#questions.size === 0) this.#worker.ref();
      this.#questions.set(id, { resolve, reject });
      this.#worker.postMessage({ id, features }, [features.buffer]);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
  }

  #answer(reply: Reply): void {
    if (!('id' in reply)) return;
    const question = this.#questions.get(reply.id);
    this.#questions.delete(reply.id);
    if (this.#questions.size === 0) this.#worker.unref();
    if ('probability' in reply) question?.resolve(reply.probability);
    else question?.reject(new MediaError('TURN_MODEL_FAILED', { detail: reply.problem }));
  }

  #fail(error: MediaError): void {
    this.#closed = true;
    const waiting = [...this.#questions.values()];
    this.#questions.clear();
    for (const question of waiting) question.reject(error);
  }
}

/** One recogniser process and its frames. Knows nothing of utterances. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { recognitionUnavailable } from './python.ts';

const PROGRAM = fileURLToPath(new URL('./recognizer.py', import.meta.url));
/** Enough of what Python complains about to name the cause. */
const KEPT_COMPLAINT_CHARACTERS = 600;

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('partial'), utterance: z.number(), text: z.string() }),
  z.object({ kind: z.literal('final'), id: z.number(), text: z.string(), confidence: z.number() }),
]);
export type RecognizerMessage = z.infer<typeof messageSchema>;

export type RecognizerFrame = 'A' | 'D' | 'R';

export interface RecognizerChildOptions {
  python: string;
  onMessage: (message: RecognizerMessage) => void;
  /** Called once when the process ends without having been closed. */
  onLost: (detail: string) => void;
}

export class RecognizerChild {
  /** Resolves when the engine has loaded; rejects with RECOGNITION_UNAVAILABLE when it cannot. */
  readonly ready: Promise<void>;

  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<void>;
  #closing = false;
  #complaint = '';

  constructor({ python, onMessage, onLost }: RecognizerChildOptions) {
    // -u: answers are not held back.
    this.#process = spawn(python, ['-u', PROGRAM], { stdio: ['pipe', 'pipe', 'pipe'] });
    let isReady = false;
    let markReady: () => void = () => undefined;
    let markUnavailable: (error: Error) => void = () => undefined;
    this.ready = new Promise((resolve, reject) => {
      markReady = resolve;
      markUnavailable = reject;
    });
    this.ready.catch(() => undefined);
    this.#ended = new Promise((resolve) => {
      const end = (why: string, cause?: unknown): void => {
        if (!isReady) markUnavailable(recognitionUnavailable(why, cause));
        else if (!this.#closing) onLost(why);
        resolve();
      };
      this.#process.once('error', (error) => {
        end(`Python could not be started (${error.message}).`, error);
      });
      this.#process.once('close', (status, signal) => {
        const how = signal === null ? `with status ${String(status)}` : `by ${signal}`;
        const cause = /No module named '(\w+)'/.exec(this.#complaint)?.[1];
        end(
          cause === undefined
            ? `The recogniser ended ${how}. ${this.#complaint.trim()}`.trim()
            : `Python has no package “${cause}”.`,
        );
      });
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-KEPT_COMPLAINT_CHARACTERS);
    });
    // A process that dies while it is written to reports so through `close`.
    this.#process.stdin.on('error', () => undefined);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const message = readMessage(line);
      if (message === undefined) return;
      if (message.kind === 'ready') {
        isReady = true;
        markReady();
      } else {
        onMessage(message);
      }
    });
  }

  get processId(): number | undefined {
    return this.#process.pid;
  }

  send(kind: RecognizerFrame, payload: Uint8Array = new Uint8Array(0)): void {
    if (!this.#process.stdin.writable) return;
    const frame = Buffer.alloc(5 + payload.byteLength);
    frame.write(kind, 0, 'latin1');
    frame.writeUInt32LE(payload.byteLength, 1);
    frame.set(payload, 5);
    this.#process.stdin.write(frame);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#process.stdin.end();
    this.#process.kill();
    await this.#ended;
  }
}

const readMessage = (line: string): RecognizerMessage | undefined => {
  try {
    return messageSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
};

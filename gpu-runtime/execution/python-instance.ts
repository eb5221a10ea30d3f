/** One Python model in a child process. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { encodeFrame, FrameReader, type ModelFrame, type ModelRefusal } from './frame.ts';
import type { Instance } from './instance-pool.ts';

const HOST = fileURLToPath(new URL('./python_host.py', import.meta.url));
/** Enough of what Python complains about while it loads to name the cause. */
const KEPT_COMPLAINT_CHARACTERS = 600;
/** A model that does not finish by itself in this time is killed. */
const FINALIZE_MS = 3_000;
/** A small frame is written in one piece, which costs the system less than copying it costs us. */
const JOINED_BYTES = 65_536;
/** The largest recogniser loads from a slow disk in a minute or two. */
const MAX_START_MS = 600_000;

export interface PythonInstanceOptions {
  python: string;
  file: string;
  /** What Triton passes to `initialize`. */
  arguments: Readonly<Record<string, string>>;
  outputNames: readonly string[];
  clock: Clock;
  /** What the model prints. */
  onPrint?: (text: string) => void;
}

type Answer = Extract<ModelFrame, { kind: 'answer' | 'answers' }>;

interface Run {
  resolve: (answer: Answer) => void;
  reject: (error: RuntimeError) => void;
}

export class PythonInstance implements Instance {
  readonly provider = 'python';
  readonly ended: Promise<void>;
  readonly #options: PythonInstanceOptions;
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #reader = new FrameReader();
  readonly #ready: Promise<void>;
  #opening: { resolve: () => void; reject: (error: RuntimeError) => void } | undefined;
  #alive = true;
  #run: Run | undefined;
  #nextId = 1;
  #complaint = '';
  #closed: Promise<void> | undefined;

  private constructor(options: PythonInstanceOptions) {
    this.#options = options;
    // -u: what the model prints is not held back. -X utf8: text is UTF-8 under any locale.
    this.#process = spawn(options.python, ['-u', '-X', 'utf8', HOST], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#ready = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#end(`Python could not be started (${error.message}).`);
        resolve();
      });
      this.#process.once('close', (status, signal) => {
        const how = signal === null ? `with status ${String(status)}` : `by ${signal}`;
        this.#end(`Its process has ended ${how}.`);
        resolve();
      });
    });
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-KEPT_COMPLAINT_CHARACTERS);
      options.onPrint?.(text);
    });
    // A process that dies while it is written to reports so through `close`.
    this.#process.stdin.on('error', () => undefined);
    this.#process.stdout.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
  }

  /** Throws MODEL_INVALID. */
  static async start(options: PythonInstanceOptions): Promise<PythonInstance> {
    const instance = new PythonInstance(options);
    instance.#write({ kind: 'load', file: options.file, arguments: options.arguments });
    const cancelTimer = options.clock.after(MAX_START_MS, () => {
      instance.#end('It did not finish loading.');
    });
    try {
      await instance.#ready;
    } catch (error) {
      instance.#process.kill('SIGKILL');
      await instance.close();
      throw error;
    } finally {
      cancelTimer();
    }
    return instance;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get processId(): number | undefined {
    return this.#process.pid;
  }

  /** Resident bytes of the process now; 0 where the system does not tell. */
  get bytes(): number {
    try {
      const status = readFileSync(`/proc/${String(this.#process.pid)}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) * 1_024;
    } catch {
      return 0;
    }
  }

  async run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    const answer = await this.#ask({}, inputs);
    if (answer.kind !== 'answer') {
      throw new RuntimeError('MODEL_FAILED', { detail: 'It gave several answers for one.' });
    }
    return answer.tensors;
  }

  async runApart(
    requests: readonly (readonly Tensor[])[],
  ): Promise<readonly (Tensor[] | RuntimeError)[]> {
    const answer = await this.#ask({ requests: requests.length }, requests.flat());
    if (answer.kind !== 'answers') {
      throw new RuntimeError('MODEL_FAILED', { detail: 'It gave one answer for several.' });
    }
    return answer.results.map((result) => (Array.isArray(result) ? result : refusalOf(result)));
  }

  #ask(more: object, inputs: readonly Tensor[]): Promise<Answer> {
    if (!this.#alive) {
      return Promise.reject(new RuntimeError('MODEL_FAILED', { detail: 'Its process has ended.' }));
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#run = { resolve, reject };
      this.#write({ kind: 'run', id, outputs: this.#options.outputNames, ...more }, inputs);
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const busy = this.#run !== undefined || this.#opening !== undefined;
    this.#end('It is being closed.');
    this.#process.stdin.end();
    if (busy) {
      this.#process.kill('SIGKILL');
    }
    const cancelTimer = this.#options.clock.after(FINALIZE_MS, () => {
      this.#process.kill('SIGKILL');
    });
    await this.ended;
    cancelTimer();
  }

  #write(header: object, tensors: readonly Tensor[] = []): void {
    const { stdin } = this.#process;
    if (!stdin.writable) {
      return;
    }
    const parts = encodeFrame(header, tensors);
    if (parts.reduce((sum, { byteLength }) => sum + byteLength, 0) <= JOINED_BYTES) {
      stdin.write(Buffer.concat(parts));
      return;
    }
    stdin.cork();
    for (const part of parts) {
      stdin.write(part);
    }
    stdin.uncork();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) {
        this.#answer(frame);
      }
    } catch {
      this.#end('It does not answer in frames.');
      this.#process.kill('SIGKILL');
    }
  }

  #answer(frame: ModelFrame): void {
    if (frame.kind === 'ready') {
      this.#opening?.resolve();
      this.#opening = undefined;
      return;
    }
    if (frame.kind === 'failed') {
      this.#opening?.reject(new RuntimeError('MODEL_INVALID', { detail: frame.message }));
      this.#opening = undefined;
      return;
    }
    const run = this.#run;
    this.#run = undefined;
    if (frame.kind === 'refused') {
      run?.reject(refusalOf(frame));
    } else {
      run?.resolve(frame);
    }
  }

  /** What a model prints may tell of a request, so only a failure to load quotes it. */
  #end(detail: string): void {
    this.#alive = false;
    const said = this.#complaint.trim();
    this.#opening?.reject(
      new RuntimeError('MODEL_INVALID', { detail: said === '' ? detail : `${detail} ${said}` }),
    );
    this.#opening = undefined;
    const run = this.#run;
    this.#run = undefined;
    run?.reject(new RuntimeError('MODEL_FAILED', { detail }));
  }
}

function refusalOf({ code, message }: ModelRefusal): RuntimeError {
  return new RuntimeError(code === 'INVALID_ARG' ? 'REQUEST_INVALID' : 'MODEL_FAILED', {
    detail: message,
  });
}

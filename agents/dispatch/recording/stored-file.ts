/** Reads a file of a recording, plain or sealed, by ranges of its plain bytes. */
import { open, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RecordingError } from './errors.ts';
import { storedName } from './layout.ts';
import { SealedReader } from './sealed-file.ts';

const READ_BYTES = 64 * 1024;

export interface StoredFile {
  /** Plain bytes that can be read. */
  readonly bytes: number;
  /** From `start` to before `end`. */
  read(start: number, end: number): AsyncGenerator<Buffer>;
  close(): Promise<void>;
}

export interface StoredFileOptions {
  sealed: boolean;
  /** Needed for sealed files. */
  key: Buffer | undefined;
  /** The recording that it belongs to. */
  sessionId: string;
}

/**
 * Opens `name` in `folder`. Rejects with RECORDING_KEY_MISSING, RECORDING_DAMAGED, or as the file system does. The caller
 * closes it.
 */
export async function openStored(
  folder: string,
  name: string,
  options: StoredFileOptions,
): Promise<StoredFile> {
  const { sealed, key, sessionId } = options;
  if (sealed && key === undefined) {
    throw new RecordingError('RECORDING_KEY_MISSING');
  }
  const file = await open(join(folder, storedName(basename(name), sealed)), 'r');
  try {
    if (!sealed || key === undefined) {
      const { size } = await file.stat();
      return {
        bytes: size,
        read: (start, end) => readPlain(file, start, Math.min(end, size)),
        close: () => file.close(),
      };
    }
    const reader = await SealedReader.open(file, key, `${sessionId}/${name}`);
    return {
      bytes: reader.bytes,
      read: (start, end) => reader.read(start, end),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** All of it. For small files. */
export async function readStored(
  folder: string,
  name: string,
  options: StoredFileOptions,
): Promise<Buffer> {
  const file = await openStored(folder, name, options);
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of file.read(0, file.bytes)) {
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}

async function* readPlain(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const buffer = Buffer.alloc(Math.min(READ_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) {
      return;
    }
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

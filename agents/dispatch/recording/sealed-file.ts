/**
 * Encrypted files that are good up to where they end. A file is a head and then chunks, each encrypted and authenticated
 * by itself (AES-256-GCM), so that a writer that is killed loses the chunk at hand and a reader decrypts any range.
 *
 *     head    8 bytes magic, 16 bytes salt
 *     chunk   4 bytes word (31 bits plain length; highest bit: the last one), cipher text, 16 bytes tag
 *
 * Each file has a key of its own: HKDF-SHA-256 of the master key with the salt and the file's name, so that no two files
 * share nonces and one file does not pass for another. The nonce is the chunk's number; the word is authenticated too.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { RecordingError } from './errors.ts';

const MAGIC = Buffer.from('USEALED1', 'latin1');
const SALT_BYTES = 16;
export const SEALED_HEAD_BYTES = MAGIC.length + SALT_BYTES;
const WORD_BYTES = 4;
const TAG_BYTES = 16;
const LAST = 0x8000_0000;
/** 64 KiB: what a range request decrypts in vain at most, at each end. */
export const SEALED_CHUNK_BYTES = 64 * 1024;
/** No writer of ours makes larger ones: a length beyond it is damage. */
const LARGEST_CHUNK_BYTES = 16 * 1024 * 1024;

/** The 32 bytes of `UNDERSTUDY_RECORDING_KEY`, in hexadecimal or base64. Throws RangeError on anything else. */
export function parseRecordingKey(text: string): Buffer {
  const key = /^[0-9a-f]{64}$/iu.test(text)
    ? Buffer.from(text, 'hex')
    : Buffer.from(text, 'base64');
  if (key.length !== 32) {
    throw new RangeError('A recording key has 32 bytes: `openssl rand -hex 32` makes one.');
  }
  return key;
}

/** Turns plain chunks into the bytes of a sealed file. `name` is bound into the key: `{session}/{file}`. */
export class Sealer {
  readonly head: Buffer;
  readonly #key: Buffer;
  #chunks = 0;

  constructor(masterKey: Buffer, name: string) {
    const salt = randomBytes(SALT_BYTES);
    this.head = Buffer.concat([MAGIC, salt]);
    this.#key = fileKey(masterKey, salt, name);
  }

  /** The chunk as it is stored. `last` closes the file; nothing may follow. */
  seal(plain: Uint8Array, options: { last?: boolean } = {}): Buffer {
    const word = Buffer.alloc(WORD_BYTES);
    word.writeUInt32BE((plain.length | (options.last === true ? LAST : 0)) >>> 0);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#chunks));
    cipher.setAAD(word);
    const text = cipher.update(plain);
    cipher.final();
    this.#chunks += 1;
    return Buffer.concat([word, text, cipher.getAuthTag()]);
  }
}

interface Chunk {
  number: number;
  /** Where its word stands in the file. */
  offset: number;
  plainStart: number;
  plainBytes: number;
}

/** Reads a sealed file, also one whose writer was killed. */
export class SealedReader {
  /** Plain bytes that can be read. */
  readonly bytes: number;
  /** Whether its writer closed it. */
  readonly complete: boolean;
  readonly #file: FileHandle;
  readonly #key: Buffer;
  readonly #chunks: readonly Chunk[];

  private constructor(file: FileHandle, key: Buffer, chunks: Chunk[], complete: boolean) {
    this.#file = file;
    this.#key = key;
    this.#chunks = chunks;
    this.complete = complete;
    this.bytes = chunks.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  }

  /** Rejects with RECORDING_DAMAGED. The caller keeps the file and closes it. */
  static async open(file: FileHandle, masterKey: Buffer, name: string): Promise<SealedReader> {
    const head = await readExactly(file, 0, SEALED_HEAD_BYTES);
    if (head === undefined || !head.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new RecordingError('RECORDING_DAMAGED', { detail: `${name} is no sealed file.` });
    }
    const { size } = await file.stat();
    const chunks: Chunk[] = [];
    let complete = false;
    let plainStart = 0;
    for (let offset = SEALED_HEAD_BYTES; !complete;) {
      const word = (await readExactly(file, offset, WORD_BYTES))?.readUInt32BE();
      const plainBytes = (word ?? 0) & ~LAST;
      const end = offset + WORD_BYTES + plainBytes + TAG_BYTES;
      // What is not there as a whole was being written when its writer was killed.
      if (word === undefined || plainBytes > LARGEST_CHUNK_BYTES || end > size) {
        break;
      }
      complete = (word & LAST) !== 0;
      chunks.push({ number: chunks.length, offset, plainStart, plainBytes });
      plainStart += plainBytes;
      offset = end;
    }
    const key = fileKey(masterKey, head.subarray(MAGIC.length), name);
    return new SealedReader(file, key, chunks, complete);
  }

  /** Plain bytes from `start` to before `end`. Throws RECORDING_KEY_WRONG when they are not what was sealed. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    let at = this.#chunkAt(start);
    for (; at < this.#chunks.length; at += 1) {
      const chunk = this.#chunks[at]!;
      if (chunk.plainStart >= end) {
        return;
      }
      const plain = await this.#open(chunk);
      const from = Math.max(0, start - chunk.plainStart);
      const to = Math.min(chunk.plainBytes, end - chunk.plainStart);
      if (to > from) {
        yield plain.subarray(from, to);
      }
    }
  }

  /** Number of the chunk that holds byte `start`, by halving. */
  #chunkAt(start: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { plainStart, plainBytes } = this.#chunks[middle]!;
      if (plainStart + plainBytes <= start) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  async #open({ number, offset, plainBytes }: Chunk): Promise<Buffer> {
    const stored = await readExactly(this.#file, offset, WORD_BYTES + plainBytes + TAG_BYTES);
    if (stored === undefined) {
      throw new RecordingError('RECORDING_DAMAGED', { detail: 'It became shorter.' });
    }
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(number));
    decipher.setAAD(stored.subarray(0, WORD_BYTES));
    decipher.setAuthTag(stored.subarray(WORD_BYTES + plainBytes));
    const plain = decipher.update(stored.subarray(WORD_BYTES, WORD_BYTES + plainBytes));
    try {
      decipher.final();
    } catch (cause) {
      throw new RecordingError('RECORDING_KEY_WRONG', { cause });
    }
    return plain;
  }
}

function fileKey(masterKey: Buffer, salt: Buffer, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, salt, `understudy recording ${name}`, 32));
}

function nonceOf(chunk: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(chunk, 8);
  return nonce;
}

async function readExactly(
  file: FileHandle,
  offset: number,
  bytes: number,
): Promise<Buffer | undefined> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  return bytesRead === bytes ? buffer : undefined;
}

/** One file over HTTP, or out of a folder: resumed where it broke off, checked, and only then under its own name. */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { createHash, type Hash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { hashOfFile } from './checksum.ts';
import { WeightsError } from './weights-error.ts';

export interface DownloadOptions {
  /** `http(s)://…`, or a path. */
  from: string;
  to: string;
  /** Hex. */
  sha256?: string;
  onProgress?: (bytes: number, ofBytes: number | undefined) => void;
  signal?: AbortSignal;
  /** Nothing for this long is a broken connection. */
  stallMs?: number;
  attempts?: number;
}

export interface Downloaded {
  bytes: number;
  sha256: string;
  /** What the file was held against: a pinned sum, the server's announcement, or nothing but itself. */
  checked: 'pinned' | 'announced' | 'first-seen';
}

const STALL_MS = 30_000;
const ATTEMPTS = 4;
const HEX_256 = /^"?([0-9a-f]{64})"?$/u;

/** Throws WeightsError. What is there of a broken download stays as `to` + `.part` for the next try. */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { from, to, attempts = ATTEMPTS } = options;
  await mkdir(dirname(to), { recursive: true });
  const part = `${to}.part`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const got = /^https?:/u.test(from)
        ? await overHttp(options, part)
        : await fromFile(options, part);
      return await finish(options, part, got);
    } catch (error) {
      options.signal?.throwIfAborted();
      const final = error instanceof WeightsError;
      if (final || attempt >= attempts) {
        throw final
          ? error
          : new WeightsError('WEIGHTS_UNREACHABLE', `${from}: ${reasonOf(error)}`, error);
      }
    }
  }
}

interface Got {
  hash: Hash;
  announced: string | undefined;
}

async function overHttp(options: DownloadOptions, part: string): Promise<Got> {
  const have = existsSync(part) ? (await stat(part)).size : 0;
  const stalled = new AbortController();
  const signal =
    options.signal === undefined
      ? stalled.signal
      : AbortSignal.any([options.signal, stalled.signal]);
  let timer = setTimeout(() => undefined, 0);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled.abort(new Error('nothing came any more'));
    }, options.stallMs ?? STALL_MS);
  };
  alive();
  try {
    const answer = await fetch(options.from, {
      headers: have > 0 ? { range: `bytes=${String(have)}-` } : {},
      signal,
    });
    if (answer.status === 416) {
      // The part is as long as the file, or longer than another file that now stands there.
      await rm(part, { force: true });
      throw new Error('the part did not fit; it begins anew');
    }
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      const text = `${options.from} answers ${String(answer.status)}.`;
      throw answer.status >= 500 ? new Error(text) : new WeightsError('WEIGHTS_UNREACHABLE', text);
    }
    const resumed = answer.status === 206;
    const before = resumed ? have : 0;
    if (!resumed && have > 0) {
      await truncate(part, 0);
    }
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    const ofBytes = Number.isNaN(length) ? undefined : before + length;
    const hash = resumed ? await hashOfFile(part) : createHash('sha256');
    const file = createWriteStream(part, { flags: 'a' });
    let bytes = before;
    try {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
        alive();
        hash.update(chunk);
        bytes += chunk.length;
        if (!file.write(chunk)) {
          await once(file, 'drain');
        }
        options.onProgress?.(bytes, ofBytes);
      }
    } finally {
      file.end();
      await finished(file);
    }
    if (ofBytes !== undefined && bytes < ofBytes) {
      throw new Error(`the connection ended after ${String(bytes)} of ${String(ofBytes)} bytes`);
    }
    return { hash, announced: announcedSum(answer.headers) };
  } finally {
    clearTimeout(timer);
  }
}

/** The hub tells the SHA-256 of its large files so; of small ones it tells another sum. */
function announcedSum(headers: Headers): string | undefined {
  return HEX_256.exec(headers.get('x-linked-etag') ?? headers.get('etag') ?? '')?.[1];
}

async function fromFile(options: DownloadOptions, part: string): Promise<Got> {
  if (!existsSync(options.from)) {
    throw new WeightsError('WEIGHTS_UNREACHABLE', `There is no file ${options.from}.`);
  }
  const ofBytes = (await stat(options.from)).size;
  const hash = createHash('sha256');
  const file = createWriteStream(part);
  let bytes = 0;
  for await (const chunk of createReadStream(options.from, { signal: options.signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (!file.write(chunk)) {
      await once(file, 'drain');
    }
    options.onProgress?.(bytes, ofBytes);
  }
  file.end();
  await finished(file);
  return { hash, announced: undefined };
}

async function finish(options: DownloadOptions, part: string, got: Got): Promise<Downloaded> {
  const sha256 = got.hash.digest('hex');
  const wanted = options.sha256 ?? got.announced;
  if (wanted !== undefined && wanted !== sha256) {
    await rm(part, { force: true });
    throw new WeightsError(
      'WEIGHTS_CORRUPT',
      `${options.from} has the checksum ${sha256}, not ${wanted}.`,
    );
  }
  const { size } = await stat(part);
  await rename(part, options.to);
  const checked =
    options.sha256 !== undefined
      ? 'pinned'
      : got.announced !== undefined
        ? 'announced'
        : 'first-seen';
  return { bytes: size, sha256, checked };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

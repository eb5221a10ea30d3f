/**
 * One POST to an address that a customer has given: no redirects, no private addresses unless they are allowed, little time
 * and little of the answer. The address is looked at after its name was looked up, where the connection is made: a name
 * that answers differently the second time gets nowhere.
 */
import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

export const POST_TIMEOUT_MS = 10_000;
/** Of an answer, so much is kept for the log. */
export const KEPT_BYTES = 1_024;

/** Why there is no good answer. */
export type PostFailure =
  /** Another status than 2xx. */
  | 'STATUS'
  | 'REDIRECTED'
  | 'TIMED_OUT'
  | 'ADDRESS_PRIVATE'
  | 'NAME_UNKNOWN'
  | 'CERTIFICATE_REFUSED'
  | 'UNREACHABLE';

export interface PostOutcome {
  /** Null where there was none. */
  status: number | null;
  /** Null where all is well. */
  failure: PostFailure | null;
  /** The beginning of the answer. */
  text: string | null;
  retryAfterS: number | null;
  durationMs: number;
}

export interface PostOptions {
  allowPrivate: boolean;
  timeoutMs?: number;
  nowMs?: () => number;
  /** In place of DNS, for tests. */
  resolve?: (name: string) => Promise<LookupAddress[]>;
}

class PostError extends Error {
  readonly failure: PostFailure;

  constructor(failure: PostFailure) {
    super(failure);
    this.name = 'PostError';
    this.failure = failure;
  }
}

/** Never rejects. */
export async function guardedPost(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
): Promise<PostOutcome> {
  const nowMs = options.nowMs ?? Date.now;
  const startMs = nowMs();
  const done = (outcome: Omit<PostOutcome, 'durationMs'>): PostOutcome => ({
    ...outcome,
    durationMs: Math.max(0, Math.round(nowMs() - startMs)),
  });
  try {
    const { answer, text } = await send(new URL(url), headers, body, options);
    const status = answer.statusCode ?? 0;
    const failure =
      status >= 200 && status < 300
        ? null
        : status >= 300 && status < 400
          ? ('REDIRECTED' as const)
          : ('STATUS' as const);
    return done({ status, failure, text, retryAfterS: secondsOf(answer.headers['retry-after']) });
  } catch (error) {
    return done({ status: null, failure: failureOf(error), text: null, retryAfterS: null });
  }
}

async function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
): Promise<{ answer: IncomingMessage; text: string | null }> {
  const { allowPrivate, timeoutMs = POST_TIMEOUT_MS } = options;
  const literal = url.hostname.replace(/^\[|\]$/gu, '');
  // An address needs no look-up, so that the guard of look-ups never sees it.
  if (isIP(literal) !== 0 && !allowPrivate && !isPublicAddress(literal)) {
    throw new PostError('ADDRESS_PRIVATE');
  }
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      lookup: guardedLookup(options),
    });
    const timer = setTimeout(() => {
      reject(new PostError('TIMED_OUT'));
      asked.destroy();
    }, timeoutMs);
    asked.once('close', () => {
      clearTimeout(timer);
    });
    asked.on('error', reject);
    asked.once('response', (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (): void => {
        const text = Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8');
        // PostgreSQL keeps no character of code 0.
        resolve({ answer, text: text === '' ? null : text.replaceAll('\0', '') });
        asked.destroy();
      };
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= KEPT_BYTES) {
          finish();
        }
      });
      answer.once('end', finish);
      answer.once('error', reject);
    });
    asked.end(body);
  });
}

function guardedLookup({ allowPrivate, resolve }: PostOptions): LookupFunction {
  return (name, options, callback) => {
    const answer = (error: NodeJS.ErrnoException | null, found: LookupAddress[]): void => {
      const allowed = allowPrivate ? found : found.filter((one) => isPublicAddress(one.address));
      const [first] = allowed;
      if (error !== null || first === undefined) {
        const failure = new PostError(found.length > 0 ? 'ADDRESS_PRIVATE' : 'NAME_UNKNOWN');
        callback(failure, '', 0);
      } else if (options.all === true) {
        callback(null, allowed);
      } else {
        callback(null, first.address, first.family);
      }
    };
    if (resolve !== undefined) {
      resolve(name).then(
        (found) => {
          answer(null, found);
        },
        (error: unknown) => {
          answer(error as NodeJS.ErrnoException, []);
        },
      );
      return;
    }
    lookUp(name, { all: true, hints: options.hints ?? 0 }, (error, found) => {
      answer(error, error === null ? found : []);
    });
  };
}

function failureOf(error: unknown): PostFailure {
  if (error instanceof PostError) {
    return error.failure;
  }
  const code = String((error as { code?: unknown }).code ?? '');
  return /CERT|TLS|SSL|VERIFY|SELF_SIGNED/u.test(code) ? 'CERTIFICATE_REFUSED' : 'UNREACHABLE';
}

/** Seconds alone; a date is left to the schedule. */
function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/u.test(header.trim()) ? Number(header) : null;
}

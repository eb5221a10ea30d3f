/** What comes over a connection and is no HTTP request: bytes that cannot be read, headers that are too long or too late. */
import type { Socket } from 'node:net';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** Node's codes that mean something else than nonsense. */
const STATUSES: Readonly<Record<string, readonly [status: number, phrase: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};
const NONSENSE = [400, 'Bad Request'] as const;
/** Whoever does not close the connection by then has not read the answer and never will. */
const CLOSED_WITHIN_MS = 2_000;

/**
 * Answers and closes, and says that it closes: a proxy that kept the connection would send somebody else's request into
 * it, which would be lost.
 */
export function answerNoRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase] = STATUSES[error.code ?? ''] ?? NONSENSE;
  const code: ProblemCode = 'REQUEST_INVALID';
  const body = JSON.stringify({
    type: 'urn:understudy:problem:request-invalid',
    title: PROBLEMS[code].title,
    status,
    code,
    detail: 'It cannot be read as a request.',
    requestId: crypto.randomUUID(),
  });
  socket.setTimeout(CLOSED_WITHIN_MS, () => {
    socket.destroy();
  });
  // What was not read yet is, so that the answer is not lost by resetting the connection.
  socket.resume();
  socket.end(
    [
      `HTTP/1.1 ${String(status)} ${phrase}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      'X-Content-Type-Options: nosniff',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

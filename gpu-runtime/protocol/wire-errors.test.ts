import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RUNTIME_ERROR_CODES, RuntimeError, type RuntimeErrorCode } from '../errors.ts';
import { GRPC_STATUS, WIRE_STATUS, faultToRuntimeError, wireMessage } from './wire-errors.ts';

const codes = Object.keys(RUNTIME_ERROR_CODES) as RuntimeErrorCode[];

describe('errors on the wire', () => {
  it('have the statuses that README.md names', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| ([A-Z_]+) +\| (\d+) +\|/gm)];
    const named = rows.map(([, code, grpc, http]) => [
      code,
      { grpc: GRPC_STATUS[grpc as keyof typeof GRPC_STATUS], http: Number(http) },
    ]);
    expect(Object.fromEntries(named)).toEqual(WIRE_STATUS);
  });

  it.each(codes)('%s comes back as it left, its message once', (code) => {
    const error = new RuntimeError(code, { detail: 'Because.', retryAfterMs: 7 });
    const back = faultToRuntimeError({
      grpcStatus: WIRE_STATUS[code].grpc,
      message: wireMessage(error),
      code,
      retryAfterMs: '7',
    });
    expect(back).toMatchObject({ code, message: error.message, retryAfterMs: 7 });
  });

  it.each<[string, number, string, RuntimeErrorCode]>([
    ['a full queue', 14, '[request id: 1] Exceeds maximum queue size', 'OVERLOADED'],
    ['a late request', 14, 'Request timeout expired', 'DEADLINE_EXCEEDED'],
    ['an unloaded model', 14, "Request for unknown model: 'x' is not ready", 'MODEL_NOT_READY'],
    ['a lost connection', 14, 'No connection established', 'RUNTIME_LOST'],
    ['a server that ends', 1, 'Call cancelled', 'RUNTIME_LOST'],
    ['a message too large', 8, 'Received message larger than max', 'REQUEST_INVALID'],
    ['an exception in a model', 13, 'Failed to process the request', 'MODEL_FAILED'],
    ['a status of the future', 99, '', 'MODEL_FAILED'],
  ])('of a foreign server: %s', (_what, grpcStatus, message, code) => {
    const error = faultToRuntimeError({ grpcStatus, message, code: 'NONSENSE', retryAfterMs: 'x' });
    expect(error).toMatchObject({ code, retryAfterMs: undefined });
  });

  it('fit into a header, percent-encoded', () => {
    const message = wireMessage(new Error('“\ud800”'.repeat(5_000)));
    expect(encodeURI(message).length).toBeLessThan(4_000);
  });
});

/** Runtime errors as gRPC and HTTP carry them, and back. */
import { RUNTIME_ERROR_CODES, RuntimeError, type RuntimeErrorCode } from '../errors.ts';

/** Status numbers of gRPC that this service uses. Source: "Status codes and their use in gRPC", grpc.io. */
export const GRPC_STATUS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** 499 is nginx's word for a client that went away; nobody reads it. */
export const WIRE_STATUS: Readonly<Record<RuntimeErrorCode, { grpc: number; http: number }>> = {
  REQUEST_INVALID: { grpc: GRPC_STATUS.INVALID_ARGUMENT, http: 400 },
  MODEL_UNKNOWN: { grpc: GRPC_STATUS.NOT_FOUND, http: 404 },
  MODEL_NOT_READY: { grpc: GRPC_STATUS.UNAVAILABLE, http: 503 },
  MODEL_INVALID: { grpc: GRPC_STATUS.FAILED_PRECONDITION, http: 503 },
  OVERLOADED: { grpc: GRPC_STATUS.RESOURCE_EXHAUSTED, http: 429 },
  OUT_OF_MEMORY: { grpc: GRPC_STATUS.RESOURCE_EXHAUSTED, http: 507 },
  DEADLINE_EXCEEDED: { grpc: GRPC_STATUS.DEADLINE_EXCEEDED, http: 504 },
  CANCELLED: { grpc: GRPC_STATUS.CANCELLED, http: 499 },
  MODEL_FAILED: { grpc: GRPC_STATUS.INTERNAL, http: 500 },
  RUNTIME_LOST: { grpc: GRPC_STATUS.UNAVAILABLE, http: 502 },
  CLOSED: { grpc: GRPC_STATUS.UNAVAILABLE, http: 503 },
};

/** Trailing metadata of a failed call, and parameters of a failed answer in a stream. */
export const CODE_KEY = 'understudy_code';
export const RETRY_KEY = 'retry_after_ms';
/** A message of a stream that withdraws the request with its id. */
export const CANCEL_KEY = 'understudy_cancel';

/** A gRPC message travels in a header, percent-encoded, and headers end at 8 KiB: 400 characters take 3.6 KB at most. */
const MAX_MESSAGE_CHARACTERS = 400;

/** An error's message as any header can carry it: short, and without half characters. */
export function wireMessage(error: Error): string {
  const { message } = error;
  const short =
    message.length <= MAX_MESSAGE_CHARACTERS
      ? message
      : `${message.slice(0, MAX_MESSAGE_CHARACTERS - 1)}…`;
  return Buffer.from(short, 'utf8').toString('utf8');
}

export function isRuntimeErrorCode(code: unknown): code is RuntimeErrorCode {
  return typeof code === 'string' && Object.hasOwn(RUNTIME_ERROR_CODES, code);
}

export interface WireFault {
  /** Absent for an answer within a stream. */
  grpcStatus: number | undefined;
  message: string;
  /** What the other side said beyond the protocol, where it is one of ours. */
  code?: unknown;
  retryAfterMs?: unknown;
}

/** What a failed call means. Our own servers say their code; Triton's are told by status and, three of them, by words. */
export function faultToRuntimeError(fault: WireFault): RuntimeError {
  const retryAfterMs = Number(fault.retryAfterMs ?? Number.NaN);
  const code = isRuntimeErrorCode(fault.code) ? fault.code : codeOfStatus(fault);
  const own = RUNTIME_ERROR_CODES[code];
  const detail = fault.message.startsWith(own)
    ? fault.message.slice(own.length).trim()
    : fault.message;
  return new RuntimeError(code, {
    ...(detail === '' ? {} : { detail }),
    ...(Number.isFinite(retryAfterMs) && retryAfterMs >= 0 ? { retryAfterMs } : {}),
  });
}

function codeOfStatus({ grpcStatus, message }: WireFault): RuntimeErrorCode {
  switch (grpcStatus) {
    case GRPC_STATUS.CANCELLED:
      // Who cancels knows it; told by the other side, its process is ending.
      return 'RUNTIME_LOST';
    case GRPC_STATUS.DEADLINE_EXCEEDED:
      return 'DEADLINE_EXCEEDED';
    case GRPC_STATUS.NOT_FOUND:
      return 'MODEL_UNKNOWN';
    case GRPC_STATUS.INVALID_ARGUMENT:
    case GRPC_STATUS.OUT_OF_RANGE:
    case GRPC_STATUS.UNIMPLEMENTED:
      return 'REQUEST_INVALID';
    case GRPC_STATUS.FAILED_PRECONDITION:
      return 'MODEL_NOT_READY';
    case GRPC_STATUS.RESOURCE_EXHAUSTED:
      // gRPC itself says so of a message that is too large.
      return /larger than/iu.test(message) ? 'REQUEST_INVALID' : 'OVERLOADED';
    case GRPC_STATUS.UNAVAILABLE:
      return codeOfUnavailable(message);
    default:
      return 'MODEL_FAILED';
  }
}

/** Triton answers UNAVAILABLE to a full queue, to a request that waited too long and for a model that is not loaded. */
function codeOfUnavailable(message: string): RuntimeErrorCode {
  if (/maximum queue size/iu.test(message)) {
    return 'OVERLOADED';
  }
  if (/request timeout expired/iu.test(message)) {
    return 'DEADLINE_EXCEEDED';
  }
  return /is not ready/iu.test(message) ? 'MODEL_NOT_READY' : 'RUNTIME_LOST';
}

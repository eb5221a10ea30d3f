/** A gRPC call that ended with another status than OK, as the other side or this one said it. */
import type { IncomingHttpHeaders } from 'node:http2';

export class GrpcFault extends Error {
  readonly status: number;
  /** Trailing metadata by its lower-case name. */
  readonly metadata: IncomingHttpHeaders;

  constructor(status: number, message: string, metadata: IncomingHttpHeaders = {}) {
    super(message);
    this.name = 'GrpcFault';
    this.status = status;
    this.metadata = metadata;
  }
}

/** What the trailers say; status 0 is OK. */
export function faultOfTrailers(trailers: IncomingHttpHeaders): GrpcFault {
  return new GrpcFault(
    Number(trailers['grpc-status']),
    unescapeMessage(trailers['grpc-message']),
    trailers,
  );
}

/** gRPC's messages are percent-encoded; one that is badly so is shown as it came. */
function unescapeMessage(text: string | string[] | undefined): string {
  const message = String(text ?? '');
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

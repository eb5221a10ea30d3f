/** The request of the no-op model: a picture's parameters in, the same back. */
import type { InferRequest } from '#gpu-runtime/ports.ts';

/** As many as drive a face. */
const PARAMETERS = 32;
const DATA = new Uint8Array(Float32Array.from({ length: PARAMETERS }, (_, i) => i / 8).buffer);

export function noOpRequest(session: string): InferRequest {
  return {
    modelName: 'echo',
    modelVersion: '',
    id: '1',
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [1, PARAMETERS], data: DATA }],
    outputs: [],
    // Late answers count in the latency, not as lost.
    scheduling: { priority: 0, timeoutMs: 5_000, session, batchKey: '' },
  };
}

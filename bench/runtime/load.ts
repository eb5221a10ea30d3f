/** Load on an inference server: sessions that keep their pace whatever happens, and clients that ask as fast as they can. */
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import type { InferRequest } from '#gpu-runtime/ports.ts';

export interface PacedLoad {
  address: string;
  /** Each has a connection of its own, as each room is a process of its own. */
  sessions: number;
  perSecond: number;
  seconds: number;
  /** Requests of this long at the start are sent and not counted: connections open, code warms. */
  warmUpSeconds: number;
  request: (session: string) => InferRequest;
}

export interface PacedResult {
  /** From the moment a request was due until its answer was there: a late sender counts too. */
  fromDueMs: number[];
  /** From the moment it was sent. */
  fromSentMs: number[];
  sent: number;
  /** Requests without an answer, by the code that they ended with. */
  lost: Record<string, number>;
}

export interface SaturatingLoad {
  address: string;
  clients: number;
  seconds: number;
  request: (session: string) => InferRequest;
}

/** Sessions are spread evenly over the interval; each sends on time whether or not the answer before has come. */
export async function pacedLoad(load: PacedLoad): Promise<PacedResult> {
  const clients = connect(load.address, load.sessions);
  const result: PacedResult = { fromDueMs: [], fromSentMs: [], sent: 0, lost: {} };
  const intervalMs = 1_000 / load.perSecond;
  let pending = 0;
  let onIdle: (() => void) | undefined;
  try {
    await Promise.all(clients.map((client) => client.live()));
    const startMs = performance.now();
    const countFromMs = startMs + load.warmUpSeconds * 1_000;
    const endMs = countFromMs + load.seconds * 1_000;
    const ask = async (session: number, dueMs: number): Promise<void> => {
      const counts = dueMs >= countFromMs;
      result.sent += counts ? 1 : 0;
      pending += 1;
      const sentMs = performance.now();
      try {
        await clients[session]!.infer(load.request(`session_${String(session)}`));
        if (counts) {
          const nowMs = performance.now();
          result.fromDueMs.push(nowMs - dueMs);
          result.fromSentMs.push(nowMs - sentMs);
        }
      } catch (error) {
        if (counts) {
          const code = codeOf(error);
          result.lost[code] = (result.lost[code] ?? 0) + 1;
        }
      } finally {
        pending -= 1;
        if (pending === 0) {
          onIdle?.();
        }
      }
    };
    await Promise.all(
      clients.map(async (_client, session) => {
        let dueMs = startMs + (session * intervalMs) / load.sessions;
        for (; dueMs < endMs; dueMs += intervalMs) {
          const waitMs = dueMs - performance.now();
          if (waitMs > 0) {
            await new Promise((resolve) => setTimeout(resolve, waitMs));
          }
          void ask(session, dueMs);
        }
      }),
    );
    if (pending > 0) {
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    }
    return result;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Each client sends its next request when its last is answered. Returns answers a second; rejects when one is lost. */
export async function saturatingLoad(load: SaturatingLoad): Promise<number> {
  const clients = connect(load.address, load.clients);
  try {
    await Promise.all(clients.map((client) => client.live()));
    const startMs = performance.now();
    const endMs = startMs + load.seconds * 1_000;
    let answered = 0;
    await Promise.all(
      clients.map(async (client, index) => {
        while (performance.now() < endMs) {
          await client.infer(load.request(`client_${String(index)}`));
          answered += 1;
        }
      }),
    );
    return answered / ((performance.now() - startMs) / 1_000);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

function connect(address: string, count: number): GrpcInferenceClient[] {
  return Array.from({ length: count }, () => new GrpcInferenceClient({ address }));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

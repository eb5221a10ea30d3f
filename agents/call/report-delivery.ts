/** Delivers a finished call's report to signaling, patiently: a signaling that restarts must not lose it. */
import type { Report } from '#agents/dispatch/report.ts';
import { roomName } from '#agents/dispatch/metadata.ts';
import type { Clock } from '#media/clock.ts';
import { AccessToken } from 'livekit-server-sdk';

/** Signaling may be restarted, moved or mended meanwhile; nobody waits for this process. */
const DELIVER_WITHIN_MS = 600_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
/** One that hangs is asked again. */
const ANSWER_WITHIN_MS = 15_000;
const TOO_MANY_REQUESTS = 429;
const TOKEN_TTL_S = 60;

export interface DeliveryOptions {
  url: string;
  apiKey: string;
  apiSecret: string;
  clock: Clock;
  send?: typeof fetch;
}

/** Resolves when signaling has the report. Rejects after ten minutes, or at once when it refuses the report. */
export async function deliverReport(report: Report, options: DeliveryOptions): Promise<void> {
  const send = options.send ?? fetch;
  const giveUpAtMs = options.clock.nowMs() + DELIVER_WITHIN_MS;
  let waitMs = FIRST_WAIT_MS;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await send(options.url, {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await workerToken(report.sessionId, options)}`,
        },
        body: JSON.stringify(report),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (answer.ok) {
        return;
      }
      if (answer.status < 500 && answer.status !== TOO_MANY_REQUESTS) {
        throw new ReportRefusedError(answer.status);
      }
      failure = new Error(`Signaling answered ${String(answer.status)} to the report.`);
    } catch (error) {
      if (error instanceof ReportRefusedError) {
        throw error;
      }
      failure = error;
    }
    if (options.clock.nowMs() + waitMs >= giveUpAtMs) {
      throw failure;
    }
    const pauseMs = waitMs;
    await new Promise<void>((resolve) => {
      options.clock.after(pauseMs, resolve);
    });
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

/** Signaling does not want this report, however often it comes. */
export class ReportRefusedError extends Error {
  readonly code = 'REPORT_REFUSED';

  constructor(status: number) {
    super(`Signaling answered ${String(status)} to the report.`);
    this.name = 'ReportRefusedError';
  }
}

function workerToken(sessionId: string, { apiKey, apiSecret }: DeliveryOptions): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, { identity: 'agent-worker', ttl: TOKEN_TTL_S });
  token.addGrant({ roomAdmin: true, room: roomName(sessionId) });
  return token.toJwt();
}

/** Delivers a finished call's report to signaling, patiently: a signaling that restarts must not lose it. */
import type { Report } from '#agents/dispatch/report.ts';
import { roomName } from '#agents/dispatch/metadata.ts';
import type { Clock } from '#media/clock.ts';
import { AccessToken } from 'livekit-server-sdk';

const ATTEMPTS = 6;
const FIRST_WAIT_MS = 250;
const TOKEN_TTL_S = 60;

export interface DeliveryOptions {
  url: string;
  apiKey: string;
  apiSecret: string;
  clock: Clock;
  send?: typeof fetch;
}

/** Resolves when signaling has the report. Rejects after the last attempt, or at once when it refuses the report. */
export async function deliverReport(report: Report, options: DeliveryOptions): Promise<void> {
  const send = options.send ?? fetch;
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) {
      await new Promise<void>((resolve) => {
        options.clock.after(FIRST_WAIT_MS * 2 ** (attempt - 1), resolve);
      });
    }
    try {
      const answer = await send(options.url, {
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await workerToken(report.sessionId, options)}`,
        },
        body: JSON.stringify(report),
      });
      if (answer.ok) {
        return;
      }
      failure = new Error(`Signaling answered ${String(answer.status)} to the report.`);
      if (answer.status < 500) {
        break;
      }
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function workerToken(sessionId: string, { apiKey, apiSecret }: DeliveryOptions): Promise<string> {
  const token = new AccessToken(apiKey, apiSecret, { identity: 'agent-worker', ttl: TOKEN_TTL_S });
  token.addGrant({ roomAdmin: true, room: roomName(sessionId) });
  return token.toJwt();
}

import type { Report } from '#agents/dispatch/report.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { TokenVerifier } from 'livekit-server-sdk';
import { describe, expect, it } from 'vitest';
import { deliverReport } from './report-delivery.ts';

const KEYS = { apiKey: 'key', apiSecret: 'secret-secret-secret-secret-secret' };
const report = { sessionId: 'abc123def456' } as Report;

/** A signaling that answers with the given statuses in turn; 0 refuses the connection. */
function signaling(statuses: number[]) {
  const requests: RequestInit[] = [];
  const send = ((_url: string, init: RequestInit) => {
    requests.push(init);
    const status = statuses.shift() ?? 204;
    return status === 0
      ? Promise.reject(new Error('connection refused'))
      : Promise.resolve(new Response(null, { status }));
  }) as typeof fetch;
  return { requests, send };
}

async function deliver(statuses: number[]) {
  const clock = new FakeClock();
  const { requests, send } = signaling(statuses);
  let outcome = 'waiting';
  void deliverReport(report, { url: 'http://signaling', ...KEYS, clock, send }).then(
    () => (outcome = 'delivered'),
    () => (outcome = 'failed'),
  );
  for (let turn = 0; turn < 400 && outcome === 'waiting'; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2_000);
  }
  return { outcome, requests };
}

describe('delivering a report', () => {
  it('sends it once, with a token that only a worker can sign', async () => {
    const { outcome, requests } = await deliver([204]);
    expect([outcome, requests.length]).toEqual(['delivered', 1]);
    const { authorization } = requests[0]!.headers as Record<string, string>;
    const claims = await new TokenVerifier(KEYS.apiKey, KEYS.apiSecret).verify(
      authorization!.replace('Bearer ', ''),
    );
    expect(claims.video).toEqual({ roomAdmin: true, room: 'lesson_abc123def456' });
  });

  it('outlives a signaling that restarts', async () => {
    const { outcome, requests } = await deliver([0, 502, 204]);
    expect([outcome, requests.length]).toEqual(['delivered', 3]);
  });

  it('does not insist when signaling refuses the report itself', async () => {
    const { outcome, requests } = await deliver([400]);
    expect([outcome, requests.length]).toEqual(['failed', 1]);
  });

  it('outlives one that is down for minutes, or asks for patience', async () => {
    const { outcome } = await deliver([...Array.from({ length: 60 }, () => 0), 429, 204]);
    expect(outcome).toBe('delivered');
  });

  it('gives up after ten minutes, with the reason', async () => {
    const { outcome, requests } = await deliver(Array.from({ length: 1_000 }, () => 503));
    expect(outcome).toBe('failed');
    expect(requests.length).toBeGreaterThan(100);
  });
});

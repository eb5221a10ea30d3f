import { FakeClock } from '#media/testing/fake-clock.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { WorkerDrain } from './worker-drain.ts';

const DRAIN_MS = 60_000;

const metadataOf = (sessionId: string): string =>
  JSON.stringify({
    sessionId,
    scenarioId: 'first-interview',
    learnerIdentity: 'learner-1',
    learnerName: 'Robin',
    reportUrl: 'http://127.0.0.1:8080/report',
    ownership: { fence: 3, url: `http://127.0.0.1:8080/api/internal/sessions/${sessionId}` },
  });

let clock: FakeClock;
let calls: string[];
let heard: string[];
/** What signaling answers to the next requests; then, that it took the call. */
let answers: (number | { handedOver: boolean })[];
let ended: boolean;

function drainOf(drainMs: number): WorkerDrain {
  return new WorkerDrain({
    worker: {
      drain: () => {
        heard.push('drain');
        return Promise.reject(new Error('timed out draining'));
      },
      close: () => {
        heard.push(`close with ${String(calls.length)}`);
        return Promise.resolve();
      },
      get calls() {
        return calls;
      },
    },
    clock,
    drainMs,
    apiKey: 'key',
    apiSecret: 'secret-secret-secret-secret-secret',
    onTrouble: () => heard.push('trouble'),
    send: ((url: string) => {
      const answer = answers.shift() ?? { handedOver: true };
      heard.push(new URL(url).pathname.split('/').slice(-2).join('/'));
      if (typeof answer === 'number') {
        return answer === 0
          ? Promise.reject(new Error('refused'))
          : Promise.resolve(new Response(null, { status: answer }));
      }
      if (answer.handedOver) {
        calls = calls.filter(
          (call) => !url.includes((JSON.parse(call) as { sessionId: string }).sessionId),
        );
      }
      return Promise.resolve(Response.json(answer));
    }) as typeof fetch,
  });
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    for (let turn = 0; turn < 8; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function stop(drain: WorkerDrain): void {
  void drain.stop().then(() => (ended = true));
}

beforeEach(() => {
  clock = new FakeClock();
  calls = [metadataOf('one'), metadataOf('two')];
  heard = [];
  answers = [];
  ended = false;
});

describe('A worker that is told to stop', () => {
  it('takes nothing new, waits for its calls, and ends with the last', async () => {
    stop(drainOf(DRAIN_MS));
    await pass(1_000);
    calls = calls.slice(1);
    await pass(1_000);
    expect([heard, ended]).toEqual([['drain'], false]);
    calls = [];
    await pass(200);
    expect([heard, ended]).toEqual([['drain', 'close with 0'], true]);
  });

  it('hands over what is left in the end', async () => {
    stop(drainOf(2_000));
    await pass(2_500);
    expect(heard).toEqual(['drain', 'one/handover', 'two/handover', 'close with 0']);
  });

  it('hands over at once when it is told again', async () => {
    const drain = drainOf(DRAIN_MS);
    stop(drain);
    await pass(1_000);
    void drain.stop();
    await pass(200);
    expect(heard).toEqual(['drain', 'one/handover', 'two/handover', 'close with 0']);
    expect(ended).toBe(true);
  });

  it('with no time at all ends its calls, each with its report', async () => {
    stop(drainOf(0));
    await pass(100);
    expect(heard).toEqual(['close with 2']);
  });

  it('asks a signaling that restarts again, and ends what is not taken', async () => {
    calls = calls.slice(1);
    answers = [0, 503, { handedOver: false }];
    stop(drainOf(100));
    await pass(3_000);
    expect(heard).toEqual([
      ...['drain', 'two/handover', 'two/handover', 'two/handover'],
      'close with 1',
    ]);
  });

  it('ends where signaling is gone', async () => {
    calls = calls.slice(1);
    answers = Array.from({ length: 20 }, () => 0);
    stop(drainOf(100));
    await pass(8_000);
    expect(heard.slice(-2)).toEqual(['trouble', 'close with 1']);
  });
});

import type { QualityAttribute } from '#agents/dispatch/quality.ts';
import type { Rung } from '#media/quality/ladder.ts';
import type { Neighbour } from '#media/quality/observation.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { LearnerReports } from './learner-reports.ts';
import { QualityWatch } from './quality-watch.ts';

/** A call whose page counts packets; `line` says what happens to them each two seconds. */
function call(options: { encoderFails?: boolean } = {}) {
  const clock = new FakeClock();
  const reports = new LearnerReports();
  const stage = { picturesDrawn: 0, picturesDropped: 0, renderMsTotal: 0 };
  const rungs: Rung[] = [];
  const news: QualityAttribute[] = [];
  const told: Neighbour[] = [];
  const left: true[] = [];
  const line = { received: 380, lost: 0, bytes: 100_000, roundTripMs: 30 };
  const counters = {
    ...{ atMs: 0, packetsReceived: 0, packetsLost: 0, bytesReceived: 0, framesDecoded: 0 },
    ...{ freezeMs: 0, concealedSamples: 0, playedSamples: 0, roundTripMs: 0 },
  };
  const watch = new QualityWatch({
    clock,
    sources: {
      stage: () => stage,
      reports,
      machineLoad: () => 0.3,
      loopLagMs: () => 2,
      encoder: () =>
        options.encoderFails === true
          ? Promise.reject(new Error('The room is gone.'))
          : Promise.resolve({ limitation: 'none', sentKbps: 410 }),
      connection: () => 'good',
      neighbours: {
        others: () => Promise.resolve([]),
        tell: (note) => {
          told.push(note);
          return Promise.resolve();
        },
        leave: () => {
          left.push(true);
          return Promise.resolve();
        },
      },
    },
    onRung: (rung) => rungs.push(rung),
    onNews: (one) => news.push(one),
  });
  const send = (text: string): void => {
    reports.receive(new TextEncoder().encode(text));
  };
  return {
    ...{ watch, clock, rungs, news, told, left, line, send, stage },
    run: async (seconds: number) => {
      for (let second = 0; second < seconds; second += 2) {
        counters.atMs += 2_000;
        counters.packetsReceived += line.received;
        counters.packetsLost += line.lost;
        counters.bytesReceived += line.bytes;
        counters.framesDecoded += 50;
        counters.playedSamples += 96_000;
        counters.roundTripMs = line.roundTripMs;
        send(JSON.stringify(counters));
        stage.picturesDrawn += 50;
        stage.renderMsTotal += 100;
        await clock.advanceAsync(2_000, 1_000);
      }
    },
  };
}

describe('A call that is watched', () => {
  it('keeps its picture on a good line, and says so once', async () => {
    const { rungs, news, run, watch } = call();
    await run(40);
    expect(rungs).toEqual([]);
    expect(news).toEqual([{ score: 100, rung: 0, reason: 'none' }]);
    expect(watch.counters.secondsOnRung).toEqual([40]);
    await watch.close();
  });

  it('gives picture away for a line that overflows, tells why, and takes it back', async () => {
    const { rungs, news, line, run, watch } = call();
    await run(10);
    Object.assign(line, { received: 200, lost: 100, bytes: 70_000, roundTripMs: 500 });
    await run(2);
    expect(rungs.at(-1)?.maxBitrateKbps).toBeLessThan(280);
    await run(2);
    expect(news.at(-1)).toMatchObject({ reason: 'bandwidth' });
    Object.assign(line, { received: 380, lost: 0, bytes: 100_000, roundTripMs: 30 });
    await run(100);
    expect(watch.counters).toMatchObject({ rung: 0, score: 100, reason: 'none' });
    expect(watch.counters.stepsUp).toBeGreaterThanOrEqual(3);
    await watch.close();
  });

  it('is not moved by what is no report', async () => {
    const { rungs, send, run, watch } = call();
    await run(4);
    send('{"atMs": -4, "packetsLost": "many"}');
    send('no JSON');
    send('x'.repeat(5_000));
    send(JSON.stringify({ atMs: 1 }));
    await run(4);
    expect(rungs).toEqual([]);
    await watch.close();
  });

  it('goes on when the room has no figures', async () => {
    const { told, run, watch } = call({ encoderFails: true });
    await run(6);
    expect(told).toHaveLength(6);
    await watch.close();
  });

  it('ends with nothing left behind', async () => {
    const { clock, told, left, run, watch } = call();
    await run(2);
    await watch.close();
    await watch.close();
    expect(clock.pendingTimers).toBe(0);
    await clock.advanceAsync(5_000, 1_000);
    expect(told).toHaveLength(2);
    expect(left.length).toBeGreaterThan(0);
  });
});

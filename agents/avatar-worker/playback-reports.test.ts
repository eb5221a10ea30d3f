import type { ReportOutcome } from '#agents/room/avatar-room.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { PlaybackReports } from './playback-reports.ts';

function reports(answer: (method: string, attempt: number) => ReportOutcome) {
  const clock = new FakeClock();
  const sent: [string, string][] = [];
  const lost: string[] = [];
  const of = new PlaybackReports({
    send: (method, payload) => {
      sent.push([method.slice('lk.playback_'.length), payload]);
      return Promise.resolve(answer(method, sent.length));
    },
    clock,
    onLost: (method) => lost.push(method),
  });
  return { clock, lost, of, sent };
}

describe('reports of what was heard', () => {
  it('go out in order, with the keys that Python’s agents take', async () => {
    const { clock, of, sent } = reports(() => 'delivered');
    of.started();
    of.finished({ playedMs: 1_250, interrupted: true });
    await clock.advanceAsync(0);
    expect(sent[0]).toEqual(['started', '']);
    expect(sent[1]![0]).toBe('finished');
    expect(JSON.parse(sent[1]![1])).toEqual({
      playback_position: 1.25,
      interrupted: true,
      synchronized_transcript: null,
    });
  });

  it('are sent three times before they are lost, and the next one waits for its turn', async () => {
    const { clock, lost, of, sent } = reports((_, attempt) =>
      attempt <= 3 ? 'failed' : 'delivered',
    );
    of.finished({ playedMs: 10, interrupted: false });
    of.started();
    await clock.advanceAsync(1_000, 50);
    expect(sent.map(([method]) => method)).toEqual(['finished', 'finished', 'finished', 'started']);
    expect(lost).toEqual(['lk.playback_finished']);
  });

  it('that the agent does not want are not sent again, until there is another agent', async () => {
    const { clock, lost, of, sent } = reports((method) =>
      method.endsWith('started') ? 'unsupported' : 'delivered',
    );
    of.started();
    await clock.advanceAsync(0);
    of.started();
    of.finished({ playedMs: 10, interrupted: false });
    await clock.advanceAsync(0);
    expect(sent.map(([method]) => method)).toEqual(['started', 'finished']);
    expect(lost).toEqual([]);
    of.reset();
    of.started();
    await clock.advanceAsync(0);
    expect(sent).toHaveLength(3);
  });

  it('for an agent that left are not sent to the next one', async () => {
    const { clock, of, sent } = reports((_, attempt) => (attempt === 1 ? 'failed' : 'delivered'));
    of.finished({ playedMs: 10, interrupted: true });
    of.finished({ playedMs: 20, interrupted: true });
    await clock.advanceAsync(0);
    of.reset();
    of.started();
    await clock.advanceAsync(1_000, 50);
    expect(sent.map(([method]) => method)).toEqual(['finished', 'started']);
  });

  it('are bounded, and end with the avatar', async () => {
    const { clock, lost, of, sent } = reports(() => 'failed');
    for (let count = 0; count < 100; count += 1) {
      of.finished({ playedMs: count, interrupted: false });
    }
    expect(lost).toHaveLength(35);
    of.close();
    of.started();
    await clock.advanceAsync(1_000, 50);
    expect(sent).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

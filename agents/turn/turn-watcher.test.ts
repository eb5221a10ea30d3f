import { describe, expect, it } from 'vitest';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { LogMelWindow } from './smart-turn/log-mel-window.ts';
import type { TurnModel } from './smart-turn/smart-turn-model.ts';
import { TurnWatcher, type TurnEvent } from './turn-watcher.ts';

const HOP_MS = 32;
const HOP_SAMPLES = 512;

/** A model that answers `script` in turn after `delayMs` of the fake clock. */
function scriptedModel(clock: FakeClock, script: number[], delayMs = 35) {
  const asked: number[] = [];
  const shown: Float32Array[] = [];
  const model: TurnModel = {
    probability: (features) =>
      new Promise((resolve) => {
        asked.push(clock.nowMs());
        shown.push(features);
        clock.after(delayMs, () => {
          resolve(script[Math.min(asked.length, script.length) - 1] ?? 0.5);
        });
      }),
    close: () => Promise.resolve(),
  };
  return { model, asked, shown };
}

function scene(
  script: number[] | undefined,
  backchannels: 'words' | 'none' = 'none',
  hearing: 'basic' | 'full' = 'basic',
) {
  const clock = new FakeClock();
  const events: TurnEvent[] = [];
  const scripted = script === undefined ? undefined : scriptedModel(clock, script);
  const watcher = new TurnWatcher({
    clock,
    model: scripted?.model,
    backchannels,
    hearing,
    onEvent: (event) => events.push(event),
  });
  const hops = async (count: number, speech: boolean): Promise<void> => {
    for (let hop = 0; hop < count; hop += 1) {
      await clock.advanceAsync(HOP_MS, 8);
      watcher.pushAudio(new Int16Array(HOP_SAMPLES).fill(speech ? 900 : 3));
      watcher.pushVad({ speech, durationMs: HOP_MS });
    }
  };
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return {
    clock,
    watcher,
    events,
    hops,
    kinds,
    asked: scripted?.asked ?? [],
    shown: scripted?.shown ?? [],
  };
}

describe('TurnWatcher', () => {
  it('reacts, then ends the turn, when the learner is done', async () => {
    const { watcher, events, hops, kinds } = scene([0.97, 0.98]);
    await hops(60, true);
    watcher.updateText('we moved the deadline to friday');
    await hops(20, false);
    expect(kinds()).toEqual(['react', 'prepare', 'turn-over']);
    expect(events[2]).toMatchObject({ reason: 'certain' });
    expect(events[2]?.silenceMs).toBeGreaterThanOrEqual(200);
    expect(events[2]?.silenceMs).toBeLessThan(300);
  });

  it('takes everything back when the learner goes on, and then ends once', async () => {
    const { hops, kinds, clock } = scene([0.5]);
    await hops(40, true);
    await hops(16, false);
    await hops(20, true);
    expect(kinds()).toEqual(['react', 'prepare', 'resumed']);
    await hops(40, false);
    expect(kinds()).toEqual(['react', 'prepare', 'resumed', 'react', 'prepare', 'turn-over']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('drops an answer of the model that comes after speech has resumed', async () => {
    const { hops, kinds, asked } = scene([0.999, 0.999, 0.02]);
    await hops(40, true);
    await hops(3, false);
    await hops(1, true);
    await hops(8, false);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(kinds()).not.toContain('turn-over');
  });

  it('murmurs once between two answers', async () => {
    const { watcher, hops, events } = scene([0.6], 'words');
    await hops(80, true);
    await hops(12, false);
    await hops(80, true);
    await hops(12, false);
    const sounds = events.filter(({ kind }) => kind === 'backchannel');
    expect(sounds).toMatchObject([{ sound: 'word' }, { sound: 'breath' }]);
    watcher.avatarSpoke({ yesNoQuestion: false });
    await hops(80, true);
    await hops(12, false);
    expect(events.filter(({ kind }) => kind === 'backchannel').at(-1)).toMatchObject({
      sound: 'word',
    });
  });

  it('waits longer when late words turn out open-ended', async () => {
    const { watcher, hops, events } = scene(undefined);
    await hops(40, true);
    await hops(10, false);
    watcher.updateText('we could not deliver because');
    await hops(40, false);
    const over = events.find(({ kind }) => kind === 'turn-over');
    expect(over?.silenceMs).toBeGreaterThan(1_000);
  });

  it('works without a model, and with one that fails', async () => {
    const without = scene(undefined);
    await without.hops(40, true);
    await without.hops(40, false);
    expect(without.events.at(-1)).toMatchObject({ kind: 'turn-over', reason: 'unsure' });

    const clock = new FakeClock();
    const events: TurnEvent[] = [];
    const failing = new TurnWatcher({
      clock,
      model: { probability: () => Promise.reject(new Error('x')), close: () => Promise.resolve() },
      backchannels: 'none',
      hearing: 'basic',
      onEvent: (event) => events.push(event),
    });
    failing.pushVad({ speech: true, durationMs: HOP_MS });
    failing.pushVad({ speech: true, durationMs: HOP_MS });
    failing.pushVad({ speech: false, durationMs: HOP_MS });
    await clock.advanceAsync(1_000, 10);
    expect(events.at(-1)?.kind).toBe('turn-over');
  });

  it('after it has cut in, keeps what it heard and lets the learner finish', async () => {
    const { watcher, hops, events } = scene([0.98]);
    await hops(60, true);
    watcher.updateText('we moved the deadline');
    await hops(12, false);
    await hops(40, true);
    await hops(60, false);
    const [early, late] = events.filter(({ kind }) => kind === 'turn-over');
    expect(early?.silenceMs).toBeLessThan(300);
    expect(late).toMatchObject({ reason: 'unsure' });
    expect(late?.silenceMs).toBeGreaterThan(800);
    await hops(60, true);
    await hops(60, false);
    expect(events.at(-1)).toMatchObject({ kind: 'turn-over', reason: 'certain' });
  });

  it.each([
    { after: 'a pause', probability: 0.02 },
    { after: 'cutting in', probability: 0.99 },
  ])('shows the model 100 ms of the silence before, after $after', async ({ probability }) => {
    const { hops, shown } = scene([probability]);
    await hops(60, true);
    await hops(14, false);
    await hops(40, true);
    await hops(3, false);
    const stretch = (level: number, ms: number) => new Int16Array(ms * 16).fill(level);
    const expected = new LogMelWindow();
    expected.push(stretch(900, 60 * HOP_MS));
    expected.push(stretch(3, 100));
    expected.push(stretch(900, 40 * HOP_MS));
    expected.push(stretch(3, HOP_MS));
    expect(shown).toHaveLength(4);
    expect(shown[2]).toEqual(expected.features());
  });

  it('with a full recogniser, answers early only when the words of this silence are there', async () => {
    const { watcher, hops, events } = scene([0.99], 'none', 'full');
    await hops(60, true);
    watcher.updateText('We moved the deadline.', false);
    await hops(12, false);
    expect(events.map(({ kind }) => kind)).not.toContain('turn-over');
    watcher.updateText('We moved the deadline.');
    await hops(1, false);
    expect(events.at(-1)).toMatchObject({ kind: 'turn-over', reason: 'certain' });
    expect(events.at(-1)!.silenceMs).toBeLessThan(450);
  });

  it('ignores a click', async () => {
    const { hops, kinds } = scene([0.99]);
    await hops(1, true);
    await hops(40, false);
    expect(kinds()).toEqual([]);
  });

  it('says nothing after close, and leaves no timer', async () => {
    const { watcher, hops, kinds, clock } = scene([0.99]);
    await hops(40, true);
    await hops(1, false);
    watcher.close();
    watcher.close();
    expect(clock.pendingTimers).toBe(0);
    await hops(40, false);
    expect(kinds()).toEqual([]);
  });

  it('holds its order whatever the voice does', async () => {
    let seed = 3;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const { watcher, hops, events, clock } = scene([0.1, 0.9, 0.5, 0.99, 0.02], 'words');
    for (let round = 0; round < 120; round += 1) {
      await hops(1 + Math.floor(random() * 12), random() < 0.5);
      if (random() < 0.2) watcher.updateText(random() < 0.5 ? 'and the' : 'that is all');
      if (random() < 0.05) watcher.reset();
      if (random() < 0.1) watcher.avatarSpoke({ yesNoQuestion: random() < 0.5 });
    }
    for (const [index, event] of events.entries()) {
      const before = events[index - 1]?.kind;
      // After "turn over" only a new silence may speak; within one silence nothing repeats.
      if (event.kind === before) expect(event.kind).toBe('react');
      if (event.kind === 'resumed') expect(before).not.toBe('turn-over');
      expect(event.silenceMs).toBeGreaterThanOrEqual(0);
    }
    watcher.close();
    await clock.advanceAsync(100, 10);
    expect(clock.pendingTimers).toBe(0);
  });
});

/** The policy told as stories: a line that narrows, a machine that fills up, six sessions that share one. */
import { describe, expect, it } from 'vitest';
import { QualityController, type Decision } from './controller.ts';
import { LADDER, LAST_RUNG, rungWithin } from './ladder.ts';
import type { Neighbour, Observation, SubscriberReport } from './observation.ts';

const GOOD_LINE: SubscriberReport = {
  lossShare: 0,
  freezeShare: 0,
  concealedShare: 0,
  receivedKbps: 420,
  roundTripMs: 30,
};
const QUIET: Observation = {
  renderMs: 3,
  droppedShare: 0,
  loopLagMs: 4,
  machineLoad: 0.3,
  encoder: { limitation: 'none', sentKbps: 430 },
};

/** Runs `seconds` of the same evidence, with a report every second second. */
class Story {
  readonly controller = new QualityController();
  nowMs = 0;

  run(
    seconds: number,
    seen: Observation,
    line: SubscriberReport | undefined = GOOD_LINE,
  ): Decision {
    let decision: Decision | undefined;
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000;
      const reported = (this.nowMs / 1_000) % 2 === 0 && line !== undefined;
      decision = this.controller.observe(
        { ...QUIET, ...seen, ...(reported ? { subscriber: line } : {}) },
        this.nowMs,
      );
    }
    return decision!;
  }
}

describe('A good call', () => {
  it('has the best picture and says so', () => {
    expect(new Story().run(120, {})).toMatchObject({ rung: 0, score: 100, reason: 'none' });
  });

  it('does not mind scattered loss, which is repaired', () => {
    const decision = new Story().run(
      60,
      {},
      { ...GOOD_LINE, lossShare: 0.05, concealedShare: 0.02 },
    );
    expect(decision.rung).toBe(0);
  });

  it('does not mind one late second', () => {
    const story = new Story();
    story.run(10, {});
    story.run(1, { droppedShare: 0.5, loopLagMs: 300 });
    expect(story.run(5, {}).rung).toBe(0);
  });
});

describe('A line that narrows', () => {
  const NARROW: SubscriberReport = {
    ...GOOD_LINE,
    lossShare: 0.2,
    receivedKbps: 290,
    roundTripMs: 400,
  };

  it('costs the picture what does not fit, with the first report', () => {
    const story = new Story();
    story.run(10, {});
    const decision = story.run(2, {}, NARROW);
    expect(decision.settings.maxBitrateKbps).toBeLessThan(290);
    expect(decision).toMatchObject({ rung: rungWithin(0.85 * 290 - 60), reason: 'bandwidth' });
  });

  it('is tried again after eight good seconds, one rung at a time', () => {
    const story = new Story();
    story.run(2, {}, NARROW);
    const fallen = story.controller.rung;
    expect(story.run(8, {}).rung).toBe(fallen);
    expect(story.run(4, {}).rung).toBe(fallen - 1);
    expect(story.run(60, {}).rung).toBe(0);
  });

  it('that stays narrow is tried less and less often', () => {
    const story = new Story();
    story.run(2, {}, NARROW);
    const fits = story.controller.rung;
    const climbs: number[] = [];
    let before = fits;
    for (let second = 0; second < 300; second += 1) {
      const { rung } = story.run(1, {}, story.controller.rung < fits ? NARROW : GOOD_LINE);
      if (rung < before) {
        climbs.push(story.nowMs / 1_000);
      }
      before = rung;
    }
    const gaps = climbs.slice(1).map((at, index) => at - climbs[index]!);
    expect(climbs.length).toBeLessThanOrEqual(7);
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(60);
  });

  it('goes back to what held when a try fails, and no further', () => {
    const story = new Story();
    story.run(2, {}, NARROW);
    const fits = story.controller.rung;
    while (story.controller.rung === fits) {
      story.run(1, {});
    }
    expect(story.run(2, {}, { ...NARROW, receivedKbps: 90 }).rung).toBe(fits);
    expect(story.run(6, {}, { ...NARROW, receivedKbps: 90 }).rung).toBe(LAST_RUNG);
  });

  it('too narrow for any picture leaves five pictures a second', () => {
    const decision = new Story().run(4, {}, { ...NARROW, receivedKbps: 70 });
    expect(decision).toMatchObject({ rung: LAST_RUNG, settings: { framesPerSecond: 5 } });
  });

  it('does not swing on the border of what it carries', () => {
    const story = new Story();
    story.run(4, {});
    story.run(2, {}, NARROW);
    const rungs = new Set<number>();
    for (let second = 0; second < 24; second += 1) {
      // Neither good nor bad: a queue of 100 ms.
      rungs.add(story.run(1, {}, { ...GOOD_LINE, roundTripMs: 135 }).rung);
    }
    expect(rungs.size).toBe(1);
  });
});

describe('A line that stands still for two seconds', () => {
  it('costs a rung at most: nothing arriving says nothing of what fits', () => {
    const story = new Story();
    story.run(10, {});
    const nothing = { ...GOOD_LINE, receivedKbps: 4, framesPerSecond: 0, concealedShare: 0.9 };
    expect(story.run(2, {}, nothing).rung).toBe(0);
    const after = { ...GOOD_LINE, receivedKbps: 800, freezeShare: 0.9 };
    expect(story.run(2, {}, after).rung).toBe(1);
    expect(story.run(20, {}).rung).toBe(0);
  });
});

describe('A learner who changes to a network with a longer way', () => {
  it('loses picture for half a minute and then gets all of it back', () => {
    const story = new Story();
    story.run(10, {});
    const far = { ...GOOD_LINE, roundTripMs: 250 };
    expect(story.run(20, {}, far).rung).toBeGreaterThan(0);
    expect(story.run(100, {}, far).rung).toBe(0);
  });
});

describe('Without reports', () => {
  it('the server’s word counts', () => {
    const story = new Story();
    const { controller } = story;
    for (let second = 1; second <= 4; second += 1) {
      controller.observe({ ...QUIET, connection: 'poor' }, second * 1_000);
    }
    expect(controller.rung).toBeGreaterThan(0);
  });

  it('a page that has gone silent holds the rung, and the best comes back in time', () => {
    const story = new Story();
    story.run(2, {}, { ...GOOD_LINE, lossShare: 0.3, receivedKbps: 300 });
    const fallen = story.controller.rung;
    expect(fallen).toBeGreaterThan(0);
    story.nowMs += 1_000;
    expect(story.controller.observe(QUIET, story.nowMs).rung).toBe(fallen);
    for (let second = 0; second < 90; second += 1) {
      story.nowMs += 1_000;
      story.controller.observe(QUIET, story.nowMs);
    }
    expect(story.controller.rung).toBe(0);
  });
});

describe('A face that is slow to draw', () => {
  it('gets fewer pictures on a machine that has room', () => {
    const decision = new Story().run(6, { renderMs: 35, machineLoad: 0.4 });
    expect(decision.reason).toBe('drawing');
    expect(decision.settings.framesPerSecond).toBeLessThan(25);
  });

  it('is let be where its pictures keep their time', () => {
    const decision = new Story().run(30, { renderMs: 20, machineLoad: 0.4 });
    expect(decision.rung).toBe(0);
  });
});

describe('A full machine', () => {
  it('takes from the picture within two or three seconds', () => {
    const story = new Story();
    story.run(20, {});
    expect(story.run(3, { machineLoad: 0.95, droppedShare: 0.3 })).toMatchObject({
      rung: 1,
      reason: 'machine',
    });
  });

  it('that keeps all pictures on time is let be', () => {
    expect(new Story().run(60, { machineLoad: 1 }).rung).toBe(0);
  });

  it('on which everything is on time again is tried with more patience than an idle one', () => {
    const story = new Story();
    story.run(4, { machineLoad: 1, droppedShare: 0.3 });
    const fallen = story.controller.rung;
    expect(fallen).toBeGreaterThan(0);
    expect(story.run(20, { machineLoad: 1 }).rung).toBe(fallen);
    expect(story.run(16, { machineLoad: 1 }).rung).toBe(fallen - 1);
  });

  /** Six sessions on one machine: each costs by its rung; what does not fit makes pictures late. */
  function share(seconds: number, foreign: (second: number) => number, joins: readonly number[]) {
    const costOf = (rung: number): number => 0.03 + 0.0035 * LADDER[rung]!.framesPerSecond;
    const sessions: { controller: QualityController; said: Neighbour; rung: number }[] = [];
    const spreads: number[] = [];
    const worst: number[] = [];
    for (let second = 0; second < seconds; second += 1) {
      if (joins.includes(second)) {
        sessions.push({
          controller: new QualityController(),
          said: { machineRung: 0, strained: false },
          rung: 0,
        });
      }
      const wanted = foreign(second) + sessions.reduce((sum, { rung }) => sum + costOf(rung), 0);
      // The sessions late this second are not the same each time: a scheduler has its favourites.
      const said = sessions.map((session) => session.said);
      sessions.forEach((session, index) => {
        const unlucky = wanted > 1 && (index + second) % 3 !== 0;
        const decision = session.controller.observe(
          {
            ...QUIET,
            machineLoad: Math.min(1, wanted),
            droppedShare: unlucky ? 0.3 : 0,
            neighbours: said.filter((_other, other) => other !== index),
          },
          second * 1_000 + index * 137,
        );
        session.rung = decision.rung;
        session.said = decision.neighbour;
      });
      const rungs = sessions.map(({ rung }) => rung);
      spreads.push(Math.max(...rungs) - Math.min(...rungs));
      worst.push(Math.max(...rungs));
    }
    return { spreads, worst };
  }

  it('takes a little from each of six sessions, and never much from one', () => {
    const { spreads, worst } = share(
      300,
      (second) => (second < 200 ? 0.4 : 0),
      [0, 3, 6, 9, 12, 15],
    );
    expect(Math.max(...spreads)).toBe(1);
    expect(Math.max(...worst.slice(30, 200))).toBeGreaterThanOrEqual(1);
    // With the foreign load gone, all come back.
    expect(worst.at(-1)).toBe(0);
  });

  it('receives a newcomer at the rung of those who are there', () => {
    const joins = [0, 1, 2, 3, 4, 60];
    const { spreads, worst } = share(120, () => 0.5, joins);
    expect(worst[59]).toBeGreaterThanOrEqual(2);
    expect(Math.max(...spreads)).toBe(1);
  });
});

describe('The score', () => {
  it('falls with every rung, and with what stands still', () => {
    const frozen = new Story().run(2, {}, { ...GOOD_LINE, freezeShare: 0.05 });
    expect(frozen).toMatchObject({ rung: 0, score: 95 });
  });
});

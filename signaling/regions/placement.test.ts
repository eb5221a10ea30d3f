import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  kmBetween,
  place,
  scoreOf,
  UNKNOWN_LATENCY_MS,
  type Candidate,
  type Latencies,
} from './placement.ts';

const region = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  ...{ id, healthy: true, live: 0, capacity: 10, location: null },
  ...more,
});
const NORTH = region('north', { location: { lat: 59.3, lon: 18.1 } });
const SOUTH = region('south', { location: { lat: 41.4, lon: 2.2 } });
const WEST = region('west', { location: { lat: 37.8, lon: -122.4 } });

describe('a session', () => {
  it('goes where there is one region, whatever was measured', () => {
    expect(place([NORTH], {})).toEqual({ kind: 'placed', id: 'north', reason: 'only' });
    const measured = place([NORTH], { north: 900, elsewhere: 1 });
    expect(measured).toEqual({ kind: 'placed', id: 'north', reason: 'only' });
  });

  it('goes to the nearest', () => {
    const latenciesMs = { north: 80, south: 20, west: 150 };
    expect(place([NORTH, SOUTH, WEST], latenciesMs)).toMatchObject({
      ...{ id: 'south', reason: 'nearest' },
    });
  });

  it('is told why it is not in the nearest', () => {
    const latenciesMs = { north: 30, south: 20 };
    const reasonWith = (more: Partial<Candidate>) =>
      place([NORTH, { ...SOUTH, ...more }], latenciesMs);
    expect(reasonWith({ healthy: false })).toMatchObject({
      ...{ id: 'north', reason: 'nearer-unhealthy' },
    });
    expect(reasonWith({ live: 10 })).toMatchObject({ id: 'north', reason: 'nearer-full' });
    expect(reasonWith({ live: 9 })).toMatchObject({ id: 'north', reason: 'nearer-busy' });
    expect(reasonWith({ live: 1 })).toMatchObject({ id: 'south', reason: 'nearest' });
  });

  it('of which nothing was measured goes where the least load is', () => {
    const busy = { ...NORTH, live: 5 };
    expect(place([busy, SOUTH], {})).toMatchObject({ id: 'south', reason: 'least-loaded' });
    expect(place([busy, SOUTH], { unknown: 3 })).toMatchObject({ reason: 'least-loaded' });
  });

  it('a region that was not measured is as far as another and the way from there', () => {
    expect(place([NORTH, SOUTH, WEST], { south: 20 })).toMatchObject({ id: 'south' });
    // Stockholm is 2,300 km from Barcelona.
    const placed = place([NORTH, { ...SOUTH, healthy: false }, WEST], { south: 20 });
    expect(placed).toMatchObject({ id: 'north', reason: 'nearer-unhealthy' });
    const nowhere = region('nowhere');
    expect(place([nowhere, WEST], { west: UNKNOWN_LATENCY_MS + 1 })).toMatchObject({
      id: 'nowhere',
    });
  });

  it('goes nowhere where none is well, or all that are are full', () => {
    const down = { ...NORTH, healthy: false };
    expect(place([down], { north: 1 })).toEqual({ kind: 'unhealthy' });
    expect(place([], {})).toEqual({ kind: 'unhealthy' });
    expect(place([down, { ...SOUTH, live: 10 }], {})).toEqual({ kind: 'full' });
  });
});

const latency = fc.double({ min: 0, max: 60_000, noNaN: true });
const candidates = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    healthy: fc.boolean(),
    live: fc.integer({ min: 0, max: 60 }),
    capacity: fc.integer({ min: 1, max: 50 }),
    location: fc.option(
      fc.record({
        lat: fc.double({ min: -90, max: 90, noNaN: true }),
        lon: fc.double({ min: -180, max: 180, noNaN: true }),
      }),
    ),
  }),
  { selector: ({ id }) => id, maxLength: 6 },
);
const latencies = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'elsewhere'),
  fc.oneof(latency, fc.constantFrom(Number.NaN, -1, Number.POSITIVE_INFINITY)),
) as fc.Arbitrary<Latencies>;

describe('whatever was measured', () => {
  it('nobody goes to a region that is not well or is full; somewhere, if any is neither', () => {
    fc.assert(
      fc.property(candidates, latencies, (all, latenciesMs) => {
        const open = all.filter(({ healthy, live, capacity }) => healthy && live < capacity);
        const placed = place(all, latenciesMs);
        if (placed.kind === 'placed') {
          expect(open.map(({ id }) => id)).toContain(placed.id);
        } else {
          expect(open).toEqual([]);
          expect(placed.kind).toBe(all.some(({ healthy }) => healthy) ? 'full' : 'unhealthy');
        }
      }),
    );
  });

  it('the score grows with the latency and with the load', () => {
    fc.assert(
      fc.property(candidates, latency, latency, (all, one, other) => {
        const [near, far] = [Math.min(one, other), Math.max(one, other)];
        for (const candidate of all) {
          expect(scoreOf(candidate, near)).toBeLessThanOrEqual(scoreOf(candidate, far));
          if (far > near + 0.001 && scoreOf(candidate, near) < Number.POSITIVE_INFINITY) {
            expect(scoreOf(candidate, near)).toBeLessThan(scoreOf(candidate, far));
          }
          const busier = { ...candidate, live: candidate.live + 1 };
          expect(scoreOf(candidate, near)).toBeLessThanOrEqual(scoreOf(busier, near));
        }
      }),
    );
  });

  it('a region that comes nearer to a learner who is in it keeps them', () => {
    fc.assert(
      fc.property(
        candidates.filter((all) => all.length > 0),
        fc.tuple(latency, latency, latency, latency, latency, latency),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, values, share) => {
          const names = ['a', 'b', 'c', 'd', 'e', 'f'];
          const before = Object.fromEntries(names.map((name, at) => [name, values[at] ?? 0]));
          const placed = place(all, before);
          if (placed.kind === 'placed') {
            const nearer = { ...before, [placed.id]: before[placed.id]! * share };
            expect(place(all, nearer)).toMatchObject({ id: placed.id });
          }
        },
      ),
    );
  });
});

it('kilometres are those of the globe', () => {
  const [stockholm, barcelona] = [NORTH.location!, SOUTH.location!];
  expect(kmBetween(stockholm, barcelona)).toBeGreaterThan(2_200);
  expect(kmBetween(stockholm, barcelona)).toBeLessThan(2_350);
  expect(kmBetween(stockholm, stockholm)).toBe(0);
  expect(kmBetween({ lat: 0, lon: 0 }, { lat: 0, lon: 180 })).toBeCloseTo(20_015, 0);
});

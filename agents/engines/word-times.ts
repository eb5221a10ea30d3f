/** Finds where each word lies in a run of phones, given how each word sounds alone. Pure. */
import type { TimedPhone } from './flite/protocol.ts';

export interface TimeSpan {
  startMs: number;
  endMs: number;
}

const VOWELS = new Set('aa ae ah ao aw ax axr ay eh er ey ih ix iy ow oy uh uw'.split(' '));

/** A phone that connected speech added or dropped. */
const GAP_COST = 0.7;

/** Connected speech reduces vowels and softens consonants, but seldom turns one kind into the other. */
const changeCost = (from: string, to: string): number => {
  if (from === to) return 0;
  return VOWELS.has(from) === VOWELS.has(to) ? 0.5 : 1.6;
};

type Step = 'both' | 'expected' | 'heard';

/** The cheapest pairing of expected with heard phones: for each heard phone the index of its expected one. */
const pair = (expected: readonly string[], heard: readonly string[]): number[] => {
  const columns = heard.length + 1;
  const cost = new Float64Array((expected.length + 1) * columns);
  const steps: Step[] = new Array<Step>(cost.length).fill('both');
  for (let i = 0; i <= expected.length; i += 1) {
    for (let j = 0; j <= heard.length; j += 1) {
      const at = i * columns + j;
      if (at === 0) continue;
      let best = Number.POSITIVE_INFINITY;
      if (i > 0 && j > 0) {
        best = cost[at - columns - 1]! + changeCost(expected[i - 1]!, heard[j - 1]!);
      }
      if (i > 0 && cost[at - columns]! + GAP_COST < best) {
        best = cost[at - columns]! + GAP_COST;
        steps[at] = 'expected';
      }
      if (j > 0 && cost[at - 1]! + GAP_COST < best) {
        best = cost[at - 1]! + GAP_COST;
        steps[at] = 'heard';
      }
      cost[at] = best;
    }
  }
  const owners = new Array<number>(heard.length).fill(0);
  let i = expected.length;
  let j = heard.length;
  while (i > 0 || j > 0) {
    const step = steps[i * columns + j]!;
    if (step !== 'expected') {
      j -= 1;
      owners[j] = Math.max(0, i - 1);
    }
    if (step !== 'heard') i -= 1;
  }
  return owners;
};

/** Gives every word without a sound of its own a share of its neighbour, so that no word is empty. */
const fillEmpty = (spans: (TimeSpan | undefined)[]): TimeSpan[] => {
  const filled: TimeSpan[] = [];
  let index = 0;
  while (index < spans.length) {
    const owner = spans[index];
    if (owner !== undefined) {
      let followers = 0;
      while (index + 1 + followers < spans.length && spans[index + 1 + followers] === undefined) {
        followers += 1;
      }
      const share = (owner.endMs - owner.startMs) / (followers + 1);
      for (let part = 0; part <= followers; part += 1) {
        filled.push({
          startMs: owner.startMs + part * share,
          endMs: owner.startMs + (part + 1) * share,
        });
      }
      index += followers + 1;
    } else {
      // Only at the very start: no word before this one has a sound.
      const firstHeard = spans.findIndex((span) => span !== undefined);
      const lender = spans[firstHeard];
      if (lender === undefined) return spans.map(() => ({ startMs: 0, endMs: 0 }));
      const share = (lender.endMs - lender.startMs) / (firstHeard + 1);
      for (let part = 0; part < firstHeard; part += 1) {
        spans[part] = {
          startMs: lender.startMs + part * share,
          endMs: lender.startMs + (part + 1) * share,
        };
      }
      spans[firstHeard] = { startMs: lender.startMs + firstHeard * share, endMs: lender.endMs };
    }
  }
  return filled;
};

/**
 * The time span of each word, in order, without overlaps. `pronunciations[i]` are the phones of word i alone; a
 * word whose pronunciation is unknown (empty) shares its neighbour's time.
 */
export const findWordTimes = (
  phones: readonly TimedPhone[],
  pronunciations: readonly (readonly string[])[],
): TimeSpan[] => {
  const heard = phones.filter(({ phone }) => phone !== 'pau');
  const wordOf = pronunciations.flatMap((word, index) => word.map(() => index));
  const owners = pair(
    pronunciations.flat(),
    heard.map(({ phone }) => phone),
  );
  const spans: (TimeSpan | undefined)[] = pronunciations.map(() => undefined);
  heard.forEach(({ startMs, endMs }, index) => {
    const word = wordOf[owners[index]!];
    if (word === undefined) return;
    const span = spans[word];
    if (span === undefined) spans[word] = { startMs, endMs };
    else span.endMs = endMs;
  });
  return fillEmpty(spans);
};

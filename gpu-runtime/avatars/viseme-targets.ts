/**
 * What each viseme looks like, in measures of the mouth, as shares of the width of that mouth at rest; and from which
 * parameters the search sets out. LiteAvatar's parameters mean the same for every avatar, because one audio model drives
 * them all: 5 drops the jaw, 11 lifts the upper lip, 12 and 18 round, 24 spreads, 8, 9, 22 and 31 press the lips.
 */
import type { Viseme } from '#media/visemes/viseme.ts';
import type { MouthMeasure } from './mouth-measure.ts';

export type TargetName = 'open' | 'teeth' | 'width' | 'height' | 'lips';

export interface VisemeTarget {
  /** Shares of the width at rest. */
  measures: Readonly<Partial<Record<TargetName, number>>>;
  start: Readonly<Record<number, number>>;
  /** What is found is taken back towards rest until the skin around it drifts no more than this; for rounded lips. */
  mostDrift?: number;
}

/** Parameters that the search may move; the others discolour lips or skin when they move at all. */
export const SEARCHED = [0, 1, 5, 6, 8, 9, 10, 11, 12, 14, 15, 18, 22, 23, 24, 25, 28, 29, 30, 31];

/** Differences that count as much as one another, as shares of the width at rest. */
export const TOLERANCE: Readonly<Record<TargetName, number>> = {
  open: 0.014,
  teeth: 0.014,
  width: 0.023,
  height: 0.046,
  lips: 0.037,
};

/** Skin of rest and of most visemes is less rough; specks are rougher. */
const SPECKS = 2.3;

/** Rest itself is `sil`. */
export const VISEME_TARGETS: Readonly<Record<Exclude<Viseme, 'sil'>, VisemeTarget>> = {
  PP: {
    measures: { open: 0, teeth: 0, width: 1.01, lips: 0.555 },
    start: { 5: -0.05, 8: 0.3, 9: 0.3, 31: 0.3 },
  },
  FF: {
    measures: { open: 0.055, teeth: 0.05, width: 1.01, lips: 0.58, height: 0.69 },
    start: { 5: 0.08, 8: 0.3, 11: 0.3, 22: 0.3, 31: 0.2 },
  },
  TH: {
    measures: { open: 0.095, teeth: 0.05, width: 0.99, height: 0.75 },
    start: { 5: 0.18, 11: 0.1 },
  },
  DD: {
    measures: { open: 0.083, teeth: 0.064, width: 1.01, height: 0.7 },
    start: { 5: 0.15, 11: 0.2 },
  },
  kk: { measures: { open: 0.12, teeth: 0.06, width: 0.98 }, start: { 5: 0.2, 11: 0.15 } },
  CH: {
    measures: { open: 0.095, teeth: 0.07, width: 0.92, height: 0.73 },
    start: { 5: 0.1, 11: 0.35, 12: 0.35, 18: 0.2 },
    mostDrift: 1.35,
  },
  SS: {
    measures: { open: 0.083, teeth: 0.08, width: 1.045, height: 0.64 },
    start: { 0: 0.25, 11: 0.3, 24: 0.2 },
  },
  nn: {
    measures: { open: 0.075, teeth: 0.05, width: 1, height: 0.71 },
    start: { 5: 0.13, 11: 0.15 },
  },
  RR: {
    measures: { open: 0.08, teeth: 0.03, width: 0.92, height: 0.72 },
    start: { 5: 0.15, 12: 0.35, 18: 0.2 },
    mostDrift: 1.35,
  },
  aa: { measures: { open: 0.295, teeth: 0.083, width: 0.955 }, start: { 5: 0.38, 11: 0.05 } },
  E: { measures: { open: 0.185, teeth: 0.09, width: 1 }, start: { 0: 0.1, 5: 0.26, 11: 0.2 } },
  ih: {
    measures: { open: 0.12, teeth: 0.095, width: 1.035, height: 0.68 },
    start: { 0: 0.15, 5: 0.17, 11: 0.2, 24: 0.2 },
  },
  oh: {
    measures: { open: 0.19, teeth: 0, width: 0.89, height: 0.8 },
    start: { 5: 0.28, 12: 0.33, 18: 0.33 },
    mostDrift: 1.35,
  },
  ou: {
    measures: { open: 0.06, teeth: 0, width: 0.88, height: 0.72 },
    start: { 5: 0.06, 12: 0.34, 14: 0.16, 18: 0.32 },
    mostDrift: 1.3,
  },
};

/** How far a mouth is from what is wanted; about 1 per tolerance missed, more where the face is damaged. */
export function lookCost(
  measure: MouthMeasure | null,
  target: VisemeTarget,
  restWidth: number,
): number {
  if (measure === null) {
    return 1_000;
  }
  let cost = 0;
  for (const name of Object.keys(target.measures) as TargetName[]) {
    const missed = measure[name] / restWidth - target.measures[name]!;
    cost += (missed / TOLERANCE[name]) ** 2;
  }
  cost += 10 * Math.max(0, measure.drift - 1.2) ** 2 + 6 * Math.max(0, measure.hue - 0.8) ** 2;
  cost += 5 * Math.max(0, measure.specks - SPECKS) ** 2;
  return cost + 0.5 * measure.glare ** 2 + 0.05 * Math.max(0, measure.redness - 49) ** 2;
}

/** Keeps parameters near rest, few of them moved, and within what the decoder draws cleanly. */
export function effortCost(numbers: readonly number[], neutral: readonly number[]): number {
  let cost = 0;
  numbers.forEach((value, index) => {
    const moved = value - neutral[index]!;
    cost += 3 * moved ** 2 + 0.25 * Math.abs(moved);
    cost += 300 * (Math.max(0, value - 0.5) ** 2 + Math.max(0, -0.05 - value) ** 2);
  });
  return cost;
}

/**
 * Finds numbers that make a cost small by trying: evolution with an adapting step and variance per number. Source: Hansen,
 * "The CMA Evolution Strategy: A Tutorial", with a diagonal covariance (Ros & Hansen 2008).
 */
export interface EvolutionOptions {
  start: readonly number[];
  /** First step. */
  step: number;
  generations: number;
  /** Tries per generation. */
  tries: number;
  /** A normal deviate. */
  normal: () => number;
}

export interface Found {
  numbers: number[];
  cost: number;
}

export async function evolve(
  options: EvolutionOptions,
  cost: (numbers: readonly number[]) => Promise<number>,
): Promise<Found> {
  const { start, generations, tries, normal } = options;
  const n = start.length;
  const parents = tries >> 1;
  const raw = Array.from({ length: parents }, (_, i) => Math.log(parents + 0.5) - Math.log(i + 1));
  const total = raw.reduce((sum, each) => sum + each, 0);
  const weights = raw.map((each) => each / total);
  const effective = 1 / weights.reduce((sum, each) => sum + each * each, 0);
  const stepRate = (effective + 2) / (n + effective + 5);
  const damping = 1 + stepRate + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1);
  const pathRate = 4 / (n + 4);
  // A diagonal has fewer numbers to learn, so it may learn faster.
  const rankOne = ((2 / ((n + 1.3) ** 2 + effective)) * (n + 2)) / 3;
  const rankMany = Math.min(
    1 - rankOne,
    (((2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective)) * (n + 2)) / 3,
  );
  const expected = Math.sqrt(n) * (1 - 1 / (4 * n));
  const mean = [...start];
  const variance = new Array<number>(n).fill(1);
  const stepPath = new Array<number>(n).fill(0);
  const path = new Array<number>(n).fill(0);
  let step = options.step;
  let best: Found = { numbers: [...start], cost: Number.POSITIVE_INFINITY };
  for (let generation = 0; generation < generations; generation += 1) {
    const round: Found[] = [];
    for (let index = 0; index < tries; index += 1) {
      const first = generation === 0 && index === 0;
      const numbers = mean.map((value, i) =>
        first ? value : value + step * Math.sqrt(variance[i]!) * normal(),
      );
      round.push({ numbers, cost: await cost(numbers) });
    }
    round.sort((a, b) => a.cost - b.cost);
    best = round[0]!.cost < best.cost ? round[0]! : best;
    const moves = round
      .slice(0, parents)
      .map(({ numbers }) => numbers.map((value, i) => (value - mean[i]!) / step));
    for (let i = 0; i < n; i += 1) {
      const move = moves.reduce((sum, each, rank) => sum + weights[rank]! * each[i]!, 0);
      mean[i] = mean[i]! + step * move;
      stepPath[i] =
        (1 - stepRate) * stepPath[i]! +
        (Math.sqrt(stepRate * (2 - stepRate) * effective) * move) / Math.sqrt(variance[i]!);
      path[i] = (1 - pathRate) * path[i]! + Math.sqrt(pathRate * (2 - pathRate) * effective) * move;
      const spread = moves.reduce((sum, each, rank) => sum + weights[rank]! * each[i]! ** 2, 0);
      variance[i] =
        (1 - rankOne - rankMany) * variance[i]! + rankOne * path[i]! ** 2 + rankMany * spread;
    }
    step *= Math.exp((stepRate / damping) * (Math.hypot(...stepPath) / expected - 1));
  }
  return best;
}

/** The playout buffer's section of the media bench: arrival traces through our buffer, a fixed one and none. */
import { show } from '../../runtime/report.ts';
import { DelayTally } from './play-answer.ts';
import { PLAYERS, SESSION_MS, simulate, type Player, type TraceResult } from './simulation.ts';
import { readTraces } from './trace.ts';

/** Hours of calls that are simulated, over all traces. */
export const HOURS = 2_000;
const QUICK_HOURS = 120;
const SEED = 1;

export interface Row {
  figure: string;
  reach: string;
  measured: string;
  n: string;
}

export interface BufferResult {
  figures: {
    /** Mean over the traces. */
    underrunsPerTenMinutes: Record<Player, number>;
    /** Over everything heard on steady traces. */
    addedDelayMs: { p50: number };
  };
  rows: Row[];
  detail: {
    hours: number;
    /** Simulated time over the time it took. */
    speedUp: number;
    seed: number;
    traces: Omit<TraceResult, 'tally'>[];
  };
}

export async function measureBuffer(quick: boolean): Promise<BufferResult> {
  return measureHours(quick ? QUICK_HOURS : HOURS);
}

/** Plays about so many hours, as many sessions of ten minutes on each trace. */
export async function measureHours(
  hours: number,
  say: (line: string) => void = () => undefined,
): Promise<BufferResult> {
  const traces = await readTraces();
  const sessions = Math.max(1, Math.round((hours * 3_600_000) / SESSION_MS / traces.length));
  const startedMs = performance.now();
  const results = traces.map((trace) => {
    say(`${trace.name}: ${String(sessions)} sessions of ten minutes`);
    return simulate(trace, sessions, SEED);
  });
  const tookMs = performance.now() - startedMs;
  const simulatedMs = sessions * traces.length * SESSION_MS;
  return {
    figures: {
      underrunsPerTenMinutes: perPlayer((player) => mean(results, player)),
      addedDelayMs: { p50: medianDelayMs(ofRole(results, 'steady'), 'ours') },
    },
    rows: rowsOf(results, sessions),
    detail: {
      hours: simulatedMs / 3_600_000,
      speedUp: Math.round(simulatedMs / tookMs),
      seed: SEED,
      traces: results.map(({ tally: _tally, ...result }) => result),
    },
  };
}

const ofRole = (results: readonly TraceResult[], ...roles: TraceResult['role'][]): TraceResult[] =>
  results.filter(({ role }) => roles.includes(role));

const perPlayer = (of: (player: Player) => number): Record<Player, number> => ({
  ours: of('ours'),
  fixed: of('fixed'),
  none: of('none'),
});

const underruns = ({ players }: TraceResult, player: Player): number =>
  players[player].underrunsPerTenMinutes;

const mean = (results: readonly TraceResult[], player: Player): number =>
  results.reduce((sum, result) => sum + underruns(result, player), 0) / results.length;

function medianDelayMs(results: readonly TraceResult[], player: Player): number {
  const all = new DelayTally();
  for (const { tally } of results) {
    tally[player].frames.forEach((frames, ms) => {
      all.add(ms, frames);
    });
  }
  return all.quantileMs(0.5);
}

function rowsOf(results: readonly TraceResult[], sessions: number): Row[] {
  const steady = ofRole(results, 'steady');
  const survivable = ofRole(results, 'steady', 'survivable');
  const worst = ofRole(results, 'worst');
  const each = (of: (player: Player) => string): string =>
    PLAYERS.map((player) => `${player} ${of(player)}`).join(', ');
  const most = (among: readonly TraceResult[]): string => {
    const result = among.reduce((a, b) => (underruns(b, 'ours') > underruns(a, 'ours') ? b : a));
    return `${show(underruns(result, 'ours'))} on ${result.name}`;
  };
  const n = (among: readonly TraceResult[]): string =>
    `${String(among.length)} traces × ${String(sessions)} sessions of 10 min`;
  const share = (of: 'concealedShare' | 'stretchedShare'): string =>
    show(
      (100 * results.reduce((sum, { players }) => sum + players.ours[of], 0)) / results.length,
      ' %',
      3,
    );
  return [
    {
      figure: 'underruns per 10 min, survivable traces',
      reach: '0',
      measured: `${each((player) => show(mean(survivable, player)))}; ours at most ${most(survivable)}`,
      n: n(survivable),
    },
    {
      figure: 'underruns per 10 min, the worst traces',
      reach: '≤ 1',
      measured: `${each((player) => show(mean(worst, player)))}; ours at most ${most(worst)}`,
      n: n(worst),
    },
    {
      figure: 'added delay, median, steady traces',
      reach: '≤ 60 ms',
      measured: each((player) => show(medianDelayMs(steady, player), ' ms')),
      n: n(steady),
    },
    {
      figure: 'of what is heard: concealed, stretched',
      reach: 'report',
      measured: `${share('concealedShare')}, ${share('stretchedShare')}`,
      n: n(results),
    },
  ];
}

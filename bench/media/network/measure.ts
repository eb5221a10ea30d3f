/** The section `network`: a call over lines that lose, narrow and stall, with and without adaptive quality. */
import { whyNoBadLine } from '../../../tests/network/bad-line.ts';
import type { Row, SectionResult } from '../report.ts';
import { runTrial, type Trial, type TrialOptions } from './trial.ts';
import { wordsHeard } from './words.ts';

const SPOKEN = [
  'Well, thank you for coming in today, I have been looking forward to our talk about the new project.',
  'We had to move the deadline by two weeks, because the supplier did not deliver the parts on time.',
  'Could you tell me what the team has learned from this, and what you would do in another way next time?',
];
const NET = 60;

interface Case {
  name: string;
  commands: readonly string[];
  adaptive: boolean;
  watchMs: number;
}

const STALL_MS = 2_000;
const CASES: readonly Case[] = [
  { name: 'clean', commands: ['clear'], adaptive: true, watchMs: 20_000 },
  { name: '5 % loss', commands: ['loss 5'], adaptive: true, watchMs: 20_000 },
  { name: '300 kbit/s, picture fixed', commands: ['rate 300'], adaptive: false, watchMs: 25_000 },
  { name: '300 kbit/s, adaptive', commands: ['rate 300'], adaptive: true, watchMs: 25_000 },
  {
    name: '2,000 ms of stall, picture fixed',
    commands: [`stall ${String(STALL_MS)}`],
    adaptive: false,
    watchMs: 20_000,
  },
  {
    name: '2,000 ms of stall, adaptive',
    commands: [`stall ${String(STALL_MS)}`],
    adaptive: true,
    watchMs: 20_000,
  },
  {
    name: 'all three at once',
    commands: ['delay 20 10', 'loss 5', 'rate 300', `stall ${String(STALL_MS)}`],
    adaptive: true,
    watchMs: 25_000,
  },
];
const ROUNDS = 3;

/** Throws an Error that says why where no bad line can be made. `only` chooses cases whose name holds it. */
export async function measureNetwork(quick: boolean, only = ''): Promise<SectionResult> {
  const missing = await whyNoBadLine();
  if (missing !== undefined) {
    throw new Error(missing);
  }
  // Loaded here, because rooms write their debugging to stdout unless they are loaded in production.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  const [{ LinePlace }, { prepareLines }] = await Promise.all([
    import('../../../tests/network/line-call.ts'),
    import('../../../tests/network/speaking-avatar.ts'),
  ]);
  if (NODE_ENV === undefined) {
    delete process.env.NODE_ENV;
  } else {
    process.env.NODE_ENV = NODE_ENV;
  }
  const lines = await prepareLines(SPOKEN);
  const place = await LinePlace.make(NET);
  const rows: Row[] = [];
  const detail: Record<string, object> = {};
  try {
    for (const one of CASES.filter(({ name }) => name.includes(only))) {
      const trials: Trial[] = [];
      const options: TrialOptions = { place, lines, ...one };
      for (let round = 0; round < (quick ? 1 : ROUNDS); round += 1) {
        trials.push(await runTrial(options));
      }
      const words = await wordsHeard(trials);
      rows.push(rowOf(one, trials, words));
      detail[one.name] = {
        words,
        trials: trials.map(({ speech: _speech, ...figures }) => figures),
      };
    }
  } finally {
    await place.close();
  }
  return { figures: {}, rows, detail };
}

function rowOf({ name, commands }: Case, trials: readonly Trial[], words: number | null): Row {
  const stalls = commands.some((command) => command.startsWith('stall'));
  const alive = trials.filter(({ connected }) => connected).length;
  const parts = [
    `speech heard ${percent(mean(trials.map(({ heardShare }) => heardShare)))}`,
    `words ${percent(words)}`,
    `concealed ${percent(mean(trials.map(({ concealedShare }) => concealedShare)))}`,
    `${mean(trials.map(({ picturesPerSecond }) => picturesPerSecond))!.toFixed(1)} pictures/s`,
    `still ≤ ${Math.max(...trials.map(({ longestStillMs }) => longestStillMs)).toFixed(0)} ms`,
    `rung ${trials.map(({ rung }) => rung).join(' ')}`,
    `alive ${String(alive)}/${String(trials.length)}`,
  ];
  if (stalls) {
    const back = trials.map(({ recoveredAfterMs }) => recoveredAfterMs?.toFixed(0) ?? 'never');
    parts.unshift(`picture back after ${back.join(', ')} ms`);
  }
  return {
    figure: name,
    reach: stalls ? 'alive, picture ≤ 2,000 ms' : 'sound intelligible',
    measured: parts.join(', '),
    n: String(trials.length),
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(1)} %`;
}

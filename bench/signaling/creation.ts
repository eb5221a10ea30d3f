/**
 * How many sessions a second can be made through NGINX, with the real database, store and LiveKit on the same cores as
 * the callers. Callers come by chance at a fixed rate; the rate rises until the P99 passes 100 ms or something fails.
 */
import { readFile } from 'node:fs/promises';
import { percentile, rounded } from '../turn/figures.ts';
import { momentsOf, offer } from './arrivals.ts';
import { Caller } from './caller.ts';
import type { SectionOptions, SectionResult } from './report.ts';
import { Stack, type Part } from './stack.ts';

const SCENARIO_ID = 'first-interview';
const REACH_MS = 100;
const WARM = { ratePerSecond: 100, seconds: 5 };
const FIRST_RATE = 200;
const STEP = 50;
const HIGHEST_RATE = 1_500;
const SECONDS = { full: 8, quick: 3 } as const;
/** The rate that was held is held once more, for longer. */
const HELD_SECONDS = { full: 30, quick: 6 } as const;
/** A session lives for this long and is then ended, as the page ends it: the same number lives throughout. */
const LIVES_MS = 2_000;
/** A rung that failed by bad luck gets another chance. */
const TRIES = 2;

interface Rung {
  ratePerSecond: number;
  seconds: number;
  created: number;
  p50Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  /** Of the sending itself: how late this process was. */
  lateP99Ms: number | null;
  errors: Record<string, number>;
  endErrors: Record<string, number>;
  /** Milliseconds of processor for each session, by part. */
  processorMs: Partial<Record<Part, number>>;
}

export async function measureCreation(options: SectionOptions): Promise<SectionResult> {
  const { quick, say, seed } = options;
  const stack = await Stack.start(options);
  const through = new Caller(stack.door.url, await readFile(stack.door.options.certificate));
  const direct = new Caller(stack.direct);
  try {
    say(`${stack.kinds.database}, affinity in ${stack.kinds.affinity}`);
    const rung = async (ratePerSecond: number, seconds: number): Promise<Rung> => {
      const found = await measureRung(stack, { through, direct, ratePerSecond, seconds, seed });
      say(
        `${String(ratePerSecond)} /s: P99 ${String(found.p99Ms)} ms, errors ${String(errorsOf(found))}`,
      );
      return found;
    };
    await rung(WARM.ratePerSecond, WARM.seconds);
    const rungs: Rung[] = [];
    const climb = async (rate: number): Promise<boolean> => {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const found = await rung(rate, quick ? SECONDS.quick : SECONDS.full);
        rungs.push(found);
        if (isHeld(found)) {
          return true;
        }
      }
      return false;
    };
    let rate = FIRST_RATE;
    while (rate < HIGHEST_RATE && (await climb(rate))) {
      rate += STEP;
    }
    let held: Rung | undefined;
    for (rate -= STEP; rate > 0; rate -= STEP) {
      const found = await rung(rate, quick ? HELD_SECONDS.quick : HELD_SECONDS.full);
      rungs.push(found);
      if (isHeld(found)) {
        held = found;
        break;
      }
    }
    return section(held, rungs, stack.kinds);
  } finally {
    through.close();
    direct.close();
    await stack.close();
  }
}

async function measureRung(
  stack: Stack,
  {
    through,
    direct,
    ratePerSecond,
    seconds,
    seed,
  }: { through: Caller; direct: Caller; ratePerSecond: number; seconds: number; seed: number },
): Promise<Rung> {
  const body = JSON.stringify({ scenarioId: SCENARIO_ID, learnerName: 'Robin' });
  const endErrors: Record<string, number> = {};
  const ends: Promise<void>[] = [];
  const end = async (sessionId: string, token: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, LIVES_MS));
    const what = await direct
      .ask('POST', `/api/v1/sessions/${sessionId}/end`, { token })
      .then(({ status }) => (status === 202 ? undefined : String(status)), String);
    if (what !== undefined) {
      endErrors[what] = (endErrors[what] ?? 0) + 1;
    }
  };
  const before = await stack.processors();
  const count = Math.round(ratePerSecond * seconds);
  const offered = await offer(
    momentsOf({ ratePerSecond, count, seed: seed + ratePerSecond }),
    async () => {
      const { status, text } = await through
        .ask('POST', '/api/v1/sessions', { body })
        .catch((error: unknown) => {
          throw new Error((error as { code?: string }).code ?? 'no answer', { cause: error });
        });
      if (status !== 201) {
        throw new Error(`${String(status)} ${/"code":"(\w+)"/u.exec(text)?.[1] ?? ''}`);
      }
      const { sessionId, token } = JSON.parse(text) as { sessionId: string; token: string };
      ends.push(end(sessionId, token));
    },
  );
  const after = await stack.processors();
  await Promise.all(ends);
  const { latenciesMs, lateMs, errors } = offered;
  return {
    ratePerSecond,
    seconds,
    created: latenciesMs.length,
    p50Ms: rounded(percentile(latenciesMs, 0.5), 1),
    p99Ms: rounded(percentile(latenciesMs, 0.99), 1),
    maxMs: rounded(Math.max(...latenciesMs), 1),
    lateP99Ms: rounded(percentile(lateMs, 0.99), 1),
    errors,
    endErrors,
    processorMs: Object.fromEntries(
      Object.entries(after).map(([part, ms]) => [
        part,
        rounded((ms - (before[part as Part] ?? 0)) / count, 2),
      ]),
    ),
  };
}

const errorsOf = ({ errors, endErrors }: Rung): number =>
  [...Object.values(errors), ...Object.values(endErrors)].reduce((sum, count) => sum + count, 0);

const isHeld = (rung: Rung): boolean =>
  errorsOf(rung) === 0 && rung.p99Ms !== null && rung.p99Ms <= REACH_MS;

function section(
  held: Rung | undefined,
  rungs: readonly Rung[],
  kinds: Stack['kinds'],
): SectionResult {
  const parts = Object.entries(held?.processorMs ?? {})
    .map(([part, ms]) => `${part} ${String(ms)}`)
    .join(', ');
  return {
    figures: { sessionsPerSecond: held?.ratePerSecond ?? 0, p99Ms: held?.p99Ms ?? null },
    rows: [
      {
        figure: 'session creations a second held through NGINX, P99',
        reach: '≥ 300 /s, ≤ 100 ms, errors 0',
        measured:
          held === undefined
            ? 'none held'
            : `${String(held.ratePerSecond)} /s, ${String(held.p99Ms)} ms (P50 ${String(held.p50Ms)}), errors 0`,
        n: String(held?.created ?? 0),
      },
      {
        figure: '  processor for each session, its end included, ms',
        reach: '',
        measured: parts,
        n: `${kinds.database}, affinity ${kinds.affinity}`,
      },
    ],
    detail: { held, rungs, ...kinds },
  };
}

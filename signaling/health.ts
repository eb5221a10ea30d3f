/** Tells of each dependency: the media server, the database, the agent worker, the scenarios, the room for more calls. */
import type { HealthResponse } from './api-types.ts';
import type { Rooms } from './rooms.ts';

export interface HealthOptions {
  rooms: Rooms;
  /** The worker's own health address. */
  workerUrl: string;
  /** The inference runtime's readiness address; absent where none was started here. */
  runtimeUrl?: string;
  database: { kind: 'server' | 'embedded'; ping: () => Promise<void> };
  scenarioCount: () => Promise<number>;
  liveCount: () => Promise<number>;
  maxSessions: number;
  /** How often agents were replaced, and sessions had to do without; absent where nobody looks after them. */
  failover?: () => Readonly<Record<string, number>>;
}

/** A dependency that has not answered by then counts as down. */
const ANSWER_WITHIN_MS = 2_000;

const DATABASE_NAMES = { server: 'PostgreSQL', embedded: 'The embedded database' } as const;

type Dependency = HealthResponse['dependencies'][string];

export async function checkHealth(options: HealthOptions): Promise<HealthResponse> {
  const [livekit, database, scenarioCount, liveCount, worker, runtime] = await Promise.all([
    probe('LiveKit', () => options.rooms.ping()),
    probe(DATABASE_NAMES[options.database.kind], () => options.database.ping()),
    options.scenarioCount().catch(() => 0),
    options.liveCount().catch(() => 0),
    probe('The agent worker', async () => {
      const answer = await fetch(options.workerUrl, {
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (!answer.ok) {
        throw new Error(`status ${String(answer.status)}`);
      }
    }),
    options.runtimeUrl === undefined ? undefined : probeRuntime(options.runtimeUrl),
  ]);
  const full = liveCount >= options.maxSessions;
  const dependencies: HealthResponse['dependencies'] = {
    livekit,
    database,
    worker,
    ...(runtime === undefined ? {} : { runtime }),
    scenarios:
      scenarioCount > 0
        ? { status: 'ok', detail: `${String(scenarioCount)} scenarios` }
        : { status: 'down', detail: 'No scenario is published.' },
    sessions: {
      status: full ? 'degraded' : 'ok',
      detail: `${String(liveCount)} of ${String(options.maxSessions)} calls`,
    },
    ...(options.failover === undefined ? {} : { failover: failoverOf(options.failover()) }),
  };
  const allGood = Object.values(dependencies).every(({ status }) => status !== 'down');
  return { status: allGood ? 'ok' : 'degraded', dependencies };
}

/** Since the process began. None of it says that something is wrong now. */
function failoverOf(counts: Readonly<Record<string, number>>): Dependency {
  const detail = Object.entries(counts).map(([what, count]) => `${String(count)} ${what}`);
  return { status: 'ok', detail: detail.join(', ') };
}

/** Calls go on without it, with a weaker ear. */
async function probeRuntime(url: string): Promise<Dependency> {
  const found = await probe('The inference runtime', async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    await answer.body?.cancel();
    if (!answer.ok) {
      throw new Error(`status ${String(answer.status)}`);
    }
  });
  return found.status === 'ok' ? found : { ...found, status: 'degraded' };
}

async function probe(name: string, ask: () => Promise<void>): Promise<Dependency> {
  const late = new Promise<never>((_resolve, reject) => {
    AbortSignal.timeout(ANSWER_WITHIN_MS).addEventListener('abort', () => {
      reject(new Error('no answer in time'));
    });
  });
  try {
    await Promise.race([ask(), late]);
    return { status: 'ok', detail: `${name} answers.` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: 'down', detail: `${name} does not answer (${reason}).` };
  }
}

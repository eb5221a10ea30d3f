/**
 * A thousand sessions one after another through the real system, without media: what is left of them? Each is made
 * through NGINX, its learner joins the room through NGINX's WebSocket (signalling, no tracks), an agent's line, checkpoint
 * and report come as from a job, the token is refreshed, the session read and ended.
 */
import { roomName } from '#agents/dispatch/metadata.ts';
import { LifeLine } from '#agents/checkpoint/life-line.ts';
import { systemClock } from '#media/clock.ts';
import { emptyReport } from '#signaling/testing.ts';
import { Redis } from 'ioredis';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { percentile, rounded } from '../turn/figures.ts';
import { Caller } from './caller.ts';
import type { SectionOptions, SectionResult } from './report.ts';
import { slopeOf } from './slope.ts';
import { Stack, type Gauge } from './stack.ts';

const SCENARIO_ID = 'first-interview';
const SESSIONS = { full: 1_000, quick: 150 } as const;
/** Compilers, pools and caches fill while these run; they are not counted. */
const WARM = { full: 200, quick: 50 } as const;
const GAUGE_EVERY = { full: 25, quick: 10 } as const;
/** Timers of what has ended run out within this. */
const SETTLE_MS = { full: 15_000, quick: 4_000 } as const;

/** What is left, by where. */
interface Left {
  rooms: number;
  /** Keys by kind, and those that would stay for ever. */
  keys: { owners: number; checkpoints: number; fences: number; withoutEnd: number } | null;
  databaseConnections: number | null;
  liveSessions: number;
  resources: Record<string, number>;
}

export async function measureSoak(options: SectionOptions): Promise<SectionResult> {
  const { quick, say } = options;
  const [sessions, warm, every] = quick
    ? [SESSIONS.quick, WARM.quick, GAUGE_EVERY.quick]
    : [SESSIONS.full, WARM.full, GAUGE_EVERY.full];
  const stack = await Stack.start(options);
  const through = new Caller(stack.door.url, await readFile(stack.door.options.certificate));
  const direct = new Caller(stack.direct);
  try {
    for (let index = 0; index < warm; index += 1) {
      await oneSession(stack, through, direct);
    }
    await pause(SETTLE_MS.quick);
    const before = await lookAround(stack);
    say(`${String(warm)} sessions to warm up; then ${String(sessions)}`);
    const gauges: (Gauge & { sessions: number })[] = [];
    const lastedMs: number[] = [];
    for (let index = 0; index < sessions; index += 1) {
      if (index % every === 0) {
        gauges.push({ ...(await stack.gauge()), sessions: index });
      }
      const startedMs = performance.now();
      await oneSession(stack, through, direct);
      lastedMs.push(performance.now() - startedMs);
    }
    gauges.push({ ...(await stack.gauge()), sessions });
    await pause(quick ? SETTLE_MS.quick : SETTLE_MS.full);
    const after = await lookAround(stack);
    return section({ sessions, gauges, before, after, lastedMs, kinds: stack.kinds });
  } finally {
    through.close();
    direct.close();
    await stack.close();
  }
}

/** Rejects where any step is not answered as it should be. */
async function oneSession(stack: Stack, through: Caller, direct: Caller): Promise<void> {
  const made = await through.ask('POST', '/api/v1/sessions', {
    body: JSON.stringify({ scenarioId: SCENARIO_ID, learnerName: 'Robin' }),
  });
  expect(made.status, 201, made.text);
  const { sessionId, token } = JSON.parse(made.text) as { sessionId: string; token: string };
  await joinAndLeave(stack, token);
  const worker = await stack.token({ roomAdmin: true, room: roomName(sessionId) });
  const inside = `/api/internal/sessions/${sessionId}`;
  const line = new LifeLine({
    url: `${stack.direct}${inside}/line?fence=1&worker=soak&job=${sessionId}`,
    authorization: () => Promise.resolve(`Bearer ${worker}`),
    clock: systemClock,
    onStale: () => undefined,
  });
  if (!(await line.held())) {
    throw new Error('the agent’s line was refused');
  }
  const checkpoint = await direct.ask('PUT', `${inside}/checkpoint?fence=1`, {
    body: JSON.stringify({ turns: ['x'.repeat(2_000)] }),
    token: worker,
  });
  expect(checkpoint.status, 204, checkpoint.text);
  const address = `/api/v1/sessions/${sessionId}`;
  const refreshed = await through.ask('POST', `${address}/token`, { token });
  expect(refreshed.status, 200, refreshed.text);
  const read = await through.ask('GET', address, { token });
  expect(read.status, 200, read.text);
  const report = await direct.ask('PUT', `${inside}/report?fence=1`, {
    body: JSON.stringify({ ...emptyReport(sessionId), scenarioId: SCENARIO_ID }),
    token: worker,
  });
  expect(report.status, 204, report.text);
  const ended = await through.ask('POST', `${address}/end`, { token });
  expect(ended.status, 202, ended.text);
  await line.close();
}

/** Joins as the page does, up to the server's first word, which comes when the learner is in the room. */
async function joinAndLeave(stack: Stack, token: string): Promise<void> {
  const query = `access_token=${token}&auto_subscribe=1&sdk=js&version=2.0.0&protocol=15`;
  const socket = await stack.door.upgrade(`/rtc?${query}`);
  if (typeof socket === 'number') {
    throw new Error(`the learner could not join: ${String(socket)}`);
  }
  await new Promise<void>((resolve, reject) => {
    socket.once('data', () => {
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      reject(new Error('LiveKit closed the learner’s connection'));
    });
  });
  socket.destroy();
}

function expect(status: number, wanted: number, text: string): void {
  if (status !== wanted) {
    throw new Error(`${String(status)} in place of ${String(wanted)}: ${text.slice(0, 300)}`);
  }
}

async function lookAround(stack: Stack): Promise<Left> {
  const rooms = await stack.rooms().listRooms();
  const { resources } = await stack.gauge();
  const owner = await stack.token({ roomList: true });
  const asked = await fetch(`${stack.direct}/api/v1/sessions?status=live&limit=100`, {
    headers: { authorization: `Bearer ${owner}` },
  });
  const { items } = (await asked.json()) as { items: unknown[] };
  return {
    rooms: rooms.length,
    keys: await keysOf(stack.redisUrl),
    databaseConnections: await connectionsOf(stack.databaseUrl),
    liveSessions: items.length,
    resources,
  };
}

async function keysOf(url: string | undefined): Promise<Left['keys']> {
  if (url === undefined) {
    return null;
  }
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    const ttls = await Promise.all(keys.map((key) => redis.ttl(key)));
    const count = (end: string): number => keys.filter((key) => key.endsWith(end)).length;
    return {
      owners: count('}'),
      checkpoints: count('}:checkpoint'),
      fences: count('}:fence'),
      withoutEnd: ttls.filter((ttl) => ttl === -1).length,
    };
  } finally {
    redis.disconnect();
  }
}

async function connectionsOf(url: string | undefined): Promise<number | null> {
  if (url === undefined) {
    return null;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ n: string }>(
      `select count(*) as n from pg_stat_activity where application_name = 'understudy-signaling'`,
    );
    return Number(rows[0]?.n);
  } finally {
    await client.end();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function section({
  sessions,
  gauges,
  before,
  after,
  lastedMs,
  kinds,
}: {
  sessions: number;
  gauges: readonly (Gauge & { sessions: number })[];
  before: Left;
  after: Left;
  lastedMs: readonly number[];
  kinds: Stack['kinds'];
}): SectionResult {
  const slopeKb = (of: (gauge: Gauge) => number) =>
    slopeOf(gauges.map((gauge) => ({ x: gauge.sessions, y: of(gauge) / 1_024 })));
  const rss = slopeKb((gauge) => gauge.rss);
  const heap = slopeKb((gauge) => gauge.heapUsed);
  const more = Object.fromEntries(
    Object.keys({ ...before.resources, ...after.resources })
      .map((kind) => [kind, (after.resources[kind] ?? 0) - (before.resources[kind] ?? 0)] as const)
      .filter(([, change]) => change !== 0),
  );
  const { keys } = after;
  const kept = keys === null ? 'no Redis' : `${String(keys.owners + keys.checkpoints)} keys`;
  const connections = (after.databaseConnections ?? 0) - (before.databaseConnections ?? 0);
  return {
    figures: { soak: { sessions, memorySlopeKbPerSession: rounded(rss.slope, 2) } },
    rows: [
      {
        figure: 'soak: resident memory of signaling for each session, kB',
        reach: '≈ 0',
        measured: `${String(rounded(rss.slope, 2))} ± ${String(rounded(rss.error, 2))}; heap ${String(rounded(heap.slope, 2))} ± ${String(rounded(heap.error, 2))}`,
        n: String(sessions),
      },
      {
        figure: '  left: rooms, Redis, live sessions, database connections, handles',
        reach: '0',
        measured: `${String(after.rooms)}, ${kept}, ${String(after.liveSessions)}, ${signed(connections)}, ${Object.keys(more).length === 0 ? 'none' : JSON.stringify(more)}`,
        n: `a session ${String(rounded(percentile(lastedMs, 0.5)))} ms (P50)`,
      },
    ],
    detail: { before, after, gauges, rss, heap, ...kinds },
  };
}

const signed = (value: number): string => (value > 0 ? `+${String(value)}` : String(value));

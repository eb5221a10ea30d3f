/** What NGINX costs: the page and the catalogue through the door, with TLS, and from signaling directly, in turns. */
import { ensureNginx } from '#launch/install/nginx.ts';
import { ensureWeb } from '#launch/install/web.ts';
import { Service, untilAnswers } from '#launch/service.ts';
import { projectRoot } from '#launch/system.ts';
import autocannon from 'autocannon';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoorStage, freePorts } from '../../nginx/testing/stage.ts';
import { show, type Row } from '../runtime/report.ts';
import { median, rounded } from '../turn/figures.ts';

const CONNECTIONS = 16;
/** A pace that both paths hold on two cores which the load shares with them. */
const PACE_PER_SECOND = 150;
/** So few that their handshakes are less than a hundredth of the requests. */
const PACED_CONNECTIONS = 2;
const PACED_SECONDS = 3;
const PATHS = [
  { name: 'page', path: '/' },
  { name: 'catalogue', path: '/api/v1/catalogue' },
] as const;

export interface PathFigures {
  /** As fast as they are answered, over 16 connections. */
  requestsPerSecond: { direct: number; door: number; ratio: number };
  /** At 150 requests a second. */
  p99Ms: { direct: number; door: number };
  errors: number;
}
export interface DoorFigures {
  door: Record<(typeof PATHS)[number]['name'], PathFigures>;
}

export interface DoorSection {
  figures: DoorFigures;
  rows: readonly Row[];
  detail: object;
}

interface Round {
  perSecond: number;
  p99Ms: number;
  errors: number;
  requests: number;
}

/** Takes about 75 s, `quick` about 45 s. Throws LaunchProblem where NGINX cannot be had. */
export async function measureDoor(quick: boolean): Promise<DoorSection> {
  const rounds = quick ? 2 : 3;
  const seconds = quick ? 1 : 2;
  await ensureWeb(projectRoot);
  const nginx = await ensureNginx(join(projectRoot, '.understudy'), () => undefined);
  const folder = await mkdtemp(join(tmpdir(), 'understudy-door-bench-'));
  const [port] = (await freePorts(1)) as [number];
  const direct = `http://127.0.0.1:${String(port)}`;
  const signaling = new Service({
    name: 'Signaling',
    command: process.execPath,
    args: ['--import', 'tsx', join(projectRoot, 'signaling', 'server.ts')],
    env: {
      PORT: String(port),
      UNDERSTUDY_DATA: folder,
      UNDERSTUDY_TRUST_PROXY: '127.0.0.1',
      // Neither path that is measured asks LiveKit.
      LIVEKIT_URL: 'ws://127.0.0.1:9',
      LIVEKIT_API_KEY: 'bench',
      LIVEKIT_API_SECRET: 'bench-secret-bench-secret-bench-secret',
      LOG_LEVEL: 'warn',
    },
    logPath: join(folder, 'signaling.log'),
    ready: (signal) => untilAnswers(`${direct}/api/v1/catalogue`, signal),
    readyWithinMs: 90_000,
  });
  await signaling.start();
  try {
    const stage = await DoorStage.open(nginx, {
      signaling: [`127.0.0.1:${String(port)}`],
      requestsPerSecond: 0,
      connections: 0,
      workers: 'auto',
    });
    try {
      const measured = new Map<string, { direct: Round[]; door: Round[] }>();
      for (const { name, path } of PATHS) {
        const found = { direct: [] as Round[], door: [] as Round[] };
        measured.set(name, found);
        await oneRound(`${direct}${path}`, 1);
        await oneRound(`${stage.url}${path}`, 1);
        for (let round = 0; round < rounds; round += 1) {
          found.direct.push(await oneRound(`${direct}${path}`, seconds));
          found.door.push(await oneRound(`${stage.url}${path}`, seconds));
        }
      }
      return section(measured);
    } finally {
      await stage.close();
    }
  } finally {
    await signaling.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Once as fast as it goes, once at a pace. */
async function oneRound(url: string, duration: number): Promise<Round> {
  const fast = await autocannon({ url, connections: CONNECTIONS, duration });
  const paced = await autocannon({
    url,
    connections: PACED_CONNECTIONS,
    duration: PACED_SECONDS,
    overallRate: PACE_PER_SECOND,
  });
  const bad = [fast, paced].map((result) => result.errors + result.timeouts + result.non2xx);
  return {
    perSecond: fast['2xx'] / fast.duration,
    p99Ms: paced.latency.p99,
    errors: bad.reduce((sum, count) => sum + count, 0),
    requests: fast.requests.total + paced.requests.total,
  };
}

function section(measured: Map<string, { direct: Round[]; door: Round[] }>): DoorSection {
  const rows: Row[] = [];
  const figures = Object.fromEntries(
    PATHS.map(({ name, path }) => {
      const { direct, door } = measured.get(name)!;
      const middle = (of: readonly Round[], field: keyof Round): number =>
        rounded(median(of.map((round) => round[field])), 1) ?? 0;
      const total = (field: keyof Round): number =>
        [...direct, ...door].reduce((sum, round) => sum + round[field], 0);
      const perSecond = { direct: middle(direct, 'perSecond'), door: middle(door, 'perSecond') };
      const found: PathFigures = {
        requestsPerSecond: {
          ...perSecond,
          ratio: rounded(perSecond.door / perSecond.direct, 2) ?? 0,
        },
        p99Ms: { direct: middle(direct, 'p99Ms'), door: middle(door, 'p99Ms') },
        errors: total('errors'),
      };
      rows.push(
        {
          figure: `GET ${path} through NGINX with TLS, of the direct path`,
          reach: 'report',
          measured: `${show(perSecond.door, '', 0)} of ${show(perSecond.direct, ' /s', 0)} (${show(found.requestsPerSecond.ratio)})`,
          n: String(total('requests')),
        },
        {
          figure: `  P99 at ${String(PACE_PER_SECOND)} /s, direct / NGINX`,
          reach: 'report',
          measured: `${show(found.p99Ms.direct)} / ${show(found.p99Ms.door, ' ms')}, errors ${String(found.errors)}`,
          n: String(direct.length + door.length),
        },
      );
      return [name, found];
    }),
  ) as DoorFigures['door'];
  return { figures: { door: figures }, rows, detail: Object.fromEntries(measured) };
}

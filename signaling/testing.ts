/** A signaling server without a network: real routes and tokens, rooms in memory. For tests. */
import type { DispatchMetadata } from '#agents/dispatch/metadata.ts';
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import type { Report } from '#agents/dispatch/report.ts';
import { loadScenarioFiles, summaryOf } from '#agents/dispatch/scenario-store.ts';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from './app.ts';
import { makeDoor, type DoorOptions } from './auth/door.ts';
import { TokenAuthority } from './authority.ts';
import { AvatarWorkers } from './avatar-workers.ts';
import type { Database } from './data/database.ts';
import { recordsOf, type Records } from './data/records.ts';
import { emptyDatabase } from './data/testing/empty-database.ts';
import type { FailoverDependencies } from './failover/routes.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import { LiveKitWebhooks } from './livekit-webhooks/livekit-webhooks.ts';
import { Idempotency } from './idempotency.ts';
import type { SessionAffinity } from './affinity/session-affinity.ts';
import { Erasures } from './privacy/erasures.ts';
import { SpeechCaches } from './privacy/speech-caches.ts';
import { testKeyRing } from './privacy/testing-key-ring.ts';
import type { Regions } from './regions/regions.ts';
import { RoomTokens, type TokenKeys } from './room-tokens.ts';
import type { Rooms } from './rooms.ts';
import type { Composer } from './recording-composer.ts';
import { RecordingTickets } from './recording-tickets.ts';
import { Recordings } from './recordings.ts';
import { Scenarios } from './scenarios.ts';
import { Sessions } from './sessions.ts';

export const KEYS = { apiKey: 'test-key', apiSecret: 'test-secret-test-secret-test-secret' };

export class MemoryRooms implements Rooms {
  readonly opened: DispatchMetadata[] = [];
  readonly closed: string[] = [];
  down = false;

  open(metadata: DispatchMetadata): Promise<void> {
    this.opened.push(metadata);
    return this.ping();
  }

  close(sessionId: string): Promise<void> {
    this.closed.push(sessionId);
    return this.ping();
  }

  async sid(sessionId: string): Promise<string | undefined> {
    return (await this.sessionIds()).has(sessionId) ? `RM_${sessionId}` : undefined;
  }

  sessionIds(): Promise<ReadonlySet<string>> {
    const open = this.opened.map(({ sessionId }) => sessionId);
    return Promise.resolve(new Set(open.filter((id) => !this.closed.includes(id))));
  }

  ping(): Promise<void> {
    return this.down ? Promise.reject(new Error('no route to host')) : Promise.resolve();
  }
}

const SEED = loadScenarioFiles().filter(({ scenario }) => scenario.id === 'first-interview');
/** What the catalogue of a test holds. */
export const SCENARIO: ScenarioSummary = summaryOf(SEED[0]!.scenario);

export interface TestSignalingOptions {
  maxSessions?: number;
  now?: () => Date;
  recordingKey?: Buffer;
  composer?: Composer;
  /** Whether calls may be recorded. */
  recording?: boolean;
  /** In place of the test file's own. */
  database?: Database;
  /** Answers for avatar workers. */
  sendToWorker?: typeof fetch;
  /** What looks after agents; absent where there are none. */
  agents?: FailoverDependencies;
  /** Absent: nobody is limited. */
  limiter?: RateLimiter;
  /** Where checkpoints are, without what looks after agents. */
  affinity?: SessionAffinity;
  /** Where speech is shared. */
  redisUrl?: string;
  /** Takes the log, all of it. */
  logStream?: { write: (line: string) => void };
  /** Real LiveKits in place of rooms in memory. */
  places?: (records: Records) => TestPlaces;
  /** The proxy before it; LiveKit is then reached through that. */
  trustProxy?: string;
  /** Who may start a session; anyone when it is absent. */
  signIn?: DoorOptions['mode'];
  provider?: DoorOptions['provider'];
}

export interface TestPlaces {
  rooms: Rooms;
  /** Absent where there is one. */
  regions?: Regions;
  keys: TokenKeys;
  regionKeys?: ReadonlyMap<string, TokenKeys>;
}

export async function testSignaling(options: TestSignalingOptions = {}) {
  const rooms = new MemoryRooms();
  const folder = await mkdtemp(join(tmpdir(), 'understudy-signaling-'));
  const now = options.now ?? (() => new Date());
  const database = options.database ?? (await emptyDatabase());
  const records = recordsOf(database.queries, testKeyRing());
  const places = options.places?.(records);
  const tokens = new RoomTokens(places?.keys ?? KEYS, options.now, places?.regionKeys);
  const scenarios = new Scenarios(records.scenarios, now);
  await scenarios.seed(SEED);
  const sessions = new Sessions({
    records: records.sessions,
    reports: records.reports,
    rooms: places?.rooms ?? rooms,
    regions: places?.regions,
    tokens,
    scenarios,
    serverUrl: options.trustProxy === undefined ? 'ws://localhost:7880' : '',
    internalUrl: 'http://127.0.0.1:8080',
    recognitionFor: () => 'basic',
    avatars: () => Promise.resolve(['ada', 'neural/ann']),
    maxSessions: options.maxSessions ?? 6,
    onOpened: (sessionId) => records.deliveries.sessionOpened(sessionId, now()),
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const recordings = new Recordings({
    root: join(folder, 'recordings'),
    enabled: options.recording ?? true,
    key: options.recordingKey,
    days: 30,
    composer: options.composer ?? { compose: () => Promise.resolve() },
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const tickets = new RecordingTickets(KEYS.apiSecret, now);
  const door = makeDoor({
    ...{ records, now, provider: options.provider, mode: options.signIn ?? 'none' },
    tokens: new TokenAuthority(tokens, tickets),
  });
  const erasures = new Erasures({
    ...{ records, rooms, recordings, now },
    affinity: options.agents?.affinity ?? options.affinity,
    speech: new SpeechCaches({
      ...{ folder: join(folder, 'speech-cache'), redisUrl: options.redisUrl, now },
    }),
  });
  const app = await buildApp({
    ...(options.logStream === undefined ? {} : { logLevel: 'debug', logStream: options.logStream }),
    erasures,
    ...(options.agents === undefined ? {} : { agents: options.agents }),
    ...(options.trustProxy === undefined ? {} : { trustProxy: options.trustProxy }),
    limiter: options.limiter,
    regions: places?.regions,
    livekitWebhooks: new LiveKitWebhooks({
      keys: [places?.keys ?? KEYS, ...(places?.regionKeys?.values() ?? [])],
      events: records.livekitEvents,
      rooms: places?.rooms ?? rooms,
      find: (sessionId) => records.sessions.find(sessionId),
      finished: (session) => sessions.finished(session),
      tell: (event, sessionId, more) => records.deliveries.tell(event, sessionId, more, now()),
      now,
    }),
    sessions,
    scenarios,
    records,
    authority: door.authority,
    door,
    idempotency: new Idempotency(records.idempotency, now),
    now,
    recognitionFor: () => 'basic',
    avatars: () => Promise.resolve(['ada', 'neural/ann']),
    health: () => Promise.resolve({ status: 'ok', dependencies: {} }),
    recordings,
    tickets,
    avatarWorkers: new AvatarWorkers({
      keys: KEYS,
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.sendToWorker === undefined ? {} : { send: options.sendToWorker }),
    }),
  });
  return {
    app,
    rooms,
    sessions,
    scenarios,
    records,
    recordings,
    database,
    folder,
    erasures,
    door,
    tokens,
  };
}

export const emptyReport = (sessionId: string): Report => ({
  sessionId,
  scenarioId: SCENARIO.id,
  scenarioTitle: SCENARIO.title,
  kind: SCENARIO.kind,
  language: 'en',
  personaName: 'Clara',
  startedAt: '2026-01-01T10:00:00.000Z',
  durationMs: 1_000,
  recognition: 'basic',
  status: 'too_short',
  score: null,
  strengths: [],
  improvements: [],
  criteria: [],
  talk: { learnerMs: 0, avatarMs: 0, learnerShare: null },
  pace: { wordsPerMinute: null, series: [] },
  fillers: { total: 0, perMinute: null, words: [] },
  responseTimes: { medianMs: null, valuesMs: [] },
  questions: { asked: 0, examples: [] },
  interruptions: { byLearner: 0 },
  transcript: [],
});

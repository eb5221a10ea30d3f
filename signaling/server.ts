/** Entry of the signaling process: the page, the API, health. Never touches media. */
import { listAvatars, neuralAvatarFolder } from '#agents/dispatch/avatars.ts';
import { loadScenarioFiles } from '#agents/dispatch/scenario-store.ts';
import { recordingsRoot } from '#agents/dispatch/recording/layout.ts';
import { parseRecordingKey } from '#agents/dispatch/recording/sealed-file.ts';
import { readEnvironment, type Environment } from '#config/environment.ts';
import fastifyHttpProxy from '@fastify/http-proxy';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';
import type { RecognitionGrade } from './api-types.ts';
import { buildApp } from './app.ts';
import { makeDoor } from './auth/door.ts';
import { ensureFirstAdmin } from './auth/first-admin.ts';
import { firstAdminFile } from '#config/first-admin-file.ts';
import type { ProviderSettings } from './auth/open-id.ts';
import { TokenAuthority } from './authority.ts';
import { AvatarWorkers } from './avatar-workers.ts';
import { asDatabaseError, DatabaseError } from './data/database-error.ts';
import { DataKeyRecords } from './data/data-key-records.ts';
import { openDatabase } from './data/database.ts';
import { importFolder } from './data/folder-import.ts';
import { recordingRow } from './recording-row.ts';
import { recordsOf } from './data/records.ts';
import { MemoryAffinity } from './affinity/memory-affinity.ts';
import { connectRedis } from './affinity/redis-connection.ts';
import { RedisAffinity } from './affinity/redis-affinity.ts';
import { Failover } from './failover/failover.ts';
import { checkHealth } from './health.ts';
import { Housekeeping } from './housekeeping.ts';
import { Idempotency } from './idempotency.ts';
import { DataKeyError } from './privacy/data-key-error.ts';
import { Erasures } from './privacy/erasures.ts';
import { openKeyRing } from './privacy/open-key-ring.ts';
import { Resealing } from './privacy/resealing.ts';
import { Retention } from './privacy/retention.ts';
import { SealedAffinity } from './privacy/sealed-affinity.ts';
import { SpeechCaches } from './privacy/speech-caches.ts';
import {
  LiveKitWebhooks,
  KEPT_MS as LIVEKIT_EVENTS_KEPT_MS,
} from './livekit-webhooks/livekit-webhooks.ts';
import { parseLimits } from './limits/limits.ts';
import { MemoryBuckets } from './limits/memory-buckets.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { RedisBuckets } from './limits/redis-buckets.ts';
import { SharedBuckets } from './limits/shared-buckets.ts';
import { ComposerProcess } from './recording-composer.ts';
import { RecordingTickets } from './recording-tickets.ts';
import { Recordings } from './recordings.ts';
import { openPlaces } from './regions/places.ts';
import { readRegions, RegionFileError, type Region } from './regions/region-file.ts';
import { RoomTokens } from './room-tokens.ts';
import { Scenarios } from './scenarios.ts';
import { Sessions } from './sessions.ts';
import { guardedPost } from './webhooks/guarded-post.ts';
import { DELIVERIES_KEPT_MS, WebhookSender } from './webhooks/sender.ts';

const environment = readEnvironment();
const { LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = environment;
if (
  LIVEKIT_URL === undefined ||
  LIVEKIT_API_KEY === undefined ||
  LIVEKIT_API_SECRET === undefined
) {
  console.error(
    'Signaling needs LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET. `npm start` sets them.',
  );
  process.exit(1);
}

const dataFolder = resolve(environment.UNDERSTUDY_DATA);
const seeds = loadScenarioFiles(environment.UNDERSTUDY_SCENARIOS);
const database = await openDatabase({
  url: environment.DATABASE_URL,
  folder: join(dataFolder, 'data', 'postgres'),
  onTrouble: (error) => {
    app.log.warn({ code: asDatabaseError(error)?.code }, 'a connection to the database broke');
  },
}).catch((error: unknown) => {
  if (!(error instanceof DatabaseError)) {
    throw error;
  }
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
});
const { ring } = await openKeyRing({
  given: environment.UNDERSTUDY_DATA_KEYS,
  dataFolder,
  records: new DataKeyRecords(database.queries),
}).catch(async (error: unknown) => {
  await database.close();
  if (!(error instanceof DataKeyError)) {
    throw error;
  }
  // Nothing is lost by waiting for the key; a new one would hide what is there.
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
});
const records = recordsOf(database.queries, ring);
const imported = await importFolder(database.queries, ring, join(dataFolder, 'data'));
const scenarios = new Scenarios(records.scenarios);
await scenarios.seed(seeds);
const { UNDERSTUDY_TRUST_PROXY: trustProxy } = environment;
const scheme = environment.UNDERSTUDY_HTTPS ? 'https' : 'http';
const keys = { apiKey: LIVEKIT_API_KEY, apiSecret: LIVEKIT_API_SECRET };
const { regions, rooms, agentRooms } = openPlaces({
  ...{ url: LIVEKIT_URL, keys, sessions: records.sessions },
  regions: regionsFrom(environment.UNDERSTUDY_REGIONS),
  onChange: (region, healthy) => {
    app.log.warn({ region, healthy }, 'a region');
  },
});
const regionKeys = new Map((regions?.all ?? []).map((region) => [region.id, region.keys]));
const tokens = new RoomTokens(keys, () => new Date(), regionKeys);
// The launcher has resolved `auto` to what it could install.
const recognitionFor = (language: string): RecognitionGrade => {
  const { UNDERSTUDY_RECOGNITION, WHISPER_WEIGHTS } = environment;
  if (UNDERSTUDY_RECOGNITION === 'whisper' && (language === 'en' || WHISPER_WEIGHTS === 'base')) {
    return 'full';
  }
  return language === 'en' && UNDERSTUDY_RECOGNITION !== 'none' ? 'basic' : 'none';
};
const avatars = (): Promise<string[]> => listAvatars(neuralAvatarFolder(environment));
const affinity = new SealedAffinity(
  environment.REDIS_URL === undefined
    ? new MemoryAffinity()
    : new RedisAffinity(environment.REDIS_URL),
  ring,
);
const failover: Failover = new Failover({
  affinity,
  rooms: agentRooms,
  metadata: (sessionId, owner) => sessions.takeOver(sessionId, owner),
  onFailed: (sessionId, absence) => sessions.fail(sessionId, absence),
  onEvent: ({ what, sessionId, error }) => {
    app.log.warn({ what, sessionId, err: error }, 'failover');
  },
});
const sessions = new Sessions({
  begin: (sessionId) => failover.begin(sessionId),
  ended: (sessionId) => {
    failover.ended(sessionId);
  },
  served: (sessionId) => failover.serves(sessionId),
  records: records.sessions,
  reports: records.reports,
  rooms,
  regions,
  tokens,
  scenarios,
  // Over HTTPS a browser refuses ws://, so LiveKit is reached through this server, or the proxy before it.
  serverUrl: environment.UNDERSTUDY_HTTPS || trustProxy !== undefined ? '' : LIVEKIT_URL,
  internalUrl:
    environment.UNDERSTUDY_SIGNALING ?? `${scheme}://127.0.0.1:${String(environment.PORT)}`,
  recognitionFor,
  avatars,
  maxSessions: environment.UNDERSTUDY_MAX_SESSIONS,
  onOpened: (sessionId) =>
    records.deliveries.sessionOpened(sessionId, now()).catch((error: unknown) => {
      // It is told a minute later.
      app.log.warn({ code: asDatabaseError(error)?.code }, 'a new session is told late');
    }),
});

const { UNDERSTUDY_RECORDING_KEY: recordingKey } = environment;
const recordings = new Recordings({
  root: recordingsRoot({ UNDERSTUDY_DATA: dataFolder }),
  enabled: environment.UNDERSTUDY_RECORDING,
  key: recordingKey === undefined ? undefined : parseRecordingKey(recordingKey),
  days: environment.UNDERSTUDY_RECORDING_DAYS,
  composer: new ComposerProcess({ ...process.env, UNDERSTUDY_DATA: dataFolder }),
  onTrouble: (what, error) => {
    app.log.error({ err: error }, what);
  },
  onExpired: (sessionId) => {
    const entry = { actor: 'system', action: 'recording.expire', target: sessionId };
    records.audit
      .add({ ...entry, requestId: null, createdAt: new Date() })
      .catch((error: unknown) => {
        app.log.error({ ...entry, code: asDatabaseError(error)?.code }, 'no audit entry');
      });
  },
});

const speech = new SpeechCaches({
  folder: join(dataFolder, 'speech-cache'),
  redisUrl: environment.REDIS_URL,
});
const erasures = new Erasures({
  ...{ records, rooms, recordings, affinity, speech },
  now: () => new Date(),
});
const retention = new Retention({
  ...{ records, recordings },
  sessionDays: environment.UNDERSTUDY_RETENTION_DAYS,
  auditDays: environment.UNDERSTUDY_AUDIT_DAYS,
  now: () => new Date(),
});
const tickets = new RecordingTickets(LIVEKIT_API_SECRET);
const now = (): Date => new Date();
const door = makeDoor({
  ...{ records, now, mode: environment.UNDERSTUDY_SIGN_IN },
  tokens: new TokenAuthority(tokens, tickets),
  provider: providerOf(environment),
});
const livekitWebhooks = new LiveKitWebhooks({
  keys: [keys, ...regionKeys.values()],
  events: records.livekitEvents,
  rooms,
  find: (sessionId) => records.sessions.find(sessionId),
  // While an agent has the session or is looked for, it comes back to a room made again, and ends the session itself.
  finished: async (session) => {
    if (!(await failover.serves(session.id))) {
      await sessions.finished(session);
    }
  },
  tell: (event, sessionId, more) => records.deliveries.tell(event, sessionId, more, now()),
});
const sender = new WebhookSender({
  deliveries: records.deliveries,
  post: (url, headers, body) =>
    guardedPost(url, headers, body, { allowPrivate: environment.UNDERSTUDY_WEBHOOK_PRIVATE }),
  onEvent: ({ what, webhookId, deliveryId, error }) => {
    app.log.warn({ what, webhookId, deliveryId, code: asDatabaseError(error)?.code }, 'webhooks');
  },
});
const limits = parseLimits(environment.UNDERSTUDY_RATE_LIMITS);
const ownBuckets = new MemoryBuckets();
const buckets =
  environment.REDIS_URL === undefined
    ? ownBuckets
    : new SharedBuckets({
        shared: new RedisBuckets(connectRedis(environment.REDIS_URL)),
        own: ownBuckets,
        onChange: (state) => {
          app.log.warn({ state }, 'rate limits: the store that shares them');
        },
      });
const app = await buildApp({
  erasures,
  regions,
  ...(limits === undefined ? {} : { limiter: new RateLimiter({ buckets, limits }) }),
  livekitWebhooks,
  agents: { failover, affinity },
  sessions,
  scenarios,
  records,
  authority: door.authority,
  door,
  idempotency: new Idempotency(records.idempotency),
  now,
  recognitionFor,
  avatars,
  recordings,
  tickets,
  avatarWorkers: new AvatarWorkers({
    keys: { apiKey: LIVEKIT_API_KEY, apiSecret: LIVEKIT_API_SECRET },
  }),
  health: () =>
    checkHealth({
      rooms,
      workerUrl: `http://${environment.WORKER_HOST}:${String(environment.WORKER_PORT)}/`,
      ...runtimeAddress(environment),
      database,
      scenarioCount: async () => (await scenarios.catalogue()).length,
      liveCount: () => sessions.liveCount(),
      maxSessions: environment.UNDERSTUDY_MAX_SESSIONS,
      failover: () => failover.counts,
    }),
  webRoot: fileURLToPath(new URL('../web/dist', import.meta.url)),
  facesRoot: fileURLToPath(new URL('../media/avatars/packs', import.meta.url)),
  logLevel: environment.LOG_LEVEL,
  ...(trustProxy === undefined ? {} : { trustProxy }),
  ...(environment.UNDERSTUDY_HTTPS
    ? {
        https: {
          key: await readFile(join(dataFolder, 'tls', 'key.pem'), 'utf8'),
          cert: await readFile(join(dataFolder, 'tls', 'cert.pem'), 'utf8'),
        },
      }
    : {}),
});
if (environment.UNDERSTUDY_HTTPS) {
  await app.register(fastifyHttpProxy, {
    upstream: LIVEKIT_URL.replace(/^ws/, 'http'),
    prefix: '/rtc',
    rewritePrefix: '/rtc',
    websocket: true,
  });
}

for (const name of imported?.skipped ?? []) {
  app.log.warn({ name }, 'a file of the older release cannot be read, and stays where it is');
}
const resealing = new Resealing({ rows: records.sealedRows, keys: records.dataKeys, ring });
const stopping = new AbortController();
const housekeeping = new Housekeeping(
  [
    { name: 'erasures', everyMs: 30_000, act: () => erasures.goOn() },
    { name: 'retention', everyMs: 3_600_000, act: () => retention.run(stopping.signal) },
    {
      name: 'data keys',
      everyMs: 60_000,
      act: async () => {
        const { done, damaged } = await resealing.run({ signal: stopping.signal });
        if (done + damaged > 0) {
          app.log.info({ done, damaged }, 'kept data is encrypted with the newest key');
        }
      },
    },
    {
      name: 'events',
      everyMs: 600_000,
      act: async () => {
        const before = (ms: number): Date => new Date(Date.now() - ms);
        await records.livekitEvents.sweep(before(LIVEKIT_EVENTS_KEPT_MS));
        await records.deliveries.sweep(before(DELIVERIES_KEPT_MS));
      },
    },
    { name: 'sessions', everyMs: 30_000, act: () => sessions.reconcile() },
    {
      name: 'recordings',
      everyMs: 60_000,
      act: async () =>
        records.recordings.follow((await recordings.list()).map(recordingRow), new Date()),
    },
    { name: 'sign-ins', everyMs: 600_000, act: () => records.signIns.sweep(now()) },
    { name: 'idempotency', everyMs: 600_000, act: () => records.idempotency.sweep(new Date()) },
  ],
  (name, error) => {
    const code = asDatabaseError(error)?.code ?? (error as { code?: string }).code;
    app.log.warn({ name, code }, 'housekeeping failed');
  },
);

await ensureFirstAdmin(door.people, {
  email: environment.UNDERSTUDY_ADMIN_EMAIL,
  password: environment.UNDERSTUDY_ADMIN_PASSWORD,
  file: firstAdminFile(dataFolder, environment.PORT),
});
await app.listen({ host: environment.HOST, port: environment.PORT });
recordings.start();
housekeeping.start();
failover.start();
sender.start();
regions?.start();
const stop = (): void => {
  stopping.abort();
  void Promise.allSettled([
    recordings.close(),
    housekeeping.close(),
    sender.close(),
    regions?.close(),
    app.close(),
  ])
    // Last: requests in flight have been answered.
    .then(() => Promise.all([database.close(), affinity.close(), buckets.close()]))
    .finally(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// The launcher starts the next step when it reads this.
process.send?.({ ready: true });

/** Ends the process where the file cannot be used. */
function regionsFrom(path: string | undefined): Region[] | undefined {
  try {
    return path === undefined ? undefined : readRegions(path);
  } catch (error) {
    if (!(error instanceof RegionFileError)) {
      throw error;
    }
    console.error(`${error.code}: ${error.message}`);
    return process.exit(1);
  }
}

function providerOf(given: Environment): ProviderSettings | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = given;
  if (issuer === undefined || clientId === undefined) {
    return undefined;
  }
  return {
    ...{ issuer, clientId, clientSecret: given.OIDC_CLIENT_SECRET, name: given.OIDC_NAME },
    ...{ roleClaim: given.OIDC_ROLE_CLAIM, defaultRole: given.OIDC_DEFAULT_ROLE },
  };
}

/** Where the launcher has started a runtime, its HTTP side is asked; other ones are their owner's to watch. */
function runtimeAddress({ UNDERSTUDY_RUNTIME, RUNTIME_PORT, RUNTIME_HTTP_PORT }: Environment): {
  runtimeUrl?: string;
} {
  return UNDERSTUDY_RUNTIME === `127.0.0.1:${String(RUNTIME_PORT)}`
    ? { runtimeUrl: `http://127.0.0.1:${String(RUNTIME_HTTP_PORT)}/v2/health/ready` }
    : {};
}

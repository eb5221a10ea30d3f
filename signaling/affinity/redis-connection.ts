/** A connection to one Redis, to what Sentinels watch over, or to a Cluster. It comes back by itself. */
import { Cluster, Redis } from 'ioredis';

/** A command that Redis does not answer within this fails. */
const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 1_000;
const LONGEST_RECONNECT_MS = 1_000;
/** How often a command is sent anew while a Cluster finds its new master; with the waits between, some seconds. */
const CLUSTER_REDIRECTIONS = 32;
const CLUSTER_RETRY_MS = 200;
const REDIS_PORT = 6_379;
const SENTINEL_PORT = 26_379;

/**
 * `redis://host:port` is one server; several with commas are a Cluster, of which not every node need be named;
 * `sentinel://host:port/NAME`, several with commas, are the Sentinels of the master NAME (`mymaster` when absent).
 * User and password of the first address are used for all. `rediss://` and `sentinels://` use TLS.
 */
export function connectRedis(urls: string): Redis | Cluster {
  const addresses = urls.split(',').map((url) => new URL(url.trim()));
  const [first] = addresses;
  const common = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    ...(first!.username === '' ? {} : { username: decodeURIComponent(first!.username) }),
    ...(first!.password === '' ? {} : { password: decodeURIComponent(first!.password) }),
    ...(first!.protocol === 'rediss:' || first!.protocol === 'sentinels:' ? { tls: {} } : {}),
  };
  const retryStrategy = (times: number): number => Math.min(50 * times, LONGEST_RECONNECT_MS);
  const hosts = (port: number): { host: string; port: number }[] =>
    addresses.map((url) => ({ host: url.hostname, port: Number(url.port || port) }));
  const redis = first!.protocol.startsWith('sentinel')
    ? new Redis({
        ...common,
        sentinels: hosts(SENTINEL_PORT),
        name: first!.pathname.slice(1) || 'mymaster',
        retryStrategy,
        maxRetriesPerRequest: 1,
      })
    : addresses.length > 1
      ? new Cluster(hosts(REDIS_PORT), {
          redisOptions: { ...common, maxRetriesPerRequest: 1 },
          maxRedirections: CLUSTER_REDIRECTIONS,
          retryDelayOnClusterDown: CLUSTER_RETRY_MS,
          retryDelayOnFailover: CLUSTER_RETRY_MS,
          clusterRetryStrategy: retryStrategy,
          slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
        })
      : new Redis({
          ...common,
          ...hosts(REDIS_PORT)[0],
          db: Number(first!.pathname.slice(1) || 0),
          retryStrategy,
          maxRetriesPerRequest: 1,
        });
  // Each command tells its caller; without a listener a lost connection would end the process.
  redis.on('error', () => undefined);
  return redis;
}

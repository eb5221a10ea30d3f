/** The inference runtimes that this process asks: one, or a pool found by configuration, DNS or Redis. */
import { GrpcInferenceClient } from '#gpu-runtime/client/grpc-client.ts';
import { configured, type Discover } from '#gpu-runtime/client/pool/discovery/discovery.ts';
import { byDns } from '#gpu-runtime/client/pool/discovery/dns-discovery.ts';
import { RedisConnection } from '#gpu-runtime/client/pool/discovery/redis-connection.ts';
import { byRedis } from '#gpu-runtime/client/pool/discovery/redis-registry.ts';
import { RuntimePool } from '#gpu-runtime/client/pool/runtime-pool.ts';
import type { InferenceService } from '#gpu-runtime/ports.ts';
import { systemClock } from '#media/clock.ts';

/** Stays its owner's: the engines that ask it do not close it. */
export type Runtimes = Pick<InferenceService, 'infer' | 'modelReady' | 'close'>;

const DNS = /^dns:(?<name>[^\s:]+):(?<port>\d{1,5})$/u;

/**
 * `where`: `host:port`, several of them separated by commas, `dns:NAME:PORT` for every address of a name, or
 * `redis://host:port` where runtimes enter themselves (`--announce`). Throws RangeError for anything else.
 */
export async function connectRuntimes(where: string): Promise<Runtimes> {
  const redis = /^rediss?:/u.test(where)
    ? new RedisConnection({ url: where, clock: systemClock })
    : undefined;
  const dns = DNS.exec(where)?.groups;
  const discover: Discover =
    redis !== undefined
      ? byRedis(redis)
      : dns !== undefined
        ? byDns({ name: dns['name']!, port: Number(dns['port']), clock: systemClock })
        : configured(where);
  const connect = (address: string): GrpcInferenceClient => new GrpcInferenceClient({ address });
  if (redis === undefined && dns === undefined) {
    const [only, ...others] = await discover();
    if (only !== undefined && others.length === 0) {
      return connect(only);
    }
  }
  const pool = new RuntimePool({ clock: systemClock, discover, connect });
  await pool.open();
  return {
    infer: (request, options) => pool.infer(request, options),
    modelReady: (name) => pool.modelReady(name),
    close: async () => {
      await pool.close();
      redis?.close();
    },
  };
}

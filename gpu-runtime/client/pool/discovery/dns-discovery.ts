/** Runtimes behind a name: every address that it resolves to, all on one port. A headless service of Kubernetes is one. */
import { resolve4, resolve6 } from 'node:dns/promises';
import type { Clock } from '#media/clock.ts';
import { remembered, type Discover } from './discovery.ts';

export interface DnsDiscoveryOptions {
  name: string;
  port: number;
  clock: Clock;
  /** Replaces the system's resolver: addresses of IPv4 and IPv6. */
  resolve?: { v4: Resolve; v6: Resolve };
  everyMs?: number;
}

type Resolve = (name: string) => Promise<string[]>;

/** A new runtime is found this late at most; records that live longer are not asked for more often by resolvers. */
const EVERY_MS = 5_000;

export function byDns(options: DnsDiscoveryOptions): Discover {
  const { name, port, clock, everyMs = EVERY_MS } = options;
  const { v4, v6 } = options.resolve ?? { v4: resolve4, v6: resolve6 };
  const ask = async (): Promise<readonly string[]> => {
    const [four, six] = await Promise.all([resolved(v4, name), resolved(v6, name)]);
    return [...four, ...six.map((address) => `[${address}]`)]
      .map((host) => `${host}:${String(port)}`)
      .toSorted();
  };
  return remembered(ask, everyMs, clock);
}

/** A name without such records has none; a resolver that fails does not say so. */
async function resolved(resolve: Resolve, name: string): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENODATA' || code === 'ENOTFOUND') {
      return [];
    }
    throw error;
  }
}

/** How much of what one address, or one API key, may ask for. The one table, and how UNDERSTUDY_RATE_LIMITS changes it. */
import type { BucketSize } from './buckets.ts';

export const LIMIT_KINDS = ['sessions', 'sign-in', 'reads', 'writes', 'keys'] as const;
/** `keys`: whatever comes with something that looks like an API key, before it is known to be one. */
export type LimitKind = (typeof LIMIT_KINDS)[number];
export type Limits = Readonly<Record<LimitKind, { address: BucketSize; key: BucketSize }>>;

/**
 * A classroom of 40 learners shares one address. At the ring of the bell each signs in, starts a call, perhaps fails, loads
 * the page anew and starts again: three times 40 at once, and no more than two a second in the long run. Forty pages that
 * wait for their reports read about 40 times a second. An embedder's server, which has a key, serves many such rooms.
 */
export const DEFAULT_LIMITS: Limits = {
  sessions: { address: { burst: 120, perSecond: 2 }, key: { burst: 600, perSecond: 20 } },
  'sign-in': { address: { burst: 120, perSecond: 1 }, key: { burst: 120, perSecond: 1 } },
  reads: { address: { burst: 2_000, perSecond: 100 }, key: { burst: 4_000, perSecond: 200 } },
  writes: { address: { burst: 400, perSecond: 20 }, key: { burst: 800, perSecond: 40 } },
  keys: { address: { burst: 5_000, perSecond: 500 }, key: { burst: 5_000, perSecond: 500 } },
};

const ENTRY = /^(?<kind>[a-z-]+)(?<key>\/key)?=(?<perSecond>\d+(?:\.\d+)?):(?<burst>\d+)$/u;

/**
 * `off`, or entries with commas: `sessions=2:120` is two a second after 120 at once for each address, `sessions/key=20:600`
 * for each API key. Undefined where there are no limits. Throws RangeError naming the entry.
 */
export function parseLimits(text: string | undefined): Limits | undefined {
  if (text?.trim() === 'off') {
    return undefined;
  }
  const limits = structuredClone(DEFAULT_LIMITS) as Record<LimitKind, Limits[LimitKind]>;
  for (const entry of (text ?? '').split(',').map((one) => one.trim())) {
    if (entry === '') {
      continue;
    }
    const { kind, key, perSecond, burst } = ENTRY.exec(entry)?.groups ?? {};
    const size = { burst: Number(burst), perSecond: Number(perSecond) };
    if (!isKind(kind) || !(size.burst >= 1) || !(size.perSecond > 0)) {
      throw new RangeError(`${entry} is no limit: sessions=2:120, for example`);
    }
    limits[kind] = { ...limits[kind], [key === undefined ? 'address' : 'key']: size };
  }
  return limits;
}

const isKind = (kind: string | undefined): kind is LimitKind =>
  LIMIT_KINDS.some((known) => known === kind);

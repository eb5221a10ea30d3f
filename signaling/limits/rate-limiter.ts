/**
 * Refuses whoever asks too much, before anything else is done for them. Every answer of a limited route says how much is
 * left, in the fields `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isIPv4, isIPv6 } from 'node:net';
import { ProblemError } from '../problems.ts';
import { fillSeconds, type Buckets, type BucketSize } from './buckets.ts';
import type { LimitKind, Limits } from './limits.ts';

export interface RateLimiterOptions {
  buckets: Buckets;
  limits: Limits;
}

/** Public routes; what agents, avatar workers and LiveKit ask for is below another prefix, or has these permissions. */
const LIMITED_PREFIX = '/api/v1/';
const WORKERS = ['avatars:place', 'avatar-workers:read', 'avatar-workers:report'];
const LOOKS_LIKE_KEY = /^Bearer understudy_/iu;

export class RateLimiter {
  readonly #options: RateLimiterOptions;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** Before anybody is known: by address. Throws ProblemError RATE_LIMITED. */
  async admitAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const kind = kindOf(request);
    if (kind === undefined || isThisMachine(request.ip)) {
      return;
    }
    const isKey = LOOKS_LIKE_KEY.test(request.headers.authorization ?? '');
    await this.#take(reply, isKey ? 'keys' : kind, 'address', networkOf(request.ip));
  }

  /** By API key, once it is known to be one. Throws ProblemError RATE_LIMITED. */
  async admitKey(request: FastifyRequest, reply: FastifyReply, keyId: string): Promise<void> {
    const kind = kindOf(request);
    if (kind !== undefined && !isThisMachine(request.ip)) {
      await this.#take(reply, kind, 'key', keyId);
    }
  }

  async #take(
    reply: FastifyReply,
    kind: LimitKind,
    whose: 'address' | 'key',
    name: string,
  ): Promise<void> {
    const { buckets, limits } = this.#options;
    const size: BucketSize = limits[kind][whose];
    const { admitted, left, waitMs } = await buckets.take(`${kind}:${whose}:${name}`, size);
    const waitS = Math.max(1, Math.ceil(waitMs / 1_000));
    const policy = `"${kind}"`;
    reply.header(
      'ratelimit-policy',
      `${policy};q=${String(size.burst)};w=${String(fillSeconds(size))}`,
    );
    reply.header('ratelimit', `${policy};r=${String(left)};t=${String(waitS)}`);
    if (!admitted) {
      throw new ProblemError('RATE_LIMITED', `Too much of "${kind}" from one ${whose}.`, {
        retryAfterS: waitS,
      });
    }
  }
}

function kindOf({ routeOptions, method }: FastifyRequest): LimitKind | undefined {
  const { url, config } = routeOptions;
  if (url?.startsWith(LIMITED_PREFIX) !== true || WORKERS.includes(config.permission ?? '')) {
    return undefined;
  }
  if (method === 'GET' || method === 'HEAD') {
    return 'reads';
  }
  switch (config.permission) {
    case 'sessions:create':
      return 'sessions';
    case 'sign-in:use':
      return 'sign-in';
    default:
      return 'writes';
  }
}

/**
 * Who calls from this machine is its owner, or a proxy whose word is not taken (UNDERSTUDY_TRUST_PROXY), behind which all the
 * world would share one bucket.
 */
const isThisMachine = (address: string): boolean =>
  address === '::1' || /^(?:::ffff:)?127\./u.test(address);

/** One customer of IPv6 has 2^64 addresses at least: what counts is their network. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  if (mapped !== undefined || isIPv4(address)) {
    return mapped ?? address;
  }
  if (!isIPv6(address)) {
    return address;
  }
  // The URL parser writes every address in one way.
  const [head = '', tail] = new URL(`http://[${address.split('%')[0] ?? ''}]`).hostname
    .slice(1, -1)
    .split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

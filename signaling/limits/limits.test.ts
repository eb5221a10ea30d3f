import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, LIMIT_KINDS, parseLimits } from './limits.ts';
import { networkOf } from './rate-limiter.ts';

describe('the table', () => {
  it('lets a class of 40 behind one address begin three times, and wait for its reports', () => {
    expect(DEFAULT_LIMITS.sessions.address.burst).toBeGreaterThanOrEqual(3 * 40);
    expect(DEFAULT_LIMITS['sign-in'].address.burst).toBeGreaterThanOrEqual(3 * 40);
    expect(DEFAULT_LIMITS.reads.address.perSecond).toBeGreaterThanOrEqual(2 * 40);
  });

  it('is changed by the environment, kind by kind', () => {
    expect(parseLimits(undefined)).toEqual(DEFAULT_LIMITS);
    expect(parseLimits('off')).toBeUndefined();
    expect(parseLimits(' reads=0.5:7, reads/key=300:9 ')).toEqual({
      ...DEFAULT_LIMITS,
      reads: { address: { perSecond: 0.5, burst: 7 }, key: { perSecond: 300, burst: 9 } },
    });
    for (const kind of LIMIT_KINDS) {
      expect(parseLimits(`${kind}=1:1`)?.[kind].address).toEqual({ perSecond: 1, burst: 1 });
    }
  });

  it.each(['reads', 'reads=1', 'reads=0:5', 'reads=5:0', 'walks=1:1', 'reads=-1:5', 'on'])(
    'does not take %s',
    (text) => {
      expect(() => parseLimits(text)).toThrow(RangeError);
    },
  );
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

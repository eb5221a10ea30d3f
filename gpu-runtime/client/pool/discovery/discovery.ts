/** Where the runtimes are. The pool asks again and again, so that runtimes may come and go. */
import type { Clock } from '#media/clock.ts';

/** Addresses now, `host:port`. Rejects where nobody can tell; then the pool goes on with those it knows. */
export type Discover = () => Promise<readonly string[]>;

/** A list in the configuration, separated by commas or spaces. Throws RangeError for what is no `host:port`. */
export function configured(list: string): Discover {
  const addresses = list.split(/[\s,]+/u).filter((address) => address !== '');
  for (const address of addresses) {
    if (!/^(unix:.+|(\[[\da-f:]+\]|[^\s:[\]/]+):\d{1,5})$/iu.test(address)) {
      throw new RangeError(`“${address}” is no address of a runtime; it is host:port.`);
    }
  }
  return () => Promise.resolve(addresses);
}

/** Asks at most once in `everyMs`; in between, and while the question fails, the last answer holds. */
export function remembered(discover: Discover, everyMs: number, clock: Clock): Discover {
  let askedMs = Number.NEGATIVE_INFINITY;
  let known: readonly string[] | undefined;
  return async () => {
    if (clock.nowMs() - askedMs >= everyMs || known === undefined) {
      askedMs = clock.nowMs();
      try {
        known = await discover();
      } catch (error) {
        if (known === undefined) {
          throw error;
        }
      }
    }
    return known;
  };
}

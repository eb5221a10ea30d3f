/** Who is signed in in this browser: asked once for a visit, and again after signing in or out. */
import { useEffect, useSyncExternalStore } from 'react';
import type { Me } from '#signaling/api-types.ts';
import { fetchMe } from '../api/client.ts';

/** `unknown`: not asked yet, or no answer. Pages then show what they show to everybody. */
let known: Me | 'unknown' = 'unknown';
let asking: Promise<void> | null = null;
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of listeners) listener();
}

/** Asks (again). Never rejects. */
export function refreshMe(): Promise<void> {
  asking = fetchMe().then(
    (me) => {
      known = me;
      tell();
    },
    () => undefined,
  );
  return asking;
}

const subscribe = (changed: () => void): (() => void) => {
  listeners.add(changed);
  return () => listeners.delete(changed);
};

export function useMe(): Me | 'unknown' {
  useEffect(() => {
    if (asking === null) void refreshMe();
  }, []);
  return useSyncExternalStore(subscribe, () => known);
}

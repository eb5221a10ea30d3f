/** The addresses of the page, and moving between them without reloading. */
import { useMemo, useSyncExternalStore } from 'react';

export type Route =
  | { name: 'catalogue' }
  | { name: 'join'; scenarioId: string }
  | { name: 'call'; sessionId: string }
  | { name: 'report'; sessionId: string }
  | { name: 'reports' }
  | { name: 'sign-in' }
  | { name: 'gallery'; state: string }
  | { name: 'not-found' };

/** Reads a path such as `/join/late-report`; anything else is `not-found`. */
export function routeOf(pathname: string): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { name: 'not-found' };
  }
  const [first, second, ...rest] = decoded;
  if (first === undefined) return { name: 'catalogue' };
  if (second === undefined) {
    return first === 'reports' || first === 'sign-in' ? { name: first } : { name: 'not-found' };
  }
  if (rest.length > 0) return { name: 'not-found' };
  switch (first) {
    case 'join':
      return { name: 'join', scenarioId: second };
    case 'call':
      return { name: 'call', sessionId: second };
    case 'report':
      return { name: 'report', sessionId: second };
    case 'gallery':
      return { name: 'gallery', state: second };
    default:
      return { name: 'not-found' };
  }
}

/** The path of a route; the inverse of `routeOf`. */
export function pathOf(route: Exclude<Route, { name: 'not-found' }>): string {
  switch (route.name) {
    case 'catalogue':
      return '/';
    case 'reports':
      return '/reports';
    case 'sign-in':
      return '/sign-in';
    case 'join':
      return `/join/${encodeURIComponent(route.scenarioId)}`;
    case 'call':
      return `/call/${encodeURIComponent(route.sessionId)}`;
    case 'report':
      return `/report/${encodeURIComponent(route.sessionId)}`;
    case 'gallery':
      return `/gallery/${encodeURIComponent(route.state)}`;
  }
}

const MOVED = 'understudy:moved';

/** Goes to a path. `replace` leaves no step back, as after a call that is over. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace === true) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  window.dispatchEvent(new Event(MOVED));
  window.scrollTo(0, 0);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('popstate', changed);
  window.addEventListener(MOVED, changed);
  return () => {
    window.removeEventListener('popstate', changed);
    window.removeEventListener(MOVED, changed);
  };
}

export function useRoute(): Route {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return useMemo(() => routeOf(path), [path]);
}

/** What each scope of an API key opens: the one table. */
import type { Permission, Principal } from '../authority.ts';
import { ROLES, type Reach, type Reaches } from './roles.ts';

/** `own`: of the sessions that this key has created, or the key whose place it took. */
export const SCOPES = {
  'sessions:create': {
    'sessions:create': 'all',
    'session:read': 'own',
    'session:end': 'own',
    'session:token': 'own',
  },
  'sessions:all': { 'sessions:list': 'all', 'session:read': 'all', 'session:end': 'all' },
  'report:read': { 'report:read': 'own', 'transcript:read': 'own' },
  'reports:all': { 'reports:list': 'all', 'report:read': 'all', 'transcript:read': 'all' },
  'recording:read': { 'recording:read': 'own', 'recording:open': 'own' },
  'recordings:all': {
    'recordings:list': 'all',
    'recording:read': 'all',
    'recording:open': 'all',
    'recording:delete': 'all',
  },
  'scenarios:read': { 'scenarios:read': 'all' },
  'scenarios:write': { 'scenarios:read': 'all', 'scenarios:write': 'all' },
  'learners:read': { 'learners:read': 'all' },
  'learners:write': { 'learners:read': 'all', 'learners:write': 'all' },
  'learners:erase': { 'learners:export': 'all', 'learners:erase': 'all', 'session:erase': 'all' },
  'audit:read': { 'audit:read': 'all' },
  'webhooks:manage': { 'webhooks:manage': 'all' },
  'avatars:place': { 'avatars:place': 'all', 'avatar-workers:read': 'all' },
} as const satisfies Record<string, Reaches>;
export type Scope = keyof typeof SCOPES;

const TABLE: Readonly<Record<string, Reaches>> = SCOPES;
export const SCOPE_NAMES = Object.keys(SCOPES) as [Scope, ...Scope[]];

/** The scopes that open a permission, each with how far. */
export const scopesThatOpen = (permission: Permission): { scope: Scope; reach: Reach }[] =>
  SCOPE_NAMES.flatMap((scope) => {
    const reach = (SCOPES[scope] as Reaches)[permission];
    return reach === undefined ? [] : [{ scope, reach }];
  });

/** How far a key with these scopes comes; undefined: not at all. Names of scopes that are no more open nothing. */
export function reachOfScopes(
  scopes: readonly string[],
  permission: Permission,
): Reach | undefined {
  const reaches = scopes
    .filter((scope) => Object.hasOwn(TABLE, scope))
    .map((scope) => TABLE[scope]?.[permission]);
  return reaches.includes('all') ? 'all' : reaches.find((reach) => reach !== undefined);
}

/**
 * Whether somebody may hand a scope to a key: only where they themselves have all of it, so that nobody makes a key, or
 * takes another's in rotating it, to see what is closed to them. A token for the room of a session that the key itself
 * creates takes nothing from anybody.
 */
export function mayGive(principal: Principal, scope: string): boolean {
  if (principal.kind === 'owner') {
    return true;
  }
  const { role } = principal;
  const opened = Object.hasOwn(TABLE, scope) ? TABLE[scope] : undefined;
  if (role === undefined) {
    return false;
  }
  return (Object.keys(opened ?? {}) as Permission[]).every(
    (permission) => permission === 'session:token' || ROLES[role][permission] === 'all',
  );
}

/** What each role of a person opens: the one table. What is not in it is closed to the role. */
import type { Permission } from '../authority.ts';

export const ROLE_NAMES = ['learner', 'instructor', 'admin', 'operator'] as const;
export type Role = (typeof ROLE_NAMES)[number];

/** `own`: of the sessions that they began or that are about them. `all`: of everybody's. */
export type Reach = 'own' | 'all';
export type Reaches = Readonly<Partial<Record<Permission, Reach>>>;

const LEARNER = {
  'catalogue:read': 'all',
  'sessions:create': 'all',
  'sessions:list': 'own',
  'session:read': 'own',
  'session:end': 'own',
  'session:token': 'own',
  'report:read': 'own',
  'reports:list': 'own',
  'transcript:read': 'own',
  'recording:read': 'own',
  'recording:open': 'own',
  'recording:delete': 'own',
  'session:erase': 'own',
} as const satisfies Reaches;

/** Sees what everybody said, and changes nothing of the system. */
const INSTRUCTOR = {
  ...LEARNER,
  'sessions:list': 'all',
  'session:read': 'all',
  'session:end': 'all',
  'report:read': 'all',
  'reports:list': 'all',
  'transcript:read': 'all',
  'recording:read': 'all',
  'recording:open': 'all',
  'recordings:list': 'all',
  'scenarios:read': 'all',
  'learners:read': 'all',
} as const satisfies Reaches;

const ADMIN = {
  ...INSTRUCTOR,
  'recording:delete': 'all',
  'scenarios:write': 'all',
  'learners:write': 'all',
  'learners:export': 'all',
  'learners:erase': 'all',
  'session:erase': 'all',
  'audit:read': 'all',
  'people:manage': 'all',
  'api-keys:manage': 'all',
  'webhooks:manage': 'all',
  'avatars:place': 'all',
  'avatar-workers:read': 'all',
} as const satisfies Reaches;

/** Keeps the system running and never learns what anybody said: no report, transcript or recording. */
const OPERATOR = {
  'catalogue:read': 'all',
  'sessions:create': 'all',
  'sessions:list': 'all',
  'session:read': 'all',
  'session:end': 'all',
  'avatar-workers:read': 'all',
  'api-keys:manage': 'all',
  'webhooks:manage': 'all',
} as const satisfies Reaches;

export const ROLES: Readonly<Record<Role, Reaches>> = {
  learner: LEARNER,
  instructor: INSTRUCTOR,
  admin: ADMIN,
  operator: OPERATOR,
};

/** The roles that open a permission, each with how far. */
export const rolesThatOpen = (permission: Permission): { role: Role; reach: Reach }[] =>
  ROLE_NAMES.flatMap((role) => {
    const reach = ROLES[role][permission];
    return reach === undefined ? [] : [{ role, reach }];
  });

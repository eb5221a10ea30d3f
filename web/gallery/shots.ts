/** The pictures that the gallery takes: an address, what the server answers, and what the browser is like. */
import { CALL_STATES } from '../src/gallery/call-states.ts';
import {
  kept,
  KUND,
  RECORDING,
  REPORT,
  SCENES,
  SHORT_REPORT,
  SLIP,
  TYPED_REPORT,
} from '../src/gallery/samples.ts';

/** What the fake server answers: a status with a body, or nothing at all. */
export type Answer =
  { status: number; body: unknown; headers?: Record<string, string> } | 'hang' | 'refuse';

export interface Shot {
  name: string;
  path: string;
  answers?: Record<string, Answer>;
  /** localStorage before the page starts. */
  stored?: Record<string, unknown>;
  microphone?: 'denied' | 'absent';
  /** Things to do before the picture, as selector and text to fill in, or null to click. */
  steps?: [selector: string, fill: string | null][];
  fullPage?: boolean;
  /** Light and dark look the same: one is enough. */
  oneTheme?: boolean;
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const problem = (
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string> = {},
): Answer => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail, requestId: 'req-1' },
  headers,
});
const scenarios = {
  'GET /api/v1/catalogue': ok({ scenarios: SCENES, recordings: { days: 30, encrypted: false } }),
};
const sessions = (...list: unknown[]) => ({ 'understudy.sessions': list });
const report = (name: string, path: string, change: Partial<Shot>): Shot => ({
  name,
  path,
  fullPage: true,
  ...change,
});

const earlier = kept(
  'earlier',
  { ...REPORT, score: 62 },
  { startedAt: '2026-11-20T09:00:00.000Z' },
);

const pages: Shot[] = [
  { name: 'catalogue', path: '/', answers: scenarios, stored: sessions(earlier) },
  { name: 'catalogue-full', path: '/', answers: scenarios, fullPage: true, oneTheme: true },
  {
    name: 'catalogue-empty',
    path: '/',
    answers: scenarios,
    steps: [['[data-testid=search]', 'salary review in Welsh']],
  },
  {
    name: 'catalogue-filters',
    path: '/',
    answers: scenarios,
    steps: [['.filters .more', null]],
    oneTheme: true,
  },
  { name: 'catalogue-loading', path: '/', answers: { 'GET /api/v1/catalogue': 'hang' } },
  { name: 'catalogue-unreachable', path: '/', answers: { 'GET /api/v1/catalogue': 'refuse' } },
  {
    name: 'catalogue-none',
    path: '/',
    answers: { 'GET /api/v1/catalogue': ok({ scenarios: [] }) },
    oneTheme: true,
  },
  { name: 'join', path: `/join/${SLIP.id}`, answers: scenarios, fullPage: true },
  {
    name: 'join-denied',
    path: `/join/${SLIP.id}`,
    answers: scenarios,
    microphone: 'denied',
    fullPage: true,
  },
  {
    name: 'join-absent',
    path: `/join/${SLIP.id}`,
    answers: scenarios,
    microphone: 'absent',
    fullPage: true,
    oneTheme: true,
  },
  {
    name: 'join-typing',
    path: `/join/${SLIP.id}`,
    answers: scenarios,
    steps: [['[data-testid=type-instead]', null]],
    fullPage: true,
    oneTheme: true,
  },
  { name: 'join-swedish', path: `/join/${KUND.id}`, answers: scenarios, fullPage: true },
  {
    name: 'join-full',
    path: `/join/${SLIP.id}`,
    answers: {
      ...scenarios,
      'POST /api/v1/sessions': problem(503, 'SESSIONS_FULL', 'All 4 seats are taken.', {
        'retry-after': '20',
      }),
    },
    steps: [['[data-testid=join]', null]],
    fullPage: true,
  },
  {
    name: 'join-failed',
    path: `/join/${SLIP.id}`,
    answers: {
      ...scenarios,
      'POST /api/v1/sessions': problem(503, 'LIVEKIT_UNREACHABLE', 'No answer.'),
    },
    steps: [['[data-testid=join]', null]],
    fullPage: true,
    oneTheme: true,
  },
  { name: 'join-unknown', path: '/join/nothing-here', answers: scenarios, oneTheme: true },
  report('report', '/report/sample', { stored: sessions(kept('sample', REPORT), earlier) }),
  report('report-jump', '/report/sample', {
    stored: sessions(kept('sample', REPORT)),
    steps: [['.evidence.against .button', null]],
    fullPage: false,
    oneTheme: true,
  }),
  report('report-recording', '/report/sample', {
    stored: sessions(kept('sample', SHORT_REPORT, { recorded: true })),
    answers: { 'GET /api/v1/sessions/sample/recording': ok(RECORDING) },
  }),
  report('report-composing', '/report/sample', {
    stored: sessions(kept('sample', SHORT_REPORT, { recorded: true })),
    answers: {
      'GET /api/v1/sessions/sample/recording': ok({
        ...RECORDING,
        ...{ status: 'composing', progress: 0.4, files: [] },
      }),
    },
    oneTheme: true,
  }),
  report('report-typed', '/report/sample', {
    stored: sessions(kept('sample', TYPED_REPORT)),
    oneTheme: true,
  }),
  report('report-too-short', '/report/sample', { stored: sessions(kept('sample', SHORT_REPORT)) }),
  report('report-pending', '/report/sample', {
    stored: sessions(kept('sample', null)),
    answers: { 'GET /api/v1/sessions/sample/report': { status: 202, body: { status: 'pending' } } },
  }),
  report('report-expired', '/report/sample', {
    stored: sessions(kept('sample', null)),
    answers: { 'GET /api/v1/sessions/sample/report': problem(401, 'TOKEN_EXPIRED', 'Expired.') },
    oneTheme: true,
  }),
  report('report-unknown', '/report/elsewhere', { oneTheme: true }),
  {
    name: 'reports',
    path: '/reports',
    stored: sessions(
      kept('sample', REPORT),
      kept('new', null, { startedAt: '2026-11-21T15:00:00.000Z' }),
      kept('short', SHORT_REPORT),
      earlier,
    ),
  },
  { name: 'reports-empty', path: '/reports', oneTheme: true },
  { name: 'call-unknown', path: '/call/elsewhere', oneTheme: true },
  { name: 'not-found', path: '/nowhere', oneTheme: true },
];

const me = (more: object): Record<string, Answer> => ({
  'GET /api/v1/auth/me': ok({ signIn: 'optional', provider: null, person: null, ...more }),
});
const typed: NonNullable<Shot['steps']> = [
  ['#sign-in-email', 'ines@example.org'],
  ['#sign-in-password', 'not this one'],
  ['[data-testid=sign-in]', null],
];
const INES = {
  id: 'p1',
  email: 'ines@example.org',
  displayName: 'Ines Okafor',
  role: 'instructor',
};

const signIns: Shot[] = [
  { name: 'sign-in', path: '/sign-in', answers: me({}) },
  {
    name: 'sign-in-provider',
    path: '/sign-in?next=%2Fjoin%2Fx',
    answers: me({ signIn: 'required', provider: { name: 'Northfield College' } }),
  },
  {
    name: 'sign-in-wrong',
    path: '/sign-in',
    answers: {
      ...me({}),
      'POST /api/v1/auth/sign-in': problem(401, 'SIGN_IN_REFUSED', 'Check both.'),
    },
    steps: typed,
  },
  {
    name: 'sign-in-throttled',
    path: '/sign-in',
    answers: {
      ...me({ signIn: 'none' }),
      'POST /api/v1/auth/sign-in': problem(429, 'SIGN_IN_THROTTLED', 'Wait.', {
        'retry-after': '840',
      }),
    },
    steps: typed,
    oneTheme: true,
  },
  {
    name: 'sign-in-refused',
    path: '/sign-in?problem=PROVIDER_EMAIL_UNVERIFIED',
    answers: me({ provider: { name: 'Northfield College' } }),
    oneTheme: true,
  },
  { name: 'sign-in-done', path: '/sign-in', answers: me({ person: INES }) },
  {
    name: 'sign-in-bar',
    path: '/',
    answers: { ...scenarios, ...me({ person: INES }) },
    oneTheme: true,
  },
];

const calls: Shot[] = CALL_STATES.map((state) => ({
  name: `call-${state}`,
  path: `/gallery/call-${state}`,
  oneTheme: true,
}));

export const SHOTS: Shot[] = [
  ...pages,
  ...signIns,
  ...calls,
  {
    name: 'call-help',
    path: '/gallery/call-listening',
    steps: [['[aria-controls=help-panel]', null]],
    oneTheme: true,
  },
  {
    name: 'call-aims',
    path: '/gallery/call-speaking',
    steps: [['[aria-controls=aims-panel]', null]],
    oneTheme: true,
  },
];

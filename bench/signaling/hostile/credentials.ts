/** Tokens, keys and cookies that should open nothing, or less than they are tried on; each knows what it is good for. */
import { SignJWT } from 'jose';
import { createHmac } from 'node:crypto';

export interface Credential {
  what: string;
  /** Absent: no such header is sent. */
  authorization?: string;
  cookie?: string;
  /** Permissions that it does open; nobody else's table is asked. `own`: those of the session `sessionId`. */
  opens: readonly string[];
  /** The session whose routes it may use besides. */
  sessionId?: string | undefined;
  /** What a browser says of where a request comes from. */
  origin?: string;
  /** It may read only: what changes something must come from our own page. */
  isFromElsewhere?: boolean;
}

/** The cookies of people who have signed in, with the origin of our page. */
export interface SignedIn {
  origin: string;
  learner: string;
  operator: string;
  admin: string;
}

/** As docs/api.md tells of roles: lists of their own, and what keeps a system running without anybody's words. */
const LEARNERS_OWN = ['sessions:list', 'reports:list'];
const OF_OPERATORS = [
  'sessions:list',
  'session:read',
  'session:end',
  'avatar-workers:read',
  'api-keys:manage',
  'webhooks:manage',
];

/** `everything`: all permissions that there are. */
export function peopleCredentials(
  { origin, learner, operator, admin }: SignedIn,
  everything: readonly string[],
): Credential[] {
  const elsewhere = { cookie: admin, opens: everything, isFromElsewhere: true };
  const changed = `${learner.slice(0, -2)}${learner.endsWith('aa') ? 'bb' : 'aa'}`;
  return [
    { what: 'a learner who signed in', cookie: learner, origin, opens: LEARNERS_OWN },
    { what: 'an operator who signed in', cookie: operator, origin, opens: OF_OPERATORS },
    { what: 'an admin on another page', ...elsewhere, origin: 'https://evil.example' },
    { what: 'an admin on a page of nowhere', ...elsewhere, origin: 'null' },
    { what: 'an admin on no page', ...elsewhere },
    { what: 'a changed cookie', cookie: changed, origin, opens: [] },
    {
      what: 'a cookie of nobody',
      cookie: `${learner.split('=')[0] ?? ''}=${'A'.repeat(43)}`,
      origin,
      opens: [],
    },
    {
      what: 'two cookies of nobody',
      cookie: `${learner.split('=')[0] ?? ''}=x; ${changed}`,
      origin,
      opens: [],
    },
  ];
}

export interface CredentialKeys {
  apiKey: string;
  apiSecret: string;
  /** A live session, and one of somebody else. */
  sessionId: string;
  otherSessionId: string;
  /** Keys of the API that are revoked, expired, or of one narrow scope. */
  revokedKey?: string | undefined;
  learnersKey?: string | undefined;
}

/** What the room token of a session opens, for that session alone. */
export const OWN = [
  'session:read',
  'session:end',
  'session:token',
  'report:read',
  'transcript:read',
  'recording:read',
  'recording:open',
  'recording:delete',
  'session:erase',
] as const;
/** Nobody needs anything for these. */
export const OPEN_TO_ALL: readonly string[] = ['catalogue:read', 'sessions:create', 'sign-in:use'];
/** A room token stays good for these for thirty days after it has expired. */
const OWN_AFTERWARDS = OWN.filter((permission) => permission !== 'session:token');

const MONTH_S = 31 * 24 * 3_600;
const HOUR_S = 3_600;

export async function badCredentials(keys: CredentialKeys): Promise<Credential[]> {
  const { apiKey, apiSecret, sessionId, otherSessionId } = keys;
  const nowS = Math.floor(new Date().getTime() / 1_000);
  const room = `lesson_${sessionId}`;
  const learner = { roomJoin: true, room, canPublish: true, canSubscribe: true };
  const everything = { roomList: true, roomAdmin: true, roomCreate: true, roomRecord: true };
  const sign = (
    video: object,
    {
      secret = apiSecret,
      issuer = apiKey,
      expS = nowS + HOUR_S,
      nbfS = nowS - 60,
      alg = 'HS256',
    } = {},
  ): Promise<string> =>
    new SignJWT({ video })
      .setProtectedHeader({ alg, typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject('somebody')
      .setNotBefore(nbfS)
      .setExpirationTime(expS)
      .sign(new TextEncoder().encode(secret));
  const owner = await sign(everything);
  const own = await sign(learner);
  const [ownHead = '', , ownSignature = ''] = own.split('.');
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: apiKey,
    sub: 'somebody',
    nbf: nowS - 60,
    exp: nowS + HOUR_S,
    video: everything,
  };
  const unsigned = (alg: string, more: object = {}): string =>
    `${part({ alg, typ: 'JWT', ...more })}.${part(claims)}`;
  const hmac = (text: string, key: string): string =>
    createHmac('sha256', key).update(text).digest('base64url');
  const withKeyInside = unsigned('HS256', {
    jwk: { kty: 'oct', k: Buffer.from('mine').toString('base64url') },
  });
  const withKeyPath = unsigned('HS256', { kid: '../../../../dev/null' });

  const bearer = (what: string, token: string, opens: readonly string[] = []): Credential => ({
    ...{ what, opens },
    authorization: `Bearer ${token}`,
  });
  return [
    { what: 'none', opens: [] },
    { what: 'empty', authorization: '', opens: [] },
    { what: 'only the scheme', authorization: 'Bearer', opens: [] },
    {
      what: 'another scheme',
      authorization: `Basic ${Buffer.from(`${apiKey}:x`).toString('base64')}`,
      opens: [],
    },
    { what: 'the scheme of nobody', authorization: `Token ${owner}`, opens: [] },
    { what: 'the token without its scheme', authorization: owner, opens: [] },
    { what: 'two tokens in one', authorization: `Bearer x, Bearer ${owner}`, opens: [] },
    {
      what: 'a token as a cookie',
      cookie: `token=${owner}; authorization=Bearer ${owner}`,
      opens: [],
    },
    bearer('garbage', 'ey.no.token'),
    bearer('dots', '..'),
    bearer('very long', 'a'.repeat(6_000)),
    bearer('the API key itself', apiKey),
    bearer('no algorithm', `${unsigned('none')}.`),
    bearer('no algorithm, capitals', `${unsigned('nOnE')}.`),
    bearer('no algorithm, signature kept', `${unsigned('none')}.${ownSignature}`),
    bearer('no algorithm, no last part', unsigned('none')),
    bearer('signature left out', `${ownHead}.${part(claims)}.`),
    bearer('claims exchanged', `${ownHead}.${part(claims)}.${ownSignature}`),
    bearer('signature changed', `${owner.slice(0, -4)}${owner.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`),
    bearer('signature cut', owner.slice(0, -8)),
    bearer('signed with nothing', `${unsigned('HS256')}.${hmac(unsigned('HS256'), '')}`),
    bearer(
      'signed with the public key id',
      `${unsigned('HS256')}.${hmac(unsigned('HS256'), apiKey)}`,
    ),
    bearer('signed with a key that it brings', `${withKeyInside}.${hmac(withKeyInside, 'mine')}`),
    bearer('signed with the file that it names', `${withKeyPath}.${hmac(withKeyPath, '')}`),
    bearer(
      'another algorithm’s name',
      `${unsigned('RS256')}.${hmac(unsigned('RS256'), apiSecret)}`,
    ),
    bearer(
      'another server’s',
      await sign(everything, { secret: 'another-secret-another-secret-12' }),
    ),
    bearer('another issuer', await sign(everything, { issuer: 'somebody-else' })),
    bearer('not yet', await sign(everything, { nbfS: nowS + HOUR_S, expS: nowS + 2 * HOUR_S })),
    bearer('expired', await sign(everything, { expS: nowS - HOUR_S, nbfS: nowS - 2 * HOUR_S })),
    bearer(
      'expired long ago',
      await sign(learner, { expS: nowS - MONTH_S, nbfS: nowS - 2 * MONTH_S }),
    ),
    bearer(
      'grants as texts',
      await sign({ roomList: 'true', roomAdmin: 'true', roomJoin: 'true' }),
    ),
    bearer('no grant', await sign({})),
    bearer('for a room in a list', await sign({ ...learner, room: [room] })),
    bearer('for every room', await sign({ ...learner, room: '*' })),
    bearer('for the beginning of a room', await sign({ ...learner, room: room.slice(0, -1) })),
    {
      ...bearer(
        'for another room',
        await sign({ ...learner, room: `lesson_${otherSessionId}` }),
        OWN,
      ),
      sessionId: otherSessionId,
    },
    { ...bearer('the learner’s', own, OWN), sessionId },
    {
      ...bearer(
        'the learner’s, expired',
        await sign(learner, { expS: nowS - HOUR_S, nbfS: nowS - 2 * HOUR_S }),
        OWN_AFTERWARDS,
      ),
      sessionId,
    },
    {
      ...bearer(
        'an observer’s',
        await sign({ roomJoin: true, room, hidden: true, canPublish: false }),
        OWN,
      ),
      sessionId,
    },
    bearer('may only make rooms', await sign({ roomCreate: true })),
    bearer('a key of the API that never was', `understudy_${'A'.repeat(43)}`),
    ...(keys.revokedKey === undefined ? [] : [bearer('a revoked key of the API', keys.revokedKey)]),
    ...(keys.learnersKey === undefined
      ? []
      : [
          bearer('a key of the API for learners only', keys.learnersKey, ['learners:read']),
          bearer(
            'a changed key of the API',
            `${keys.learnersKey.slice(0, -1)}${keys.learnersKey.endsWith('A') ? 'B' : 'A'}`,
          ),
        ]),
  ];
}

/** Whether this credential may be let in at an address of this permission. */
export function mayEnter(
  credential: Credential,
  { permission, method }: { permission: string | undefined; method: string },
  sessionId: string | undefined,
): boolean {
  if (permission === undefined || OPEN_TO_ALL.includes(permission)) {
    return true;
  }
  if (credential.isFromElsewhere === true && method !== 'GET') {
    return false;
  }
  if (!credential.opens.includes(permission)) {
    return false;
  }
  return (OWN as readonly string[]).includes(permission) && credential.sessionId !== undefined
    ? credential.sessionId === sessionId
    : true;
}

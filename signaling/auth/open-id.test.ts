import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditLog, providerSignIns } from '../data/schema.ts';
import { testSignaling } from '../testing.ts';
import type { DoorOptions } from './door.ts';
import { BEGUN_TTL_S } from './open-id.ts';
import { PASSWORD, TestBrowser } from './testing-browser.ts';
import { CALLBACK, CLIENT, OTHER_CLIENT, TestProvider } from './testing-provider.ts';

type Provider = NonNullable<DoorOptions['provider']>;

const VERIFIED = { email: 'ada@example.org', email_verified: true, name: 'Ada' };

let provider: TestProvider;
let signaling: Awaited<ReturnType<typeof testSignaling>>;
let browser: TestBrowser;
let laterMs: number;
beforeAll(async () => {
  provider = await TestProvider.start();
});
afterAll(() => provider.close());
beforeEach(async () => {
  laterMs = 0;
  provider.accounts.clear();
  provider.accounts.set('ada-at-home', VERIFIED);
  provider.visitor = 'ada-at-home';
  await open();
}, 60_000);

/** What openid-client had against each answer that was refused. */
let causes: string[];

async function open(more: Partial<Provider> = {}): Promise<void> {
  signaling = await testSignaling({
    now: () => new Date(Date.now() + laterMs),
    provider: {
      ...{ ...CLIENT, issuer: provider.issuer, name: 'the house', defaultRole: 'learner' },
      ...more,
    },
  });
  browser = visitor();
  causes = [];
  const { denied } = signaling.door;
  const note = denied.note.bind(denied);
  denied.note = (request, error, what) => {
    causes.push((error as { cause?: Error }).cause?.message ?? 'ours');
    return note(request, error, what);
  };
}

/** A browser that follows a link. */
function visitor(): TestBrowser {
  const made = new TestBrowser(signaling);
  made.headers = { host: 'localhost:8080', accept: 'text/html' };
  return made;
}

async function start(returnTo = '/reports'): Promise<string> {
  const path = `/auth/oidc/start?returnTo=${encodeURIComponent(returnTo)}`;
  const { status, headers } = await browser.ask('GET', path);
  expect(status).toBe(303);
  return headers['location'] as string;
}

/** Comes back from the provider; tells where the browser is led. */
async function comeBack(url: URL, by = browser): Promise<string> {
  const answer = await by.ask('GET', `/auth/oidc/callback${url.search}`);
  expect(answer.status).toBe(303);
  return answer.headers['location'] as string;
}

const signIn = async (): Promise<string> => comeBack(await provider.visit(await start()));

const me = async (by = browser): Promise<Record<string, unknown> | null> => {
  const { body } = await by.ask<{ person: Record<string, unknown> | null }>('GET', '/auth/me');
  return body.person;
};

const REFUSED = '/sign-in?problem=PROVIDER_REFUSED';

describe('signing in with a provider', () => {
  it('makes an account with the default role, and leads back to where it began', async () => {
    expect(await signIn()).toBe('/reports');
    const first = await me();
    expect(first).toMatchObject({ email: 'ada@example.org', displayName: 'Ada', role: 'learner' });
    expect((await browser.ask('GET', '/sessions')).status).toBe(200);
    browser = visitor();
    expect(await signIn()).toBe('/reports');
    expect((await me())!['id']).toBe(first!['id']);
    const rows = await signaling.database.queries.select().from(auditLog);
    expect(rows.map(({ action, details }) => [action, details])).toEqual([
      ['sign-in.succeed', { with: 'provider', what: 'created' }],
      ['sign-in.succeed', { with: 'provider', what: 'known' }],
    ]);
  });

  it('asks for a code with PKCE, state and nonce, and keeps its secrets from the browser', async () => {
    const { body } = await browser.ask('GET', '/auth/me');
    expect(body).toMatchObject({ provider: { name: 'the house' } });
    const asked = new URL(await start()).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      ...{ response_type: 'code', redirect_uri: CALLBACK, code_challenge_method: 'S256' },
      ...{ client_id: 'understudy', scope: 'openid email profile' },
    });
    const [begun] = await signaling.database.queries.select().from(providerSignIns);
    expect([asked.get('state'), asked.get('nonce')]).toEqual([begun!.state, begun!.nonce]);
    expect(asked.toString()).not.toContain(begun!.verifier);
    expect([...browser.cookies.values()].join()).not.toContain(begun!.verifier);
    expect(JSON.stringify(begun)).not.toContain(browser.cookies.get('understudy-provider'));
  });

  it('the provider gives roles where a claim is named, and takes them', async () => {
    await open({ roleClaim: 'role' });
    const as = async (role: string | string[]): Promise<unknown> => {
      provider.accounts.set('ada-at-home', { ...VERIFIED, role });
      browser = visitor();
      await signIn();
      return (await me())!['role'];
    };
    expect(await as(['staff', 'instructor'])).toBe('instructor');
    expect(await as('operator')).toBe('operator');
    expect(await as('emperor')).toBe('learner');
  });

  it('an account with a verified email that is there already is taken over by its owner', async () => {
    const { person } = await signaling.door.people.create({
      ...{ email: 'ada@example.org', displayName: 'Ada L.', role: 'instructor' as const },
      password: PASSWORD,
    });
    expect(await signIn()).toBe('/reports');
    expect(await me()).toMatchObject({ id: person.id, role: 'instructor' });
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'reports', '/a\nb'])(
    'leads nobody to %j',
    async (returnTo) => {
      expect(await comeBack(await provider.visit(await start(returnTo)))).toBe('/');
    },
  );
});

describe('nobody is signed in', () => {
  const nobody = async (by = browser): Promise<void> => {
    expect(await me(by)).toBeNull();
    expect(by.cookies.has('understudy-sign-in')).toBe(false);
  };

  it('with an email that is not verified, and the account of that email stays as it is', async () => {
    await signaling.door.people.create({
      ...{ email: 'ada@example.org', displayName: 'Ada', role: 'admin', password: PASSWORD },
    });
    for (const claims of [{ ...VERIFIED, email_verified: false }, { email: VERIFIED.email }, {}]) {
      provider.accounts.set('ada-at-home', claims);
      expect(await signIn()).toBe('/sign-in?problem=PROVIDER_EMAIL_UNVERIFIED');
      await nobody();
    }
    const person = await signaling.records.people.findByEmail('ada@example.org');
    expect(person).toMatchObject({ issuer: null, subject: null });
  });

  it('with the email of an account that is another subject’s', async () => {
    await signIn();
    provider.accounts.set('eve', VERIFIED);
    provider.visitor = 'eve';
    browser = visitor();
    expect(await signIn()).toBe(REFUSED);
    await nobody();
  });

  it('whose account is disabled', async () => {
    await signIn();
    await signaling.door.people.change(String((await me())!['id']), { disabled: true });
    expect(await me()).toBeNull();
    browser = visitor();
    expect(await signIn()).toBe('/sign-in?problem=PERSON_DISABLED');
    await nobody();
  });

  it('with another state', async () => {
    const back = await provider.visit(await start());
    back.searchParams.set('state', 'x'.repeat(43));
    expect(await comeBack(back)).toBe(REFUSED);
    expect(causes).toEqual(['OAUTH_INVALID_RESPONSE']);
    await nobody();
  });

  it('with the answer of another issuer', async () => {
    const back = await provider.visit(await start());
    back.searchParams.set('iss', 'https://evil.example');
    expect(await comeBack(back)).toBe(REFUSED);
    expect(causes).toEqual(['OAUTH_INVALID_RESPONSE']);
    await nobody();
  });

  it('with an identity token of another nonce', async () => {
    const back = await provider.visit(await start());
    await signaling.database.queries.update(providerSignIns).set({ nonce: 'another' });
    expect(await comeBack(back)).toBe(REFUSED);
    expect(causes).toEqual(['OAUTH_JWT_CLAIM_COMPARISON_FAILED']);
    await nobody();
  });

  it('in a browser that did not begin it', async () => {
    const back = await provider.visit(await start());
    const other = visitor();
    expect(await comeBack(back, other)).toBe(REFUSED);
    await nobody(other);
  });

  it('with a code for a second time, by us or by the provider', async () => {
    const back = await provider.visit(await start());
    const secret = browser.cookies.get('understudy-provider')!;
    const [begun] = await signaling.database.queries.select().from(providerSignIns);
    expect(await comeBack(back)).toBe('/reports');
    const again = visitor();
    again.cookies.set('understudy-provider', secret);
    expect(await comeBack(back, again)).toBe(REFUSED);
    // Even if ours had forgotten that it was taken.
    await signaling.database.queries.insert(providerSignIns).values(begun!);
    again.cookies.set('understudy-provider', secret);
    expect(await comeBack(back, again)).toBe(REFUSED);
    expect(causes).toEqual(['ours', 'OAUTH_RESPONSE_BODY_ERROR invalid_grant']);
    await nobody(again);
  });

  it('with a code that was made for another client', async () => {
    const asked = new URL(await start());
    asked.searchParams.set('client_id', OTHER_CLIENT.clientId);
    expect(await comeBack(await provider.visit(asked.href))).toBe(REFUSED);
    expect(causes).toEqual(['OAUTH_RESPONSE_BODY_ERROR invalid_grant']);
    await nobody();
  });

  it('with an identity token that was made for another client', async () => {
    let swapped: string | undefined;
    const asOther = `Basic ${Buffer.from(`${OTHER_CLIENT.clientId}:${OTHER_CLIENT.clientSecret}`).toString('base64')}`;
    await open({
      fetch: async (url, { headers, ...init }) => {
        if (!url.endsWith('/token')) {
          return fetch(url, { headers, ...init } as RequestInit);
        }
        // The other client asks with its own code, and hands what it gets to us.
        const answer = await fetch(url, {
          ...(init as RequestInit),
          headers: { ...(headers as Record<string, string>), authorization: asOther },
        });
        swapped = ((await answer.clone().json()) as { id_token?: string }).id_token;
        return answer;
      },
    });
    const asked = new URL(await start());
    asked.searchParams.set('client_id', OTHER_CLIENT.clientId);
    expect(await comeBack(await provider.visit(asked.href))).toBe(REFUSED);
    // It was a good one, of the right nonce, for somebody else.
    const claims = JSON.parse(
      Buffer.from(swapped!.split('.')[1]!, 'base64url').toString(),
    ) as Record<string, unknown>;
    expect(claims).toMatchObject({
      aud: OTHER_CLIENT.clientId,
      nonce: asked.searchParams.get('nonce'),
    });
    expect(causes).toEqual(['OAUTH_JWT_CLAIM_COMPARISON_FAILED']);
    await nobody();
  });

  it('who has cancelled, or took too long', async () => {
    provider.visitor = null;
    expect(await signIn()).toBe(REFUSED);
    provider.visitor = 'ada-at-home';
    const back = await provider.visit(await start());
    laterMs = BEGUN_TTL_S * 1_000;
    expect(await comeBack(back)).toBe(REFUSED);
    expect(causes).toEqual(['OAUTH_AUTHORIZATION_RESPONSE_ERROR access_denied', 'ours']);
    await nobody();
  });

  it('while the provider is gone; programs hear it as a problem', async () => {
    await open({ issuer: 'http://127.0.0.1:1' });
    const path = '/auth/oidc/start';
    const answer = await browser.ask('GET', path);
    expect(answer.headers['location']).toBe('/sign-in?problem=PROVIDER_UNREACHABLE');
    const program = await browser.ask('GET', path, undefined, { accept: 'application/json' });
    expect([program.status, program.body.code]).toEqual([503, 'PROVIDER_UNREACHABLE']);
  });

  it('where no provider is set up', async () => {
    signaling = await testSignaling();
    browser = visitor();
    browser.headers['accept'] = '*/*';
    const { status, body } = await browser.ask('GET', '/auth/oidc/start');
    expect([status, body.code]).toEqual([404, 'PROVIDER_NONE']);
  });
});

it('refusals stand in the audit log', async () => {
  const back = await provider.visit(await start());
  back.searchParams.set('state', 'wrong');
  await comeBack(back);
  const rows = await signaling.database.queries
    .select()
    .from(auditLog)
    .where(eq(auditLog.action, 'sign-in.fail'));
  expect(rows).toMatchObject([{ actor: 'anyone', details: { code: 'PROVIDER_REFUSED' } }]);
});

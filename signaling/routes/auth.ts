/** Signing in and out: with a password kept here, or with a provider of OpenID Connect. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PROVIDER_COOKIE, SIGN_IN_COOKIE } from '../auth/cookies.ts';
import type { Door } from '../auth/door.ts';
import { BEGUN_TTL_S, type OpenIdSignIn } from '../auth/open-id.ts';
import { requireSameOrigin } from '../auth/same-origin.ts';
import { ABSOLUTE_MS } from '../auth/sign-ins.ts';
import type { AuditEntry, AuditLog } from '../data/audit-log.ts';
import type { Person } from '../data/people-records.ts';
import { ProblemError } from '../problems.ts';
import {
  changePassword,
  me,
  providerAnswerQuery,
  providerStartQuery,
  signedIn,
  signIn,
} from '../schemas/person.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface AuthRouteDependencies {
  door: Door;
  records: { audit: AuditLog };
  now: () => Date;
}

const tags = ['Sign-in'];
const REFUSALS = [
  'PROVIDER_NONE',
  'PROVIDER_REFUSED',
  'PROVIDER_UNREACHABLE',
  'PROVIDER_EMAIL_UNVERIFIED',
  'PERSON_DISABLED',
  'PERSON_EXISTS',
] as const;
const redirect = z.undefined().describe('The browser goes on to `Location`');
const CALLBACK = '/api/v1/auth/oidc/callback';
/** A path of this page: nothing that a browser reads as another host. */
const OWN_PATH = /^\/(?![/\\])[\x21-\x7e]*$/u;

export function registerAuthRoutes(api: Api, { door, records, now }: AuthRouteDependencies): void {
  const note = (
    request: FastifyRequest,
    actor: string,
    action: string,
    details?: AuditEntry['details'],
  ): Promise<void> =>
    records.audit.add({
      ...{ actor, action, target: actor, requestId: request.id, createdAt: now() },
      ...(details === undefined ? {} : { details }),
    });

  const person = async (request: FastifyRequest): Promise<Person | undefined> => {
    const cookie = SIGN_IN_COOKIE.read(request);
    return cookie === undefined ? undefined : door.signIns.person(cookie);
  };

  const begin = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id }: Person,
    details: AuditEntry['details'],
  ): Promise<void> => {
    const secret = await door.signIns.begin(id, SIGN_IN_COOKIE.read(request));
    SIGN_IN_COOKIE.write(request, reply, secret, ABSOLUTE_MS / 1_000);
    await note(request, id, 'sign-in.succeed', details);
  };

  api.post(
    '/auth/sign-in',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'signIn', summary: 'Sign in with email and password' },
        description: 'The answer sets a cookie. It does not tell whether there is such an account.',
        body: signIn,
        response: answers(
          { 200: signedIn },
          ...[WITH.body, 'SIGN_IN_REFUSED' as const, 'SIGN_IN_THROTTLED' as const],
          'ORIGIN_REFUSED',
        ),
      },
    },
    async (request, reply) => {
      // Nobody is signed in as somebody else by a page of somebody else.
      if (request.headers.origin !== undefined || 'sec-fetch-site' in request.headers) {
        requireSameOrigin(request);
      }
      const attempt = { ...request.body, address: request.ip };
      const found = await door.local.signIn(attempt, (why, target, refusal) =>
        why === 'throttled'
          ? door.denied.note(request, refusal, {
              ...{ actor: 'anyone', target, permission: 'sign-in:use', action: 'sign-in.fail' },
            })
          : records.audit.add({
              ...{ actor: 'anyone', action: 'sign-in.fail', target, details: { why } },
              ...{ requestId: request.id, createdAt: now() },
            }),
      );
      await begin(request, reply, found, { with: 'password' });
      return reply.header('cache-control', 'no-store').send(shown(found));
    },
  );

  api.post(
    '/auth/sign-out',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'signOut', summary: 'Sign out; again is fine' },
        response: answers({ 204: z.undefined() }, WITH.body, 'ORIGIN_REFUSED'),
      },
    },
    async (request, reply) => {
      const cookie = SIGN_IN_COOKIE.read(request);
      if (cookie !== undefined) {
        requireSameOrigin(request);
        const found = await door.signIns.person(cookie);
        await door.signIns.end(cookie);
        if (found !== undefined) {
          await note(request, found.id, 'sign-out');
        }
      }
      SIGN_IN_COOKIE.remove(request, reply);
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/auth/me',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'readMe', summary: 'Who is signed in here, and how one signs in' },
        response: answers({ 200: me }),
      },
    },
    async (request, reply) => {
      const found = await person(request);
      return reply.header('cache-control', 'no-store').send({
        signIn: door.mode,
        provider: door.provider === undefined ? null : { name: door.provider.name },
        person: found === undefined ? null : shown(found),
      });
    },
  );

  api.post(
    '/auth/password',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'changePassword', summary: 'Another password for oneself' },
        description: 'Signs out everywhere else.',
        body: changePassword,
        response: answers(
          { 204: z.undefined() },
          ...[WITH.body, 'SIGN_IN_NEEDED' as const, 'SIGN_IN_REFUSED' as const],
          ...(['SIGN_IN_THROTTLED', 'ORIGIN_REFUSED'] as const),
        ),
      },
    },
    async (request, reply) => {
      const found = await person(request);
      if (found === undefined) {
        throw new ProblemError('SIGN_IN_NEEDED', 'Sign in first.');
      }
      requireSameOrigin(request);
      const { currentPassword, newPassword } = request.body;
      // Counted like a sign-in: a browser left open is no place to guess.
      await door.local.signIn(
        { email: found.email, password: currentPassword, address: request.ip },
        () => note(request, found.id, 'person.password-refused'),
      );
      await door.people.setPassword(found.id, newPassword);
      await note(request, found.id, 'person.password');
      await begin(request, reply, found, { with: 'password' });
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/auth/oidc/start',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'startProviderSignIn', summary: 'Sign in with the provider' },
        description: 'For browsers: leads to the provider, and from there back to the page.',
        querystring: providerStartQuery,
        response: answers({ 303: redirect }, REFUSALS),
      },
    },
    (request, reply) =>
      orToPage(request, reply, async () => {
        const { returnTo = '/' } = request.query;
        const provider = required(door.provider);
        const { url, secret } = await provider.start(
          callbackOf(request).href,
          OWN_PATH.test(returnTo) ? returnTo : '/',
        );
        PROVIDER_COOKIE.write(request, reply, secret, BEGUN_TTL_S);
        return url;
      }),
  );

  api.get(
    '/auth/oidc/callback',
    {
      config: { permission: 'sign-in:use' },
      schema: {
        ...{ tags, operationId: 'finishProviderSignIn', summary: 'Where the provider leads back' },
        querystring: providerAnswerQuery,
        response: answers({ 303: redirect }, REFUSALS),
      },
    },
    (request, reply) =>
      orToPage(request, reply, async () => {
        const provider = required(door.provider);
        const secret = PROVIDER_COOKIE.read(request);
        PROVIDER_COOKIE.remove(request, reply);
        const url = callbackOf(request);
        url.search = request.originalUrl.split('?')[1] ?? '';
        try {
          const { person: found, what, returnTo } = await provider.finish(secret, url);
          await begin(request, reply, found, { with: 'provider', what });
          return returnTo;
        } catch (error) {
          await door.denied.note(request, error, {
            ...{ actor: 'anyone', target: null, permission: 'sign-in:use' },
            action: 'sign-in.fail',
          });
          throw error;
        }
      }),
  );
}

/** Leads a browser on; where that fails, to the page that says why. Programs get the problem itself. */
async function orToPage(
  request: FastifyRequest,
  reply: FastifyReply,
  go: () => Promise<string>,
): Promise<undefined> {
  reply.header('cache-control', 'no-store');
  let location: string;
  try {
    location = await go();
  } catch (error) {
    const wantsPage = (request.headers.accept ?? '').includes('text/html');
    if (!(error instanceof ProblemError) || !wantsPage) {
      throw error;
    }
    request.log.warn({ code: error.code, err: error.cause }, 'sign-in with the provider');
    location = `/sign-in?problem=${error.code}`;
  }
  await reply.code(303).header('location', location).send(undefined);
  return undefined;
}

/** Under the name that the browser uses. */
function callbackOf({ protocol, host }: FastifyRequest): URL {
  const base = `${protocol}://${host}`;
  if (!URL.canParse(base)) {
    throw new ProblemError('REQUEST_INVALID', 'The header Host is no name of a host.');
  }
  return new URL(CALLBACK, base);
}

function required(provider: OpenIdSignIn | undefined): OpenIdSignIn {
  if (provider === undefined) {
    throw new ProblemError('PROVIDER_NONE', 'Sign in with email and password.');
  }
  return provider;
}

const shown = ({ id, email, displayName, role }: Person): z.output<typeof signedIn> => ({
  ...{ id, email, displayName, role },
});

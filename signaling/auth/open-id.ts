/**
 * Sign-in with a provider of OpenID Connect: authorization code with PKCE, state and nonce. What a sign-in that has begun
 * needs to be finished lies in the database, once, under the hash of a secret that only the browser has which began it.
 */
import { randomBytes } from 'node:crypto';
import * as openId from 'openid-client';
import type { Person } from '../data/people-records.ts';
import type { SignInRecords } from '../data/sign-in-records.ts';
import { ProblemError } from '../problems.ts';
import type { People } from './people.ts';
import { ROLE_NAMES, type Role } from './roles.ts';
import { hashOfSecret } from './sign-ins.ts';

/** Long enough to find a password and a second factor. */
export const BEGUN_TTL_S = 600;
const ANSWER_WITHIN_S = 10;
const SECRET_BYTES = 32;

export interface ProviderSettings {
  issuer: string;
  clientId: string;
  /** Absent for a public client, which has PKCE alone. */
  clientSecret?: string | undefined;
  /** What the button says. */
  name: string;
  /** Claim with the name of a role, or a list that has one in it; absent: roles are given here. */
  roleClaim?: string | undefined;
  defaultRole: Role;
}

export interface OpenIdOptions extends ProviderSettings {
  records: SignInRecords;
  people: People;
  now: () => Date;
  /** For tests. */
  fetch?: openId.CustomFetch;
}

export class OpenIdSignIn {
  readonly #options: OpenIdOptions;
  #configuration: Promise<openId.Configuration> | undefined;

  constructor(options: OpenIdOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** `url` is where the browser goes; `secret` stays with it in a cookie. Throws ProblemError PROVIDER_UNREACHABLE. */
  async start(callbackUrl: string, returnTo: string): Promise<{ url: string; secret: string }> {
    const configuration = await this.#discover();
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const begun = {
      idHash: hashOfSecret(secret),
      state: openId.randomState(),
      nonce: openId.randomNonce(),
      verifier: openId.randomPKCECodeVerifier(),
      returnTo,
      expiresAt: new Date(this.#options.now().getTime() + BEGUN_TTL_S * 1_000),
    };
    await this.#options.records.addProviderSignIn(begun);
    const url = openId.buildAuthorizationUrl(configuration, {
      redirect_uri: callbackUrl,
      scope: 'openid email profile',
      code_challenge: await openId.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
      state: begun.state,
      nonce: begun.nonce,
    });
    return { url: url.href, secret };
  }

  /**
   * `url` is the address with which the provider has sent the browser back, as the browser sees it. Throws ProblemError
   * PROVIDER_REFUSED, PROVIDER_UNREACHABLE, PROVIDER_EMAIL_UNVERIFIED or PERSON_DISABLED.
   */
  async finish(
    secret: string | undefined,
    url: URL,
  ): Promise<{ person: Person; what: 'known' | 'linked' | 'created'; returnTo: string }> {
    const { records, people, now, defaultRole } = this.#options;
    const begun =
      secret === undefined
        ? undefined
        : await records.takeProviderSignIn(hashOfSecret(secret), now());
    if (begun === undefined) {
      throw new ProblemError('PROVIDER_REFUSED', 'It took too long, or began elsewhere: again.');
    }
    const configuration = await this.#discover();
    const claims = await this.#asked(async () => {
      const tokens = await openId.authorizationCodeGrant(configuration, url, {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      });
      const told: Readonly<Record<string, unknown>> & { sub: string } = tokens.claims()!;
      const { userinfo_endpoint: more } = configuration.serverMetadata();
      return told['email'] === undefined && more !== undefined
        ? { ...(await openId.fetchUserInfo(configuration, tokens.access_token, told.sub)), ...told }
        : told;
    });
    const { email, email_verified: verified, name } = claims;
    const found = await people.fromProvider({
      issuer: configuration.serverMetadata().issuer,
      subject: claims.sub,
      verifiedEmail: typeof email === 'string' && verified === true ? email : undefined,
      displayName: typeof name === 'string' ? name : undefined,
      role: this.#roleOf(claims),
      defaultRole,
    });
    return { ...found, returnTo: begun.returnTo };
  }

  /** The first role of the table that the claim names; where it names none, the default. */
  #roleOf(claims: Readonly<Record<string, unknown>>): Role | undefined {
    const { roleClaim, defaultRole } = this.#options;
    if (roleClaim === undefined) {
      return undefined;
    }
    const given = [claims[roleClaim]].flat();
    return [...ROLE_NAMES].reverse().find((role) => given.includes(role)) ?? defaultRole;
  }

  /** Asked once; after a failure, again. */
  #discover(): Promise<openId.Configuration> {
    const { issuer, clientId, clientSecret, fetch } = this.#options;
    const url = new URL(issuer);
    this.#configuration ??= this.#asked(() =>
      openId.discovery(
        url,
        clientId,
        undefined,
        clientSecret === undefined ? openId.None() : openId.ClientSecretBasic(clientSecret),
        {
          timeout: ANSWER_WITHIN_S,
          // Only this machine itself may be spoken to in the clear.
          execute: isThisMachine(url) ? [openId.allowInsecureRequests] : [],
          ...(fetch === undefined ? {} : { [openId.customFetch]: fetch }),
        },
      ),
    ).catch((error: unknown) => {
      this.#configuration = undefined;
      throw error;
    });
    return this.#configuration;
  }

  async #asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (cause) {
      throw isUnreachable(cause)
        ? new ProblemError('PROVIDER_UNREACHABLE', 'Try again in a moment.', {
            retryAfterS: 5,
            cause: withoutSecrets(cause),
          })
        : new ProblemError('PROVIDER_REFUSED', 'Start the sign-in again.', {
            cause: withoutSecrets(cause),
          });
    }
  }
}

const isThisMachine = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);

function isUnreachable(error: unknown): boolean {
  const { code, name, status } = error as { code?: unknown; name?: unknown; status?: unknown };
  return (
    error instanceof TypeError ||
    name === 'TimeoutError' ||
    code === 'OAUTH_TIMEOUT' ||
    (typeof status === 'number' && status >= 500)
  );
}

/** Errors of the library carry whole answers with their tokens; the log gets the code alone. */
function withoutSecrets(error: unknown): Error {
  const { code, error: named } = error as { code?: unknown; error?: unknown };
  return new Error([code, named].filter((part) => typeof part === 'string').join(' ') || 'unknown');
}

/** A real provider of OpenID Connect (`oidc-provider`) on a free port of this machine, for tests. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

export const CALLBACK = 'http://localhost:8080/api/v1/auth/oidc/callback';
export const CLIENT = { clientId: 'understudy', clientSecret: 'the-secret-of-understudy-0001' };
export const OTHER_CLIENT = { clientId: 'other', clientSecret: 'the-secret-of-the-other-00001' };

export interface ProviderAccount {
  email?: string;
  email_verified?: boolean;
  name?: string;
  role?: string | string[];
}

export class TestProvider {
  /** Subject to claims. */
  readonly accounts = new Map<string, ProviderAccount>();
  readonly issuer: string;
  /** Who has typed their password, or null where they press "Cancel". */
  visitor: string | null = null;
  readonly #close: () => Promise<void>;

  private constructor(issuer: string, close: () => Promise<void>) {
    this.issuer = issuer;
    this.#close = close;
  }

  static async start(): Promise<TestProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const self = new TestProvider(
      issuer,
      () =>
        new Promise((resolve) => {
          server.close(() => {
            resolve();
          });
          server.closeAllConnections();
        }),
    );
    const provider: Provider = new Provider(issuer, {
      clients: [CLIENT, OTHER_CLIENT].map(({ clientId, clientSecret }) => ({
        ...{ client_id: clientId, client_secret: clientSecret, redirect_uris: [CALLBACK] },
        ...{ grant_types: ['authorization_code'], response_types: ['code'] },
      })),
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'role'] },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, ...self.accounts.get(id) }),
      }),
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      // Everybody agrees that these clients may know who they are.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new provider.Grant({
          clientId: oidc.client!.clientId,
          accountId: oidc.session!.accountId!,
        });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
      cookies: { keys: ['a key for the cookies of the test'] },
      ttl: {
        ...{ AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Grant: 60 },
        ...{ Interaction: 60, Session: 60 },
      },
    });
    const callback = provider.callback();
    server.on('request', (request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) {
        void callback(request, response);
        return;
      }
      void provider.interactionFinished(
        ...([request, response] as const),
        self.visitor === null
          ? { error: 'access_denied', error_description: 'Cancelled.' }
          : { login: { accountId: self.visitor } },
        { mergeWithLastSubmission: false },
      );
    });
    return self;
  }

  /** What a browser does that is sent to `url`: resolves with the address to which the provider sends it back. */
  async visit(url: string): Promise<URL> {
    const cookies = new Map<string, string>();
    let next = new URL(url);
    for (let step = 0; step < 10; step += 1) {
      const answer = await fetch(next, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? [];
        cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      if (location === null) {
        throw new Error(`The provider answered ${String(answer.status)}: ${await answer.text()}`);
      }
      next = new URL(location, next);
      if (next.href.startsWith(CALLBACK)) {
        return next;
      }
    }
    throw new Error('The provider sends its visitor in circles.');
  }

  close(): Promise<void> {
    return this.#close();
  }
}

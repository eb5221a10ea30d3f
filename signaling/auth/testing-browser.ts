/** A browser on our page, without a network: keeps cookies and says where its requests come from. For tests. */
import type { Problem } from '../api-types.ts';
import type { testSignaling } from '../testing.ts';
import type { Role } from './roles.ts';

type Signaling = Awaited<ReturnType<typeof testSignaling>>;

export interface BrowserAnswer<Body> {
  status: number;
  body: Body & Partial<Problem>;
  headers: Record<string, unknown>;
  cookies: { name: string; value: string; [attribute: string]: unknown }[];
}

export const PASSWORD = 'a long enough password';

export class TestBrowser {
  readonly cookies = new Map<string, string>();
  /** Sent with every request; a test may change them. */
  headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' };
  readonly #signaling: Signaling;

  constructor(signaling: Signaling) {
    this.#signaling = signaling;
  }

  /** A browser in which somebody new of this role is signed in. */
  static async as(
    signaling: Signaling,
    role: Role,
    name: string = role,
  ): Promise<{ browser: TestBrowser; id: string; learnerId: string | null }> {
    const email = `${name}@example.org`;
    const { person } = await signaling.door.people.create({
      ...{ email, displayName: name, role, password: PASSWORD },
    });
    const browser = new TestBrowser(signaling);
    const answer = await browser.signIn(email);
    if (answer.status !== 200) {
      throw new Error(JSON.stringify(answer.body));
    }
    return { browser, id: person.id, learnerId: person.learnerId };
  }

  signIn(email: string, password = PASSWORD): Promise<BrowserAnswer<{ id: string }>> {
    return this.ask('POST', '/auth/sign-in', { email, password });
  }

  /** `path` is below `/api/v1`. */
  async ask<Body = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<BrowserAnswer<Body>> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#signaling.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...this.headers, ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    for (const { name, value, maxAge } of answer.cookies) {
      if (maxAge === 0) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, value);
      }
    }
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      body: (isJson ? answer.json() : { text: answer.body }) as BrowserAnswer<Body>['body'],
      headers: answer.headers,
      cookies: answer.cookies as unknown as BrowserAnswer<Body>['cookies'],
    };
  }
}

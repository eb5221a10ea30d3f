/** An operator of a signaling server without a network: asks the API, for tests. */
import { AccessToken } from 'livekit-server-sdk';
import type { Problem } from './api-types.ts';
import { KEYS, testSignaling, type TestSignalingOptions } from './testing.ts';

export interface Answer<Body> {
  status: number;
  body: Body & Partial<Problem>;
  headers: Record<string, unknown>;
}

export class TestOperator {
  readonly signaling: Awaited<ReturnType<typeof testSignaling>>;
  /** The time of the server; a test may move it. */
  now: Date;
  readonly #authorization: string;

  private constructor(
    signaling: TestOperator['signaling'],
    authorization: string,
    clock: { now: Date },
  ) {
    this.signaling = signaling;
    this.#authorization = authorization;
    this.now = clock.now;
    // The server was built before this object, and looks at the time of this object from now on.
    Object.defineProperty(clock, 'now', { get: () => this.now });
  }

  static async create(options: TestSignalingOptions = {}): Promise<TestOperator> {
    const clock = { now: new Date() };
    const signaling = await testSignaling({ ...options, now: () => clock.now });
    const token = new AccessToken(KEYS.apiKey, KEYS.apiSecret, { identity: 'operator' });
    token.addGrant({ roomList: true });
    return new TestOperator(signaling, `Bearer ${await token.toJwt()}`, clock);
  }

  /** `path` is below `/api/v1`. A body that is no JSON is `{ text }`. */
  async ask<Body = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const answer = await this.signaling.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { authorization: this.#authorization, ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    const body = (isJson ? answer.json() : { text: answer.body }) as Answer<Body>['body'];
    return { status: answer.statusCode, body, headers: answer.headers };
  }
}

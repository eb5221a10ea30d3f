/** One call as the API gives it: made, ended, reported. */
import type { Report } from '#agents/dispatch/report.ts';
import type { CreateSessionResponse, ReportResponse } from '#signaling/api-types.ts';
import { eventually } from './eventually.ts';

export class Call {
  readonly pageUrl: string;
  readonly session: CreateSessionResponse;
  #ended = false;

  private constructor(pageUrl: string, session: CreateSessionResponse) {
    this.pageUrl = pageUrl;
    this.session = session;
  }

  static async start(
    pageUrl: string,
    scenarioId: string,
    options: { avatar?: string; consent?: { recording: boolean } } = {},
  ): Promise<Call> {
    const answer = await fetch(`${pageUrl}/api/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scenarioId, learnerName: 'Robin', ...options }),
    });
    const body = (await answer.json()) as CreateSessionResponse;
    if (!answer.ok) {
      throw new Error(`No session: ${JSON.stringify(body)}`);
    }
    return new Call(pageUrl, body);
  }

  /** Idempotent. */
  async end(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      await this.#ask('/end', 'POST');
    }
  }

  /** Waits until the agent has delivered it. */
  async report(): Promise<Report> {
    const found = await eventually(async () => {
      const body = (await (await this.#ask('/report', 'GET')).json()) as ReportResponse;
      return body.status === 'ready' ? body.report : undefined;
    });
    return found;
  }

  async endAndReport(): Promise<Report> {
    await this.end();
    return this.report();
  }

  /** What `path` of this session answers, with the learner's token. */
  ask(path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Response> {
    return this.#ask(path, method, headers);
  }

  #ask(path: string, method: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.pageUrl}/api/sessions/${this.session.sessionId}${path}`, {
      method,
      headers: { ...headers, authorization: `Bearer ${this.session.token}` },
    });
  }
}

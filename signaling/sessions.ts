/** What a session is from the outside: it is created, refreshed, ended, and leaves a report. */
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import type { Report } from '#agents/dispatch/report.ts';
import { roomName } from '#agents/dispatch/metadata.ts';
import { randomBytes } from 'node:crypto';
import type {
  CreateSessionResponse,
  RecognitionGrade,
  RefreshTokenResponse,
  ReportResponse,
} from './api-types.ts';
import { ProblemError } from './problems.ts';
import type { RoomTokens } from './room-tokens.ts';
import type { Rooms } from './rooms.ts';
import type { Session, SessionStore } from './session-store.ts';

export interface SessionsOptions {
  store: SessionStore;
  rooms: Rooms;
  tokens: RoomTokens;
  scenarios: readonly ScenarioSummary[];
  /** WebSocket address of LiveKit as browsers reach it. */
  serverUrl: string;
  /** This server's address as agent jobs reach it. */
  internalUrl: string;
  recognitionFor: (language: string) => RecognitionGrade;
  /** Read for each session: avatars come and go without a restart. */
  avatars: () => Promise<string[]>;
  maxSessions: number;
  now?: () => Date;
}

/** A session that never reported an end stops counting as live after this: the longest scenario and a margin. */
const STALE_AFTER_MS = 90 * 60_000;

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #now: () => Date;
  /** Live session ids with their start, for admission. */
  readonly #live = new Map<string, number>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  get liveCount(): number {
    const oldest = this.#now().getTime() - STALE_AFTER_MS;
    for (const [id, startedMs] of this.#live) {
      if (startedMs < oldest) {
        this.#live.delete(id);
      }
    }
    return this.#live.size;
  }

  /** Throws ProblemError SCENARIO_UNKNOWN, AVATAR_UNKNOWN, SESSIONS_FULL or LIVEKIT_UNREACHABLE. */
  async create(
    scenarioId: string,
    learnerName: string,
    avatar?: string,
    recording = false,
  ): Promise<CreateSessionResponse> {
    const scenario = this.#options.scenarios.find(({ id }) => id === scenarioId);
    if (scenario === undefined) {
      throw new ProblemError(
        'SCENARIO_UNKNOWN',
        `Known scenarios: ${this.#options.scenarios.map(({ id }) => id).join(', ')}.`,
      );
    }
    if (avatar !== undefined) {
      const known = await this.#options.avatars();
      if (!known.includes(avatar)) {
        throw new ProblemError('AVATAR_UNKNOWN', `Known avatars: ${known.join(', ')}.`);
      }
    }
    if (this.liveCount >= this.#options.maxSessions) {
      throw new ProblemError('SESSIONS_FULL', 'All avatars are in calls. Try again in a minute.', {
        retryAfterS: 60,
      });
    }
    const id = randomBytes(10).toString('hex');
    const session: Session = {
      id,
      scenarioId,
      learnerIdentity: `learner-${id.slice(0, 8)}`,
      learnerName,
      createdAt: this.#now().toISOString(),
      endedAt: null,
      recording,
    };
    this.#live.set(id, this.#now().getTime());
    try {
      const [{ token, expiresAt }] = await Promise.all([
        this.#options.tokens.issueForLearner(id, session.learnerIdentity, learnerName),
        this.#open(session, avatar),
        this.#options.store.save(session),
      ]);
      return {
        sessionId: id,
        roomName: roomName(id),
        serverUrl: this.#options.serverUrl,
        token,
        tokenExpiresAt: expiresAt.toISOString(),
        scenario,
        recognition: this.#options.recognitionFor(scenario.language),
        recording,
      };
    } catch (error) {
      this.#live.delete(id);
      throw error;
    }
  }

  async refresh(session: Session): Promise<RefreshTokenResponse> {
    if (session.endedAt !== null) {
      throw new ProblemError('SESSION_ENDED', 'Its report can still be read.');
    }
    const { token, expiresAt } = await this.#options.tokens.issueForLearner(
      session.id,
      session.learnerIdentity,
      session.learnerName,
    );
    return { token, tokenExpiresAt: expiresAt.toISOString() };
  }

  /** Ends the room. Ending an ended session is fine. */
  async end(session: Session): Promise<void> {
    this.#live.delete(session.id);
    if (session.endedAt === null) {
      await this.#options.store.save({ ...session, endedAt: this.#now().toISOString() });
    }
    await this.#options.rooms.close(session.id).catch((cause: unknown) => {
      throw new ProblemError('LIVEKIT_UNREACHABLE', 'The call ends by itself within a minute.', {
        cause,
      });
    });
  }

  async report(session: Session): Promise<ReportResponse> {
    const report = await this.#options.store.findReport(session.id);
    return report === undefined ? { status: 'pending' } : { status: 'ready', report };
  }

  /** A job has delivered its report: the session is over. */
  async receiveReport(session: Session, report: Report): Promise<void> {
    await this.#options.store.saveReport(report);
    await this.end(session);
  }

  /** Throws ProblemError SESSION_UNKNOWN. */
  async find(sessionId: string): Promise<Session> {
    const session = await this.#options.store.find(sessionId);
    if (session === undefined) {
      throw new ProblemError('SESSION_UNKNOWN', 'It may have been deleted.');
    }
    return session;
  }

  async #open(session: Session, avatar: string | undefined): Promise<void> {
    try {
      await this.#options.rooms.open({
        sessionId: session.id,
        scenarioId: session.scenarioId,
        learnerIdentity: session.learnerIdentity,
        learnerName: session.learnerName,
        ...(avatar === undefined ? {} : { avatar }),
        ...(session.recording ? { recording: true as const } : {}),
        reportUrl: `${this.#options.internalUrl}/api/internal/sessions/${session.id}/report`,
      });
    } catch (cause) {
      throw new ProblemError('LIVEKIT_UNREACHABLE', 'Is the LiveKit server running?', {
        retryAfterS: 5,
        cause,
      });
    }
  }
}

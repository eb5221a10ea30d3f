/** What a session is from the outside: it is created, refreshed, ended, and leaves a report. */
import { summaryOf } from '#agents/dispatch/scenario-store.ts';
import type { Report, TranscriptTurn } from '#agents/dispatch/report.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { roomName, type DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { randomBytes } from 'node:crypto';
import type {
  CreateSessionResponse,
  RecognitionGrade,
  RefreshTokenResponse,
  ReportResponse,
} from './api-types.ts';
import type { ReportRecords } from './data/report-records.ts';
import type { EndReason, Session, SessionRecords } from './data/session-records.ts';
import { ProblemError } from './problems.ts';
import type { Latencies } from './regions/placement.ts';
import type { PlacedRegion, Regions } from './regions/regions.ts';
import type { RoomTokens } from './room-tokens.ts';
import type { Rooms } from './rooms.ts';
import type { Scenarios } from './scenarios.ts';

export interface SessionsOptions {
  records: SessionRecords;
  reports: ReportRecords;
  rooms: Rooms;
  tokens: RoomTokens;
  scenarios: Scenarios;
  /** WebSocket address of LiveKit as browsers reach it. */
  serverUrl: string;
  /** This server's address as agent jobs reach it. */
  internalUrl: string;
  recognitionFor: (language: string) => RecognitionGrade;
  /** Read for each session: avatars come and go without a restart. */
  avatars: () => Promise<string[]>;
  maxSessions: number;
  /** Absent where there is one LiveKit. */
  regions?: Pick<Regions, 'place' | 'failed'> | undefined;
  /** The first fencing number of a new session; undefined: nobody looks after its agent. */
  begin?: (sessionId: string) => Promise<number | undefined>;
  /** The session is over: no agent is waited for. */
  ended?: (sessionId: string) => void;
  /** Whether an agent has the session or is looked for: its room may be gone for a moment. */
  served?: (sessionId: string) => Promise<boolean>;
  /** Its room is there. May not reject. */
  onOpened?: (sessionId: string) => Promise<void>;
  now?: () => Date;
}

export interface NewSession {
  scenarioId: string;
  learnerName: string;
  learnerId?: string | undefined;
  avatar?: string | undefined;
  /** What the learner's page has measured. */
  regionLatenciesMs?: Latencies | undefined;
  /** The learner has agreed to a recording. */
  recording?: boolean;
  createdBy: string;
}

/** A session that never reported an end stops counting as live after this: the longest scenario and a margin. */
export const STALE_AFTER_MS = 90 * 60_000;
/** A session whose room is being made is not lost. */
const YOUNG_MS = 30_000;
const FULL_RETRY_S = 60;
/** The regions' own capacities count. */
const MOST_ANYWHERE = 1_000_000;
/** What the region is called where there is one. */
const ONE_REGION = 'default';

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #now: () => Date;
  /** Sessions whose room was gone at the last look. */
  #roomless = new Set<string>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  liveCount(): Promise<number> {
    return this.#options.records.liveCount(this.#oldest());
  }

  /** Throws ProblemError SCENARIO_UNKNOWN, AVATAR_UNKNOWN, SESSIONS_FULL or LIVEKIT_UNREACHABLE. */
  async create(wanted: NewSession): Promise<CreateSessionResponse> {
    const { version, scenario } = await this.#options.scenarios.published(wanted.scenarioId);
    const { avatar } = wanted;
    if (avatar !== undefined) {
      const known = await this.#options.avatars();
      if (!known.includes(avatar)) {
        throw new ProblemError('AVATAR_UNKNOWN', `Known avatars: ${known.join(', ')}.`);
      }
    }
    const { regions } = this.#options;
    if (regions === undefined) {
      return this.#createIn(undefined, wanted, version, scenario);
    }
    const full = new Set<string>();
    for (;;) {
      const region = await regions.place(wanted.regionLatenciesMs ?? {}, full);
      try {
        return await this.#createIn(region, wanted, version, scenario);
      } catch (error) {
        // Others have been quicker, or it has just gone away: the next best one.
        if (error instanceof ProblemError && error.code === 'SESSIONS_FULL') {
          full.add(region.id);
        } else if (error instanceof ProblemError && isAway(error)) {
          regions.failed(region.id);
        } else {
          throw error;
        }
      }
    }
  }

  async #createIn(
    region: PlacedRegion | undefined,
    wanted: NewSession,
    version: number,
    scenario: Scenario,
  ): Promise<CreateSessionResponse> {
    const id = randomBytes(10).toString('hex');
    const session: Session = {
      id,
      scenarioId: scenario.id,
      scenarioVersion: version,
      learnerId: wanted.learnerId ?? null,
      learnerIdentity: `learner-${id.slice(0, 8)}`,
      learnerName: wanted.learnerName,
      avatar: wanted.avatar ?? null,
      recording: wanted.recording === true,
      createdBy: wanted.createdBy,
      createdAt: this.#now(),
      endedAt: null,
      endReason: null,
      region: region?.id ?? null,
    };
    const { records, maxSessions, serverUrl } = this.#options;
    const since = this.#oldest();
    const room =
      region === undefined
        ? { most: maxSessions, since }
        : { most: MOST_ANYWHERE, since, mostInRegion: region.capacity };
    if (!(await records.admit(session, room))) {
      throw new ProblemError('SESSIONS_FULL', 'All avatars are in calls. Try again in a minute.', {
        retryAfterS: FULL_RETRY_S,
      });
    }
    try {
      await this.#open(session, scenario);
      return {
        sessionId: id,
        roomName: roomName(id),
        serverUrl: region?.url ?? serverUrl,
        region: { id: region?.id ?? ONE_REGION, reason: region?.reason ?? 'only' },
        ...(await this.#tokenOfOpened(session)),
        scenario: summaryOf(scenario),
        recognition: this.#options.recognitionFor(scenario.language),
        recording: session.recording,
      };
    } catch (error) {
      await records.remove(id);
      throw error;
    }
  }

  /** Throws ProblemError SESSION_ENDED. */
  async refresh(session: Session): Promise<RefreshTokenResponse> {
    if (session.endedAt !== null) {
      throw new ProblemError('SESSION_ENDED', 'Its report can still be read.');
    }
    return this.#token(session);
  }

  /** Ends the room. Ending an ended session is fine. */
  async end(session: Session, reason: EndReason = 'asked'): Promise<void> {
    await this.#options.records.end(session.id, this.#now(), reason);
    this.#options.ended?.(session.id);
    await this.#options.rooms.close(session.id).catch((cause: unknown) => {
      throw new ProblemError('LIVEKIT_UNREACHABLE', 'The call ends by itself within a minute.', {
        cause,
      });
    });
  }

  /** Everybody had left its room. */
  async finished(session: Session): Promise<void> {
    await this.#options.records.end(session.id, this.#now(), 'finished');
  }

  /** No agent comes: the learner was told so in the room, which stays until they leave it. */
  async fail(sessionId: string, reason: 'unanswered' | 'given-up'): Promise<void> {
    await this.#options.records.end(sessionId, this.#now(), reason);
  }

  async report(session: Session): Promise<ReportResponse> {
    const report = await this.#options.reports.find(session.id);
    return report === undefined ? { status: 'pending' } : { status: 'ready', report };
  }

  transcript(session: Session): Promise<TranscriptTurn[]> {
    return this.#options.reports.transcript(session.id);
  }

  /** A job has delivered its report: the session is over. */
  async receiveReport(session: Session, report: Report): Promise<void> {
    await this.#options.reports.save(report, this.#now());
    await this.end(session, 'reported');
  }

  /** Throws ProblemError SESSION_UNKNOWN. */
  async find(sessionId: string): Promise<Session> {
    const session = await this.#options.records.find(sessionId);
    if (session === undefined) {
      throw new ProblemError('SESSION_UNKNOWN', 'It may have been deleted.');
    }
    return session;
  }

  /**
   * Ends sessions whose room was gone twice in a row: a job that was killed tells nobody. Between a restart of LiveKit
   * and the return of its participants no room is there for a moment, which once is no proof.
   */
  async reconcile(): Promise<void> {
    const [live, rooms] = await Promise.all([
      this.#options.records.live(),
      this.#options.rooms.sessionIds(),
    ]);
    const nowMs = this.#now().getTime();
    const gone = live.filter(
      ({ id, createdAt }) => !rooms.has(id) && nowMs - createdAt.getTime() >= YOUNG_MS,
    );
    for (const { id } of gone) {
      if (this.#roomless.has(id) && (await this.#options.served?.(id)) !== true) {
        await this.#options.records.end(id, this.#now(), 'lost');
      }
    }
    this.#roomless = new Set(gone.map(({ id }) => id));
  }

  async #token(session: Session): Promise<RefreshTokenResponse> {
    const { token, expiresAt } = await this.#options.tokens.issueForLearner(
      session.id,
      session.learnerIdentity,
      session.learnerName,
      session.region,
    );
    return { token, tokenExpiresAt: expiresAt.toISOString() };
  }

  async #tokenOfOpened(session: Session): Promise<RefreshTokenResponse> {
    const [token] = await Promise.all([this.#token(session), this.#options.onOpened?.(session.id)]);
    return token;
  }

  async #open(session: Session, scenario: Scenario): Promise<void> {
    try {
      const fence = await this.#options.begin?.(session.id);
      await this.#options.rooms.open(
        this.#metadata(session, scenario, fence === undefined ? undefined : { fence }),
      );
    } catch (cause) {
      throw new ProblemError('LIVEKIT_UNREACHABLE', 'Is the LiveKit server running?', {
        retryAfterS: 5,
        cause,
      });
    }
  }

  /** What another agent of a live session is told; undefined where the session has ended. */
  async takeOver(
    sessionId: string,
    { fence, lostAtMs }: { fence: number; lostAtMs: number },
  ): Promise<DispatchMetadata | undefined> {
    const session = await this.#options.records.find(sessionId);
    if (session === undefined || session.endedAt !== null) {
      return undefined;
    }
    const { scenarioId, scenarioVersion } = session;
    // A session of the older release has no version: the job looks among its files.
    const scenario =
      scenarioVersion === null
        ? undefined
        : (await this.#options.scenarios.version(scenarioId, scenarioVersion)).document;
    return this.#metadata(session, scenario, { fence, resume: { lostAtMs } });
  }

  #metadata(
    session: Session,
    scenario: Scenario | undefined,
    ownership: Omit<NonNullable<DispatchMetadata['ownership']>, 'url'> | undefined,
  ): DispatchMetadata {
    const url = `${this.#options.internalUrl}/api/internal/sessions/${session.id}`;
    return {
      sessionId: session.id,
      scenarioId: session.scenarioId,
      ...(scenario === undefined ? {} : { scenario }),
      learnerIdentity: session.learnerIdentity,
      learnerName: session.learnerName,
      ...(session.avatar === null ? {} : { avatar: session.avatar }),
      ...(session.recording ? { recording: true as const } : {}),
      reportUrl: `${url}/report${ownership === undefined ? '' : `?fence=${String(ownership.fence)}`}`,
      ...(ownership === undefined ? {} : { ownership: { ...ownership, url } }),
    };
  }

  #oldest(): Date {
    return new Date(this.#now().getTime() - STALE_AFTER_MS);
  }
}

/** A LiveKit that refuses this one request is there all the same. */
function isAway({ code, cause }: ProblemError): boolean {
  const { status } = (cause ?? {}) as { status?: unknown };
  return code === 'LIVEKIT_UNREACHABLE' && !(typeof status === 'number' && status < 500);
}

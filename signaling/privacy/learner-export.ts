/** Everything that is kept of a learner, as one JSON document that is written session by session. */
import type { AuditLog, KeptAuditEntry } from '../data/audit-log.ts';
import type { Learner, LearnerRecords } from '../data/learner-records.ts';
import type { ReportRecords } from '../data/report-records.ts';
import type { Session, SessionRecords } from '../data/session-records.ts';
import type { RecordingStatus } from '../api-types.ts';

export interface LearnerExportOptions {
  records: {
    learners: LearnerRecords;
    sessions: SessionRecords;
    reports: ReportRecords;
    audit: AuditLog;
  };
  /** With addresses of its files; undefined where there is none. */
  recording: (sessionId: string) => Promise<RecordingStatus | undefined>;
  now: () => Date;
}

const PAGE = 50;

export async function* exportLearner(
  learner: Learner,
  { records, recording, now }: LearnerExportOptions,
): AsyncGenerator<string> {
  const accounts = await records.learners.accounts(learner.id);
  yield `{"exportedAt":${JSON.stringify(now())},"learner":${JSON.stringify({ ...learner, accounts })},"sessions":[`;
  const sessionIds: string[] = [];
  let cursor: { createdAt: Date; id: string } | undefined;
  do {
    const page = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await records.sessions.list({ learnerId: learner.id }, page);
    for (const session of items) {
      const whole = {
        ...withoutInnerNames(session),
        report: (await records.reports.find(session.id)) ?? null,
        recording: (await recording(session.id)) ?? null,
      };
      yield `${sessionIds.length === 0 ? '' : ','}\n${JSON.stringify(whole)}`;
      sessionIds.push(session.id);
    }
    const last = items.at(-1);
    cursor =
      next === null || last === undefined ? undefined : { createdAt: last.createdAt, id: last.id };
  } while (cursor !== undefined);
  yield '],"audit":[';
  for (const [at, entry] of (await records.audit.about([learner.id, ...sessionIds])).entries()) {
    yield `${at === 0 ? '' : ','}\n${JSON.stringify(outside(entry))}`;
  }
  yield ']}\n';
}

const withoutInnerNames = ({ learnerIdentity: _identity, id, ...session }: Session): object => ({
  sessionId: id,
  ...session,
});

const outside = ({ actor, action, target, details, createdAt }: KeptAuditEntry): object => ({
  ...{ actor, action, target, details, createdAt },
});

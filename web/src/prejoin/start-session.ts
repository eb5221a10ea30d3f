/** From the press of Start to an opening room: one request, and the room opens before the page has changed. */
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { createSession } from '../api/client.ts';
import { latenciesSoFar } from '../api/regions.ts';
import { keepSession } from '../storage/my-reports.ts';
import { keepOpenCall } from '../storage/open-call.ts';
import { changePreferences } from '../storage/preferences.ts';

export interface StartRequest {
  scenario: ScenarioSummary;
  /** Empty when the learner gave none. */
  learnerName: string;
  typing: boolean;
  /** The learner agrees that the call is recorded. */
  recording: boolean;
}

/** Resolves to the session id; rejects with ApiError. */
export async function startSession(request: StartRequest): Promise<string> {
  for (const mark of ['token-received', 'connected', 'first-frame']) {
    performance.clearMarks(`understudy:${mark}`);
  }
  performance.mark('understudy:token-request');
  const startedAtMs = Date.now();
  const regionLatenciesMs = await latenciesSoFar();
  const [session, { openConnection }] = await Promise.all([
    createSession({
      scenarioId: request.scenario.id,
      ...(regionLatenciesMs === undefined ? {} : { regionLatenciesMs }),
      ...(request.recording ? { consent: { recording: true } } : {}),
      ...(request.learnerName === '' ? {} : { learnerName: request.learnerName }),
    }),
    import('../call/call-connection.ts'),
  ]);
  performance.mark('understudy:token-received');
  const call = {
    ...session,
    typing: request.typing || session.recognition === 'none',
    muted: false,
    startedAtMs,
  };
  keepOpenCall(call);
  keepSession({
    sessionId: session.sessionId,
    token: session.token,
    scenarioId: session.scenario.id,
    title: session.scenario.title,
    kind: session.scenario.kind,
    language: session.scenario.language,
    personaName: session.scenario.persona.name,
    face: session.scenario.persona.face,
    startedAt: new Date(startedAtMs).toISOString(),
    report: null,
    recorded: session.recording,
  });
  changePreferences({ lastServerUrl: session.serverUrl });
  openConnection(call);
  return session.sessionId;
}

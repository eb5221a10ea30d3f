/** The system under test and its peer, on ports of their own, and rooms in both. */
import type { CreateSessionResponse } from '#signaling/api-types.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { readEnvironment } from '#config/environment.ts';
import { Progress } from '#launch/progress.ts';
import { Service, untilAnswers } from '#launch/service.ts';
import { projectRoot, startSystem, type RunningSystem } from '#launch/system.ts';
import { loadFace } from '#media/face/load-face.ts';
import { AccessToken, AgentDispatchClient, RoomServiceClient } from 'livekit-server-sdk';
import { join, resolve } from 'node:path';
import { HeadlessLearner } from '../../tests/headless-learner.ts';
import { PEER_AGENT_NAME, type PeerMetadata } from '../peer/metadata.ts';
import { FaceGauge } from './face-gauge.ts';
import type { TalkRoom } from './talk.ts';
import { Witness } from './witness.ts';

const PORTS = {
  PORT: '28080',
  LIVEKIT_PORT: '27880',
  LIVEKIT_TCP_PORT: '27881',
  LIVEKIT_UDP_PORT: '27882',
  WORKER_PORT: '28081',
  RUNTIME_PORT: '28091',
  RUNTIME_HTTP_PORT: '28092',
};
const PEER_WORKER_PORT = 28082;
const WARM_JOBS = 2;

export interface StageSetOptions {
  scenarioId: string;
  maxSessions: number;
  say: (line: string) => void;
}

export class StageSet {
  readonly system: RunningSystem;
  readonly scenario: Scenario;
  readonly #gauge: FaceGauge;
  #peer: Service | undefined;

  private constructor(system: RunningSystem, scenario: Scenario, gauge: FaceGauge) {
    this.system = system;
    this.scenario = scenario;
    this.#gauge = gauge;
  }

  static async raise(options: StageSetOptions): Promise<StageSet> {
    const environment = readEnvironment({
      ...process.env,
      LIVEKIT_URL: '',
      ...PORTS,
      UNDERSTUDY_LLM: 'scripted',
      UNDERSTUDY_WARM_JOBS: String(WARM_JOBS),
      UNDERSTUDY_MAX_SESSIONS: String(options.maxSessions + 4),
    });
    const scenarios = await loadScenarios(resolve(projectRoot, environment.UNDERSTUDY_SCENARIOS));
    const scenario = scenarios.find(({ id }) => id === options.scenarioId);
    if (scenario === undefined) {
      throw new Error(`There is no scenario ${options.scenarioId}.`);
    }
    const face = await loadFace(scenario.persona.face);
    const gauge = new FaceGauge(face);
    face.close();
    options.say('starting the system');
    const system = await startSystem({
      progress: new Progress({ quiet: true }),
      environment,
      apart: true,
    });
    return new StageSet(system, scenario, gauge);
  }

  get dataFolder(): string {
    return resolve(projectRoot, this.system.environment.UNDERSTUDY_DATA);
  }

  get pythonPath(): string {
    const { UNDERSTUDY_PYTHON } = this.system.environment;
    return UNDERSTUDY_PYTHON ?? join(this.dataFolder, 'python', 'bin', 'python');
  }

  /** A room with our avatar, its learner joined. */
  async openAvatarRoom(): Promise<TalkRoom> {
    const answer = await fetch(`${this.system.pageUrl}/api/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scenarioId: this.scenario.id }),
    });
    if (!answer.ok) {
      throw new Error(`No session: ${await answer.text()}`);
    }
    const session = (await answer.json()) as CreateSessionResponse;
    return this.#join(session, this.#gauge, async () => {
      await fetch(`${this.system.pageUrl}/api/sessions/${session.sessionId}/end`, {
        method: 'POST',
        headers: { authorization: `Bearer ${session.token}` },
      });
    });
  }

  /** A room with the peer. */
  async openPeerRoom(metadata: PeerMetadata): Promise<TalkRoom> {
    await this.#startPeer();
    const { apiKey, apiSecret } = this.system.keys;
    const httpUrl = this.system.livekitUrl.replace(/^ws/, 'http');
    const roomName = `peer_${crypto.randomUUID()}`;
    const rooms = new RoomServiceClient(httpUrl, apiKey, apiSecret);
    await rooms.createRoom({ name: roomName, emptyTimeout: 30 });
    await new AgentDispatchClient(httpUrl, apiKey, apiSecret).createDispatch(
      roomName,
      PEER_AGENT_NAME,
      { metadata: JSON.stringify(metadata) },
    );
    const token = new AccessToken(apiKey, apiSecret, { identity: 'learner' });
    token.addGrant({ roomJoin: true, room: roomName });
    const session = { serverUrl: this.system.livekitUrl, token: await token.toJwt() };
    return this.#join(session, undefined, () => rooms.deleteRoom(roomName));
  }

  /** Stops the peer's worker: its idle processes cost something. */
  async dismissPeer(): Promise<void> {
    await this.#peer?.stop();
    this.#peer = undefined;
  }

  async strike(): Promise<void> {
    await this.dismissPeer();
    await this.system.stop();
  }

  async #join(
    session: Pick<CreateSessionResponse, 'serverUrl' | 'token'>,
    gauge: FaceGauge | undefined,
    end: () => Promise<unknown>,
  ): Promise<TalkRoom> {
    const learner = await HeadlessLearner.join(session);
    let over = false;
    learner.on('attributes', (changed) => {
      over ||= changed['understudy.phase'] === 'closing';
    });
    learner.on('disconnected', () => {
      over = true;
    });
    return {
      learner,
      witness: new Witness(learner, gauge),
      voiceId: this.scenario.persona.voice,
      over: () => over,
      close: async () => {
        await Promise.resolve(end()).catch(() => undefined);
        await learner.close();
      },
    };
  }

  async #startPeer(): Promise<void> {
    if (this.#peer !== undefined) {
      return;
    }
    const { keys, livekitUrl, environment } = this.system;
    this.#peer = new Service({
      name: 'Peer worker',
      command: process.execPath,
      args: ['--import', 'tsx', join(projectRoot, 'bench', 'peer', 'worker.ts')],
      env: {
        LIVEKIT_URL: livekitUrl,
        LIVEKIT_API_KEY: keys.apiKey,
        LIVEKIT_API_SECRET: keys.apiSecret,
        WORKER_PORT: String(PEER_WORKER_PORT),
        UNDERSTUDY_DATA: this.dataFolder,
        UNDERSTUDY_PYTHON: this.pythonPath,
        UNDERSTUDY_RECOGNITION: environment.UNDERSTUDY_RECOGNITION,
        UNDERSTUDY_RUNTIME: environment.UNDERSTUDY_RUNTIME,
        UNDERSTUDY_SCENARIOS: environment.UNDERSTUDY_SCENARIOS,
        LOG_LEVEL: environment.LOG_LEVEL,
      },
      logPath: join(this.dataFolder, 'logs', 'bench-peer.log'),
      ready: (signal) => untilAnswers(`http://127.0.0.1:${String(PEER_WORKER_PORT)}/`, signal),
      readyWithinMs: 60_000,
    });
    await this.#peer.start();
  }
}

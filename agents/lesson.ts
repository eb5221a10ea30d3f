/** One lesson: builds everything for a room, owns it, closes it in reverse order and leaves a report. */
import {
  dispatchMetadataSchema,
  AGENT_ATTRIBUTES,
  type DispatchMetadata,
} from '#agents/dispatch/metadata.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { resumptionOf } from '#agents/checkpoint/resumption.ts';
import { returnLine } from '#agents/checkpoint/return-line.ts';
import { SessionOwner } from '#agents/checkpoint/session-owner.ts';
import { asLoaded, loadScenario } from '#agents/dispatch/scenario-store.ts';
import { buildReport } from '#agents/report/build-report.ts';
import type { Environment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { AutoSubscribe, log, type JobContext } from '@livekit/agents';
import type { CallRecorder } from '#agents/recording/call-recorder.ts';
import { recordCall } from '#agents/recording/record-call.ts';
import { CallQuality } from '#agents/quality/call-quality.ts';
import { spokenTexts } from '#agents/voice/piece-reader.ts';
import { scenarioTexts } from '#agents/voice/scenario-lines.ts';
import { prepareSpeech } from '#media/speech-cache/prepare-speech.ts';
import { Avatar } from './call/avatar.ts';
import { CallLog } from './call/call-log.ts';
import { untilCalm } from './call/calm-loop.ts';
import { Conversation } from './call/conversation.ts';
import type { Equipment } from './call/equipment.ts';
import { deliverReport, ReportRefusedError } from './call/report-delivery.ts';
import { RoomKeeper } from './call/room-keeper.ts';
import { faceFor } from './call/face-for.ts';
import { voiceFor } from './call/voice-for.ts';

/** As the framework publishes it. */
const AGENT_STATE = 'lk.agent.state';
/** A learner who lost the network or closed the page may come back within this. */
const RETURN_WITHIN_MS = 30_000;
/** How soon an absence is noticed. */
const LOOK_EVERY_MS = 1_000;
/** A learner who never came: the room is given up. */
const ARRIVE_WITHIN_MS = 60_000;
/** After its goodbye the avatar stays this long for a page that does not end the call by itself. */
const LINGER_MS = 10_000;

export class Lesson {
  readonly #context: JobContext;
  readonly #equipment: Equipment;
  readonly #environment: Environment;
  readonly #metadata: DispatchMetadata;
  readonly #log = log().child({ area: 'lesson' });
  #callLog: CallLog | undefined;
  #scenario: Scenario | undefined;
  #avatar: Avatar | undefined;
  #quality: CallQuality | undefined;
  #conversation: Conversation | undefined;
  #recorder: CallRecorder | undefined;
  readonly #owner: SessionOwner | undefined;
  readonly #keeper: RoomKeeper;
  readonly #attributes: Record<string, string> = {};
  readonly #over = new AbortController();
  #stopWatching: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(context: JobContext, equipment: Equipment, environment: Environment) {
    this.#context = context;
    this.#equipment = equipment;
    this.#environment = environment;
    this.#metadata = dispatchMetadataSchema.parse(JSON.parse(context.job.metadata) as unknown);
    this.#owner = SessionOwner.of({
      metadata: this.#metadata,
      apiKey: environment.LIVEKIT_API_KEY ?? '',
      apiSecret: environment.LIVEKIT_API_SECRET ?? '',
      workerId: context.workerId,
      jobId: context.job.id,
      gpuRuntime: environment.UNDERSTUDY_RUNTIME ?? '',
      clock: systemClock,
      onStale: () => {
        this.#end('another agent has the session');
      },
      onTrouble: (error) => {
        this.#log.warn({ error }, 'signaling keeps no checkpoint');
      },
    });
    this.#keeper = new RoomKeeper({
      room: context.room,
      owner: this.#owner,
      learnerIdentity: this.#metadata.learnerIdentity,
      clock: systemClock,
      hold: () => this.#avatar?.hold(),
      release: () => this.#avatar?.release(),
      onBack: () => {
        this.#log.warn('the room is back');
        const state = this.#conversation?.agentState;
        void this.#setAttributes({
          ...this.#attributes,
          ...(state === undefined ? {} : { [AGENT_STATE]: state }),
        });
      },
    });
  }

  async run(): Promise<void> {
    const { scenario: published, scenarioId } = this.#metadata;
    const { UNDERSTUDY_SCENARIOS: folder } = this.#environment;
    const scenario =
      published === undefined ? loadScenario(scenarioId, folder) : asLoaded(published, folder);
    this.#scenario = scenario;
    const { room } = this.#context;
    if ((await this.#owner?.held()) === false) {
      return;
    }
    const [before, voice, face] = await Promise.all([
      this.#owner?.before(),
      voiceFor(scenario, this.#equipment),
      faceFor({
        name: this.#metadata.avatar ?? scenario.persona.face,
        drawn: this.#equipment.faces,
        environment: this.#environment,
        runtimes: this.#equipment.runtimes,
        session: this.#metadata.sessionId,
        onUndecoded: (error) => {
          this.#log.warn({ error }, 'no runtime decodes this face');
        },
      }),
      this.#context.connect(undefined, AutoSubscribe.AUDIO_ONLY),
    ]);
    const seed = seedOf(this.#metadata.sessionId);
    const callLog = new CallLog();
    this.#callLog = callLog;
    const resumption =
      before === undefined
        ? undefined
        : resumptionOf({
            ...before,
            scenario,
            seed,
            scripted: this.#equipment.languageModel === undefined,
          });
    if (resumption !== undefined) {
      callLog.restore(resumption.startedAt, resumption.turns);
    }
    const changed = (): void => {
      const talk = this.#conversation;
      if (talk !== undefined) {
        this.#owner?.changed(() => talk.checkpoint());
      }
    };
    const recorder = await this.#record(scenario, face, voice.engine.sampleRateHz);
    const avatar = await Avatar.enter({
      room,
      recorder,
      face,
      sampleRateHz: voice.engine.sampleRateHz,
      seed,
      onSpeechStarted: () => {
        callLog.avatarSpeechStarted();
        changed();
      },
      onSpeechCut: (playedMs) => {
        callLog.avatarSpeechCut(playedMs);
      },
      onFarewell: () => {
        this.#onFarewell();
      },
      onFailed: (error) => {
        this.#log.error({ error }, 'the room takes no more sound or pictures');
        this.#keeper.giveUp();
        this.#context.shutdown('av output failed');
      },
    });
    this.#avatar = avatar;
    avatar.wear(scenario.persona.expression);
    avatar.attend('idle');
    const conversation = new Conversation({
      scenario,
      seed,
      avatar,
      voice,
      equipment: this.#equipment,
      environment: this.#environment,
      callLog,
      room,
      learnerIdentity: this.#metadata.learnerIdentity,
      recorder,
      resumption,
      onChanged: changed,
      onInputHint: (hint) => {
        void this.#setAttribute(AGENT_ATTRIBUTES.input, JSON.stringify(hint));
      },
      onProgress: (aims) => {
        void this.#setAttribute(AGENT_ATTRIBUTES.aims, JSON.stringify(aims));
      },
    });
    this.#conversation = conversation;
    // Only the served voices keep what they have said; any other would speak for nobody.
    if (voice.engine === this.#equipment.speech && voice.engine !== this.#equipment.voice) {
      // Another job that goes on with this call must not wait for its first words.
      const texts = [...spokenTexts(returnLine(scenario.language)), ...scenarioTexts(scenario)];
      const lines = texts.map((text) => ({ text, voiceId: voice.voiceId }));
      void prepareSpeech(voice.engine, lines, { signal: this.#over.signal });
    }
    await conversation.start();
    await this.#setAttribute(AGENT_ATTRIBUTES.recognition, conversation.recognition);
    await this.#learnerArrives();
    this.#watchLearner();
    if (this.#environment.UNDERSTUDY_QUALITY === 'adaptive') {
      this.#quality = this.#watchQuality(avatar);
    }
    if (resumption === undefined) {
      await untilCalm({ clock: systemClock, signal: this.#over.signal });
    }
    if (this.#over.signal.aborted) {
      return;
    }
    recorder?.begin();
    if (resumption === undefined) {
      callLog.begin();
      conversation.greet();
    } else if (conversation.isOver) {
      this.#onFarewell();
    } else {
      conversation.resume(resumption);
    }
  }

  /** Ends everything and delivers the report. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    this.#stopWatching();
    this.#over.abort();
    await this.#quality?.close();
    await this.#conversation?.close();
    const lengthMs = this.#callLog?.nowMs ?? 0;
    this.#recorder?.end();
    await this.#avatar?.close();
    await this.#recorder?.close();
    const passedOn = (await this.#keeper.handedOver()) || this.#owner?.isStale === true;
    const isDone = passedOn || (await this.#deliver(lengthMs));
    await this.#owner?.close(isDone);
  }

  /** Undefined where the learner has not agreed to it, or where it cannot be: the call goes on without. */
  async #record(
    scenario: Scenario,
    face: FaceRenderer,
    avatarRateHz: number,
  ): Promise<CallRecorder | undefined> {
    if (this.#metadata.recording !== true) {
      return undefined;
    }
    if (this.#metadata.ownership?.resume !== undefined) {
      // The file of the job before this one ends where that did.
      await this.#setAttribute(AGENT_ATTRIBUTES.recording, 'off');
      return undefined;
    }
    const onStopped = (error: unknown): void => {
      this.#log.error({ error }, 'the call goes on without its recording');
      void this.#setAttribute(AGENT_ATTRIBUTES.recording, 'off');
    };
    try {
      const { sessionId, avatar } = this.#metadata;
      const recorder = await recordCall({
        sessionId,
        faceName: avatar ?? scenario.persona.face,
        scenario,
        face,
        avatarRateHz,
        environment: this.#environment,
        onStopped,
      });
      this.#recorder = recorder;
      this.#callLog?.onTurn((turn) => {
        recorder.turn(turn);
      });
      await this.#setAttribute(AGENT_ATTRIBUTES.recording, 'on');
      return recorder;
    } catch (error) {
      onStopped(error);
      return undefined;
    }
  }

  /** False: signaling has no report; another agent may find out more. */
  async #deliver(lengthMs: number): Promise<boolean> {
    const { LIVEKIT_API_KEY, LIVEKIT_API_SECRET } = this.#environment;
    if (this.#callLog === undefined || this.#scenario === undefined) {
      return false;
    }
    const report = buildReport({
      sessionId: this.#metadata.sessionId,
      scenario: this.#scenario,
      startedAt: this.#callLog.startedAt.toISOString(),
      durationMs: lengthMs,
      recognition: this.#conversation?.recognition ?? 'none',
      turns: [...this.#callLog.turns],
    });
    try {
      await deliverReport(report, {
        url: this.#metadata.reportUrl,
        apiKey: LIVEKIT_API_KEY ?? '',
        apiSecret: LIVEKIT_API_SECRET ?? '',
        clock: systemClock,
      });
      return true;
    } catch (error) {
      this.#log.error({ error }, 'the report could not be delivered');
      return error instanceof ReportRefusedError;
    }
  }

  /**
   * Looks who is here rather than counting arrivals: a learner who reloads the page comes back under the same identity,
   * and the SDK may tell of the old leaving after the new coming.
   */
  #watchLearner(): void {
    let absentSinceMs: number | undefined;
    const look = (): void => {
      const here = [...this.#context.room.remoteParticipants.values()].some(
        ({ identity }) => identity === this.#metadata.learnerIdentity,
      );
      const nowMs = systemClock.nowMs();
      absentSinceMs = here || this.#keeper.isBroken ? undefined : (absentSinceMs ?? nowMs);
      if (absentSinceMs !== undefined && nowMs - absentSinceMs >= RETURN_WITHIN_MS) {
        this.#end('the learner left');
        return;
      }
      this.#stopWatching = systemClock.after(LOOK_EVERY_MS, look);
    };
    look();
  }

  async #learnerArrives(): Promise<void> {
    const cancel = systemClock.after(ARRIVE_WITHIN_MS, () => {
      this.#end('the learner never came');
    });
    await this.#context.waitForParticipant(this.#metadata.learnerIdentity);
    cancel();
  }

  #onFarewell(): void {
    this.#conversation?.farewell();
    void this.#setAttribute(AGENT_ATTRIBUTES.phase, 'closing');
    systemClock.after(LINGER_MS, () => {
      this.#end('the persona closed the call');
    });
  }

  #end(reason: string): void {
    this.#keeper.over();
    // Signaling ends the room when it has the report.
    this.#context.shutdown(reason);
  }

  /** Pictures give way to a loaded machine and a weak line; sound does not. */
  #watchQuality(avatar: Avatar): CallQuality {
    return new CallQuality({
      room: this.#context.room,
      learnerIdentity: this.#metadata.learnerIdentity,
      session: this.#metadata.sessionId,
      clock: systemClock,
      stage: () => avatar.counters,
      onRung: (rung) => {
        avatar.setPicture(rung);
      },
      onNews: (news) => {
        this.#log.debug({ ...news }, 'quality');
        void this.#setAttribute(AGENT_ATTRIBUTES.quality, JSON.stringify(news));
      },
    });
  }

  async #setAttribute(name: string, value: string): Promise<void> {
    this.#attributes[name] = value;
    await this.#setAttributes({ [name]: value });
  }

  async #setAttributes(attributes: Record<string, string>): Promise<void> {
    try {
      await this.#context.room.localParticipant?.setAttributes(attributes);
    } catch (error) {
      this.#log.warn({ error, names: Object.keys(attributes) }, 'attributes could not be set');
    }
  }
}

/** A 31-bit number from the session id, so that a resumed lesson acts and speaks as the first one did. */
function seedOf(sessionId: string): number {
  let hash = 7;
  for (const character of sessionId) {
    hash = (Math.imul(hash, 31) + character.charCodeAt(0)) & 0x7fffffff;
  }
  return hash;
}

/** The talk itself: AgentSession with our ear, voice and persona, the avatar as its output, and what follows from it. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { personaPrompt } from '#agents/persona/prompt.ts';
import { historyOf, ScriptedLLM, SILENCE_NUDGE } from '#agents/persona/scripted-llm.ts';
import { nextReply, progressOf } from '#agents/persona/reply.ts';
import type { Checkpoint } from '#agents/checkpoint/checkpoint.ts';
import type { Resumption } from '#agents/checkpoint/resumption.ts';
import { parseStageDirections } from '#agents/persona/stage-directions.ts';
import { backchannelKind, makeBreath } from '#agents/engines/flite/backchannel.ts';
import { Ear } from '#agents/ear/ear.ts';
import type { CallRecorder } from '#agents/recording/call-recorder.ts';
import { LearnerInput, type InputHint } from '#agents/room/learner-input.ts';
import { refuseRemoteControl } from '#agents/room/remote-control.ts';
import { noteSpeech } from '#agents/voice/noted-speech.ts';
import { SessionVoice } from '#agents/voice/session-voice.ts';
import type { Environment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import { SpokenWords } from '#media/input/spoken-words.ts';
import { llm, log, voice } from '@livekit/agents';
import type { Room } from '@livekit/rtc-node';
import type { Avatar } from './avatar.ts';
import type { CallLog } from './call-log.ts';
import type { Equipment } from './equipment.ts';
import { connectLanguageModel } from './language-model.ts';
import { SilenceWatch } from './silence-watch.ts';
import type { CallVoice } from './voice-for.ts';

/**
 * Speech of the learner over the avatar for this long pauses it. 120 ms of detected voice comes about 200 ms after the
 * first sound: soon enough to feel heard, and a click or a chair does not last that long.
 */
const INTERRUPT_AFTER_MS = 120;
/** A cough or "mm-hm" that leaves no words lets the avatar go on this long after it ended. */
const RESUME_AFTER_MS = 700;

/** What the ear hears in. */
const HEARD_RATE_HZ = 16_000;

export interface ConversationOptions {
  scenario: Scenario;
  seed: number;
  avatar: Avatar;
  voice: CallVoice;
  equipment: Equipment;
  environment: Environment;
  callLog: CallLog;
  room: Room;
  learnerIdentity: string;
  recorder?: CallRecorder | undefined;
  /** Another job began this call. */
  resumption?: Resumption | undefined;
  /** Something that belongs into the checkpoint has changed. */
  onChanged: () => void;
  /** Ids of the aims reached so far. */
  onProgress: (aims: string[]) => void;
  /** How the learner sounds has changed, so that the page may give a hint. */
  onInputHint: (hint: InputHint) => void;
}

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #session: voice.AgentSession;
  readonly #ear: Ear | undefined;
  readonly #input: LearnerInput;
  readonly #silence: SilenceWatch;
  readonly #log = log().child({ area: 'conversation' });
  #aims = '';
  #farewell = false;
  /** The pieces of the newest answer, as the voice was given them. */
  #saying: string[] = [];

  constructor(options: ConversationOptions) {
    this.#options = options;
    const { scenario, equipment, callLog, avatar } = options;
    const playedRateHz = options.voice.engine.sampleRateHz;
    this.#input = new LearnerInput({
      heardRateHz: HEARD_RATE_HZ,
      playedRateHz,
      clock: systemClock,
      onHint: options.onInputHint,
    });
    avatar.heardBy((samples) => {
      this.#input.played(samples);
    });
    const spoken = new SpokenWords();
    const ownVoice = noteSpeech(options.voice.engine, (text) => {
      spoken.say(text);
      this.#saying.push(text);
      if (avatar.speaking) {
        options.onChanged();
      }
    });
    this.#ear = Ear.for(scenario.language, equipment, {
      avatar,
      echo: {
        possible: () => this.#input.echoes,
        repeats: (text) => spoken.repeatedBy(text),
      },
      callLog,
      backchannels: scenario.backchannels,
      murmur: (kind) => this.#murmur(kind),
      recorder: options.recorder,
    });
    this.#session = new voice.AgentSession({
      llm: this.#thinker(),
      tts: new SessionVoice(ownVoice, options.voice.voiceId),
      ...(this.#ear === undefined ? {} : { stt: this.#ear.stt }),
      vad: this.#ear === undefined ? null : equipment.vad,
      userAwayTimeout: null,
      aecWarmupDuration: null,
      turnHandling: {
        // The ear says when the turn is over (agents/turn); the framework adds no wait of its own.
        turnDetection: this.#ear === undefined ? 'manual' : 'stt',
        endpointing: { mode: 'fixed', minDelay: 0, maxDelay: 0 },
        interruption: {
          mode: 'vad',
          minDuration: INTERRUPT_AFTER_MS,
          minWords: 0,
          falseInterruptionTimeout: RESUME_AFTER_MS,
          resumeFalseInterruption: true,
        },
        preemptiveGeneration: {
          enabled: true,
          preemptiveTts: true,
          maxSpeechDuration: Number.POSITIVE_INFINITY,
          maxRetries: Number.POSITIVE_INFINITY,
        },
      },
    });
    this.#silence = new SilenceWatch(systemClock, () => {
      this.#onSilence();
    });
    this.#session.output.audio = avatar.output;
    this.#watch();
  }

  /** How the learner is heard: told to the page. */
  get recognition(): 'none' | 'basic' | 'full' {
    return this.#ear?.grade ?? 'none';
  }

  /** As the page is told. */
  get agentState(): string {
    return this.#session.agentState;
  }

  async start(): Promise<void> {
    const { messages = [] } = this.#options.resumption ?? {};
    this.#session.history.insert(messages);
    refuseRemoteControl(this.#options.room);
    await this.#session.start({
      agent: new voice.Agent({
        instructions: personaPrompt(this.#options.scenario),
        chatCtx: new llm.ChatContext(messages),
      }),
      room: this.#options.room,
      inputOptions: {
        participantIdentity: this.#options.learnerIdentity,
        audioEnabled: this.#ear !== undefined,
        audioSampleRate: HEARD_RATE_HZ,
        noiseCancellation: this.#input,
        // The learner may come back; the lesson decides when it is over.
        closeOnDisconnect: false,
        textInputCallback: (_session, { text }) => this.#onTyped(text),
      },
      record: false,
    });
  }

  /** The persona opens the talk. */
  greet(): void {
    const { scenario, seed } = this.#options;
    this.#session.say(nextReply(scenario, seed, []).text);
  }

  /** The persona is back, and goes on where it was. */
  resume({ first }: Resumption): void {
    const { callLog } = this.#options;
    this.#followProgress();
    if (first.kind === 'opening') {
      this.greet();
    } else if (first.kind === 'say') {
      this.#session.say(first.text);
    } else {
      // No turn of the talk: a persona that reads it back would take it for words into silence.
      const handle = this.#session.say(first.text, { addToChatCtx: false });
      handle.addDoneCallback(() => {
        callLog.addAvatarTurn(first.text, handle.interrupted);
        this.#options.onChanged();
      });
      if (first.kind === 'reply') {
        this.#session.generateReply();
      }
    }
  }

  /** The persona had said goodbye in another job. */
  get isOver(): boolean {
    const { scenario, seed } = this.#options;
    return progressOf(scenario, seed, historyOf(this.#session.history)).closed;
  }

  /** What another job needs to go on from here. */
  checkpoint(): Checkpoint {
    const { callLog } = this.#options;
    const { startedAt, turns, speakingSinceMs } = callLog;
    return {
      version: 1,
      startedAt: startedAt.toISOString(),
      turns: [...turns],
      messages: this.#session.history.items.flatMap((item) =>
        item.type === 'message' && (item.role === 'user' || item.role === 'assistant')
          ? [
              {
                role: item.role,
                text: item.textContent ?? '',
                interrupted: item.interrupted,
                createdAtMs: item.createdAt,
              },
            ]
          : [],
      ),
      speaking:
        speakingSinceMs === undefined
          ? null
          : { text: this.#saying.join(' '), startMs: speakingSinceMs },
    };
  }

  /** The persona's goodbye has been heard. */
  farewell(): void {
    this.#farewell = true;
    this.#silence.close();
  }

  async close(): Promise<void> {
    this.#silence.close();
    await this.#session.close();
  }

  #thinker(): llm.LLM {
    const { scenario, seed, equipment } = this.#options;
    return equipment.languageModel === undefined
      ? new ScriptedLLM({ scenario, seed })
      : connectLanguageModel(equipment.languageModel);
  }

  #watch(): void {
    const { avatar } = this.#options;
    const events = voice.AgentSessionEventTypes;
    this.#session.on(events.AgentStateChanged, ({ newState }) => {
      if (newState === 'speaking' || newState === 'thinking' || newState === 'listening') {
        avatar.attend(newState);
      }
      this.#silence.avatarIs(newState === 'listening' ? 'quiet' : 'busy');
    });
    this.#session.on(events.SpeechCreated, () => {
      if (!avatar.speaking) {
        this.#saying = [];
      }
    });
    this.#session.on(events.UserStateChanged, ({ newState }) => {
      this.#silence.learnerIs(newState === 'speaking' ? 'speaking' : 'quiet');
    });
    this.#session.on(events.ConversationItemAdded, ({ item }) => {
      if (item.type === 'message') {
        this.#onMessage(item);
      }
    });
    this.#session.on(events.Error, ({ error }) => {
      this.#log.error({ error }, 'an engine failed');
    });
  }

  #onMessage(message: llm.ChatMessage): void {
    const { callLog } = this.#options;
    const text = parseStageDirections(message.textContent ?? '').spoken.trim();
    if (text === '') {
      return;
    }
    if (message.role === 'user') {
      callLog.addLearnerTurn(text);
    } else if (message.role === 'assistant') {
      const { interrupted } = message;
      callLog.addAvatarTurn(text, interrupted);
      this.#ear?.avatarSaid(text);
    } else {
      return;
    }
    this.#followProgress();
    this.#options.onChanged();
  }

  #followProgress(): void {
    const { scenario, seed, onProgress } = this.#options;
    const { aimsDone } = progressOf(scenario, seed, historyOf(this.#session.history));
    const aims = aimsDone.join();
    if (aims !== this.#aims) {
      this.#aims = aims;
      onProgress(aimsDone);
    }
  }

  async #onTyped(text: string): Promise<void> {
    const trimmed = text.trim().slice(0, LONGEST_TYPED_CHARS);
    if (trimmed === '') {
      return;
    }
    this.#options.callLog.noteTyped(trimmed);
    this.#silence.learnerIs('quiet');
    // Not forced: the words heard so far come into the transcript before this turn does.
    await this.#session.interrupt().await;
    this.#session.generateReply({ userInput: trimmed, inputModality: 'text' });
  }

  async #murmur(kind: string): Promise<void> {
    const { avatar, equipment, voice: ownVoice } = this.#options;
    const { engine, voiceId } = ownVoice;
    if (engine === equipment.voice) {
      avatar.backchannel(await equipment.voice.backchannelSound(backchannelKind(kind), voiceId));
    } else if (kind === 'breath' || engine !== equipment.speech) {
      avatar.backchannel(makeBreath(engine.sampleRateHz));
    } else {
      for await (const sound of engine.synthesize(`${kind}.`, voiceId)) {
        avatar.backchannel(sound);
      }
    }
  }

  #onSilence(): void {
    if (!this.#farewell) {
      this.#session.generateReply({ instructions: SILENCE_NUDGE });
    }
  }
}

/** A spoken turn of two minutes has fewer characters. */
const LONGEST_TYPED_CHARS = 2_000;

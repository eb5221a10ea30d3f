/** The ear of one call: recogniser, turn judge and voice detector joined, with what the avatar does while it listens. */
import type { Avatar } from '#agents/call/avatar.ts';
import type { CallLog } from '#agents/call/call-log.ts';
import type { Equipment } from '#agents/call/equipment.ts';
import type { CallRecorder } from '#agents/recording/call-recorder.ts';
import { systemClock } from '#media/clock.ts';
import type { SpeechToText } from '#media/ports.ts';
import { log } from '@livekit/agents';
import { EarSpeechToText } from './ear-stt.ts';
import { Listener, type ListenerEvent } from './listener.ts';
import { judgeTurns, type WatchingJudge } from './judge.ts';

export interface EarOptions {
  avatar: Avatar;
  callLog: CallLog;
  /** Kinds of murmur that the scenario allows. */
  backchannels: readonly string[];
  /** Speaks one of them. */
  murmur: (kind: string) => Promise<void>;
  /** The avatar's own voice may come back to us: whether it may just now, and whether words are its own. */
  echo: { possible: () => boolean; repeats: (text: string) => boolean };
  /** Keeps what is heard, and when somebody spoke. */
  recorder?:
    | Pick<
        CallRecorder,
        'learnerStreamOpened' | 'learnerSound' | 'learnerSpeechStarted' | 'learnerSpeechEnded'
      >
    | undefined;
}

export class Ear {
  readonly stt: EarSpeechToText;
  readonly grade: 'basic' | 'full';
  readonly #options: EarOptions;
  readonly #recognizer: SpeechToText;
  readonly #equipment: Equipment;
  readonly #language: string;
  #judge: WatchingJudge | undefined;
  readonly #log = log().child({ area: 'ear' });

  private constructor(
    language: string,
    recognizer: SpeechToText,
    equipment: Equipment,
    options: EarOptions,
  ) {
    this.#language = language;
    this.#recognizer = recognizer;
    this.#equipment = equipment;
    this.#options = options;
    this.grade = recognizer.grade;
    this.stt = new EarSpeechToText({
      vad: equipment.earVad,
      language,
      listen: (onEvent) => this.#listen(onEvent),
      onStream: () => options.recorder?.learnerStreamOpened(),
      onSound: (samples) => options.recorder?.learnerSound(samples),
    });
  }

  /** Undefined when nothing here recognises the language: the learner then types. */
  static for(language: string, equipment: Equipment, options: EarOptions): Ear | undefined {
    const { recognizer } = equipment;
    return recognizer?.languages.includes(language) === true
      ? new Ear(language, recognizer, equipment, options)
      : undefined;
  }

  /** The avatar has said this: what it asked decides which short answers are whole. */
  avatarSaid(text: string): void {
    this.#judge?.avatarSaid(text);
  }

  async #listen(onEvent: (event: ListenerEvent) => void): Promise<Listener> {
    const { avatar, backchannels, callLog, murmur, recorder } = this.#options;
    const onFailed = (error: unknown): void => {
      this.#log.error({ error }, 'the recogniser failed');
    };
    const listener = new Listener({
      recognizer: await this.#recognizer.open({ language: this.#language }),
      hearing: this.grade,
      avatarHasFloor: () => avatar.speaking,
      echo: this.#options.echo,
      onEvent: (event) => {
        if (event.type === 'speech-started') {
          callLog.learnerSpeechStarted(callLog.nowMs - event.agoMs);
          recorder?.learnerSpeechStarted(listener.newestMs - event.agoMs);
        } else if (event.type === 'speech-ended') {
          callLog.learnerSpeechEnded(callLog.nowMs - event.agoMs);
          recorder?.learnerSpeechEnded(listener.newestMs - event.agoMs);
        }
        onEvent(event);
      },
      onFailed,
    });
    const judge = judgeTurns({
      clock: systemClock,
      model: this.#equipment.turnModel,
      hearing: this.grade,
      murmurs: backchannels,
      inPause: () => listener.inPause,
      onReact: (reaction) => {
        avatar.react(reaction);
      },
      onMurmur: (kind) => {
        murmur(kind).catch(onFailed);
      },
      onPrepare: () => {
        listener.prepare();
      },
      onTurnOver: () => {
        listener.turnOver();
      },
    });
    listener.attach(judge);
    this.#judge = judge;
    return listener;
  }
}

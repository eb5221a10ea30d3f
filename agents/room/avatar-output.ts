/** The avatar as the session's audio output: what AgentSession says goes onto the stage. */
import type { ExpressionName } from '#media/face/pose.ts';
import type { PlayoutEvent, Segment } from '#media/playout/playout.ts';
import type { PhonemeMark, SpeechChunk } from '#media/ports.ts';
import type { Stage } from '#media/stage/stage.ts';
import { voice } from '@livekit/agents';
import type { AudioFrame } from '@livekit/rtc-node';

/** Key under which the voice sends its marks along with the sound. */
export const SPEECH_USERDATA = 'understudy.speech';

/** What travels with one AudioFrame from the voice to the avatar. */
export interface SpeechUserdata {
  phonemes: PhonemeMark[];
  expression?: ExpressionName;
  /** The persona closes the call with this. */
  ends?: boolean;
}

export interface AvatarOutputEvents {
  /** The avatar's answer begins to sound. */
  onSpeechStarted: () => void;
  /** It has ended, or was cut off after `playedMs` of sound. `ends`: it was the persona's goodbye. */
  onSpeechFinished: (how: { playedMs: number; interrupted: boolean; ends: boolean }) => void;
  /** The words that begin now want this face. */
  onExpression: (expression: ExpressionName) => void;
}

export class AvatarOutput extends voice.AudioOutput {
  readonly #stage: Stage;
  readonly #events: AvatarOutputEvents;
  #segment: Segment | undefined;
  /** Segments that close the call. */
  readonly #farewells = new Set<number>();

  constructor(stage: Stage, sampleRateHz: number, events: AvatarOutputEvents) {
    // The rate is the voice's own: the framework then passes frames on untouched, marks and all.
    super(sampleRateHz, undefined, { pause: true });
    this.#stage = stage;
    this.#events = events;
    stage.onEvent((event) => {
      this.#onStageEvent(event);
    });
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    this.#segment ??= this.#stage.open('answer');
    const speech = frame.userdata[SPEECH_USERDATA] as SpeechUserdata | undefined;
    if (speech?.expression !== undefined) {
      this.#events.onExpression(speech.expression);
    }
    if (speech?.ends === true) {
      this.#farewells.add(this.#segment.id);
    }
    this.#stage.push(this.#segment, frame.data, speech?.phonemes ?? []);
  }

  override flush(): void {
    super.flush();
    if (this.#segment !== undefined) {
      const ended = this.#segment;
      this.#segment = undefined;
      this.#stage.end(ended);
    }
  }

  override clearBuffer(): void {
    this.#segment = undefined;
    this.#stage.clear();
  }

  override pause(): void {
    super.pause();
    this.#stage.pause();
  }

  override resume(): void {
    super.resume();
    this.#stage.resume();
  }

  /** A short sound while listening. It is no answer: the framework does not hear of it. */
  playBackchannel(chunk: SpeechChunk): void {
    const segment = this.#stage.open('backchannel');
    this.#stage.push(segment, chunk.samples.slice(), chunk.phonemes);
    this.#stage.end(segment);
  }

  #onStageEvent(event: PlayoutEvent): void {
    if (event.segment.kind !== 'answer') {
      return;
    }
    if (event.type === 'started') {
      this.onPlaybackStarted(Date.now());
      this.#events.onSpeechStarted();
      return;
    }
    this.onPlaybackFinished({
      playbackPosition: event.playedMs / 1_000,
      interrupted: event.interrupted,
    });
    const ends = this.#farewells.delete(event.segment.id);
    const { playedMs, interrupted } = event;
    this.#events.onSpeechFinished({ playedMs, interrupted, ends });
  }
}

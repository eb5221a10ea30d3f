/** A learner without a page: joins with a token, speaks recordings, types, and keeps what it hears, sees and reads. */
import type { CreateSessionResponse } from '#signaling/api-types.ts';
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  LocalAudioTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoStream,
  type RemoteParticipant,
  type RemoteTrack,
  type VideoFrame,
} from '@livekit/rtc-node';
import { mixed, type RoomAcoustics } from '#media/testing/room-acoustics.ts';
import { EventEmitter, once } from 'node:events';

export const LEARNER_RATE_HZ = 16_000;
const FRAME_SAMPLES = LEARNER_RATE_HZ / 100;
/** Sound the SDK may hold ahead: as little as it takes without gaps. */
const AHEAD_MS = 20;
/** Root mean square above which a 10 ms frame counts as sound: what silence and codec noise stay well under. */
export const AUDIBLE_RMS = 150;
/** Echo may wait so long for the microphone; in a room it does not wait at all. */
const LONGEST_ECHO_SAMPLES = (LEARNER_RATE_HZ * 60) / 1_000;
/** A loaded machine is slow; a test that fails must still end. */
const PATIENCE_MS = 60_000;

export interface Caption {
  speaker: 'learner' | 'avatar';
  segmentId: string;
  text: string;
  final: boolean;
  atMs: number;
}

interface LearnerEvents {
  sound: [{ rms: number; samples: Int16Array; atMs: number }];
  picture: [{ frame: VideoFrame; atMs: number }];
  caption: [Caption];
  attributes: [Record<string, string>];
  disconnected: [];
}

export class HeadlessLearner extends EventEmitter<LearnerEvents> {
  readonly room = new Room();
  readonly captions: Caption[] = [];
  readonly #source = new AudioSource(LEARNER_RATE_HZ, 1, AHEAD_MS);
  #speech:
    { samples: Int16Array; position: number; done: (lastSampleAtMs: number) => void } | undefined;
  /** Set for a learner whose loudspeakers reach the microphone, with nothing in between that cancels it. */
  loudspeakers: RoomAcoustics | undefined;
  /** What the loudspeakers brought to the microphone and was not sent yet. */
  #echo: number[] = [];
  #closed = false;
  #pumping: Promise<void> | undefined;

  /**
   * Joins a session. Times in events are performance.now() of this process. `soundAlone`: it asks for no pictures, which
   * costs as good as nothing.
   */
  static async join(
    session: Pick<CreateSessionResponse, 'serverUrl' | 'token'>,
    { soundAlone = false }: { soundAlone?: boolean } = {},
  ): Promise<HeadlessLearner> {
    const learner = new HeadlessLearner();
    learner.setMaxListeners(50);
    learner.#listen();
    if (soundAlone) {
      learner.room.on(RoomEvent.TrackPublished, (publication) => {
        publication.setSubscribed(publication.kind === TrackKind.KIND_AUDIO);
      });
    }
    await learner.room.connect(session.serverUrl, session.token, {
      autoSubscribe: !soundAlone,
      dynacast: false,
    });
    if (soundAlone) {
      for (const participant of learner.room.remoteParticipants.values()) {
        for (const publication of participant.trackPublications.values()) {
          publication.setSubscribed(publication.kind === TrackKind.KIND_AUDIO);
        }
      }
    }
    await learner.room.localParticipant!.publishTrack(
      LocalAudioTrack.createAudioTrack('microphone', learner.#source),
      new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
    );
    learner.#pumping = learner.#pump();
    return learner;
  }

  get agent(): RemoteParticipant | undefined {
    return [...this.room.remoteParticipants.values()][0];
  }

  /** `initializing`, `listening`, `thinking` or `speaking`; undefined before the agent is here. */
  get agentState(): string | undefined {
    return this.agent?.attributes['lk.agent.state'];
  }

  /** Everything that one side has said so far, as captioned. */
  captioned(speaker: Caption['speaker']): string {
    return this.captions
      .filter((caption) => caption.speaker === speaker)
      .map(({ text }) => text.trim())
      .join(' ');
  }

  /** Resolves when the agent is in `state`; at once when it already is. */
  async untilAgentIs(state: 'listening' | 'thinking' | 'speaking'): Promise<void> {
    if (this.agentState !== state) {
      await this.until('attributes', () => this.agentState === state);
    }
  }

  /** Resolves when the persona has said its opening line and waits. */
  async untilGreeted(): Promise<void> {
    await this.untilSpoken(0);
  }

  /** Resolves with the text when the avatar has finished a turn beyond its first `turns`, and waits. */
  async untilSpoken(turns: number): Promise<string> {
    const turn = (): Caption | undefined =>
      this.captions.filter(({ speaker, final }) => speaker === 'avatar' && final)[turns];
    while (turn() === undefined) {
      await this.until('caption', () => turn() !== undefined);
    }
    await this.untilAgentIs('listening');
    return turn()!.text;
  }

  /** Speaks mono 16 kHz PCM; resolves with when its last sample was handed to the microphone track. */
  speak(samples: Int16Array): Promise<number> {
    return new Promise((done) => {
      this.#speech = { samples, position: 0, done };
    });
  }

  stopSpeaking(): void {
    this.#speech = undefined;
  }

  async type(text: string): Promise<void> {
    await this.room.localParticipant!.sendText(text, { topic: 'lk.chat' });
  }

  /** Resolves with the first event that satisfies `matches`, from now on. Rejects with what there was instead. */
  until<K extends keyof LearnerEvents>(
    event: K,
    matches: (...args: LearnerEvents[K]) => boolean,
  ): Promise<LearnerEvents[K]> {
    const waiting = this.#await(event, matches);
    // A test that failed meanwhile no longer awaits it.
    waiting.catch(() => undefined);
    return waiting;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    await this.#pumping;
    await this.room.disconnect();
    await this.#source.close();
  }

  async #await<K extends keyof LearnerEvents>(
    event: K,
    matches: (...args: LearnerEvents[K]) => boolean,
  ): Promise<LearnerEvents[K]> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    try {
      for (;;) {
        const args = (await once(this as EventEmitter, event, { signal })) as LearnerEvents[K];
        if (matches(...args)) {
          return args;
        }
      }
    } catch (cause) {
      const agent = this.agent === undefined ? 'no agent' : `the agent ${this.agentState ?? 'new'}`;
      const captions = this.captions.map(({ speaker, text }) => `${speaker}: ${text}`).join(' | ');
      throw new Error(`No ${event} as awaited came, with ${agent} and “${captions}”.`, { cause });
    }
  }

  async #pump(): Promise<void> {
    while (!this.#closed) {
      let frame: Int16Array = new Int16Array(FRAME_SAMPLES);
      const speech = this.#speech;
      if (speech !== undefined) {
        frame.set(speech.samples.subarray(speech.position, speech.position + FRAME_SAMPLES));
        speech.position += FRAME_SAMPLES;
      }
      frame = mixed(frame, this.#echo.splice(0, FRAME_SAMPLES));
      await this.#source.captureFrame(new AudioFrame(frame, LEARNER_RATE_HZ, 1, FRAME_SAMPLES));
      if (speech !== undefined && speech.position >= speech.samples.length) {
        this.#speech = undefined;
        speech.done(performance.now() + this.#source.queuedDuration);
      }
    }
  }

  #listen(): void {
    this.room.on(RoomEvent.TrackSubscribed, (track) => {
      void (track.kind === TrackKind.KIND_AUDIO ? this.#hear(track) : this.#see(track));
    });
    this.room.on(RoomEvent.ParticipantAttributesChanged, (changed) => {
      this.emit('attributes', changed);
    });
    this.room.on(RoomEvent.Disconnected, () => {
      this.emit('disconnected');
    });
    // The framework's own telemetry, which nobody here reads.
    this.room.registerByteStreamHandler('lk.agent.session', () => undefined);
    this.room.registerTextStreamHandler('lk.transcription', (reader, from) => {
      // A room that ends in mid-caption ends the stream with an error; the caption stays as it was.
      this.#read(reader, from.identity).catch(() => undefined);
    });
  }

  async #hear(track: RemoteTrack): Promise<void> {
    for await (const { data } of new AudioStream(track, LEARNER_RATE_HZ, 1)) {
      if (this.loudspeakers !== undefined) {
        this.#echo.push(...this.loudspeakers.hear(data));
        this.#echo.splice(0, this.#echo.length - LONGEST_ECHO_SAMPLES);
      }
      let energy = 0;
      for (const sample of data) {
        energy += sample * sample;
      }
      this.emit('sound', {
        rms: Math.sqrt(energy / data.length),
        samples: data,
        atMs: performance.now(),
      });
    }
  }

  async #see(track: RemoteTrack): Promise<void> {
    for await (const { frame } of new VideoStream(track)) {
      this.emit('picture', { frame, atMs: performance.now() });
    }
  }

  async #read(
    reader: AsyncIterable<string> & { info: { attributes?: Record<string, string> } },
    identity: string,
  ): Promise<void> {
    const attributes = reader.info.attributes ?? {};
    const caption: Caption = {
      speaker: identity === this.room.localParticipant?.identity ? 'learner' : 'avatar',
      segmentId: attributes['lk.segment_id'] ?? '',
      text: '',
      final: attributes['lk.transcription_final'] === 'true',
      atMs: 0,
    };
    for await (const piece of reader) {
      caption.text += piece;
      caption.atMs = performance.now();
      this.#keep({ ...caption });
    }
    // The avatar's words come as one stream a turn: its end ends the turn.
    if (caption.speaker === 'avatar' && caption.text !== '') {
      this.#keep({ ...caption, final: true });
    }
  }

  #keep(caption: Caption): void {
    const index = this.captions.findIndex(
      ({ segmentId, speaker }) => segmentId === caption.segmentId && speaker === caption.speaker,
    );
    if (index >= 0) {
      this.captions[index] = caption;
    } else {
      this.captions.push(caption);
    }
    this.emit('caption', caption);
  }
}

/** An avatar in a room that speaks known sentences, one after the other, with or without adaptive quality. */
import { Avatar } from '#agents/call/avatar.ts';
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { CallQuality } from '#agents/quality/call-quality.ts';
import { SPEECH_USERDATA, type SpeechUserdata } from '#agents/room/avatar-output.ts';
import { systemClock } from '#media/clock.ts';
import { loadFace } from '#media/face/load-face.ts';
import type { SpeechChunk } from '#media/ports.ts';
import type { Decision } from '#media/quality/controller.ts';
import type { Observation } from '#media/quality/observation.ts';
import { initializeLogger } from '@livekit/agents';
import { AudioFrame, Room } from '@livekit/rtc-node';

const VOICE = 'en-clara';
const FACE = 'ada';

export interface Line {
  text: string;
  chunks: SpeechChunk[];
}

/** Speaks the sentences once, for saying and for comparing. */
export async function prepareLines(texts: readonly string[]): Promise<Line[]> {
  const engine = new FliteTextToSpeech();
  try {
    const voice = engine.voices.find(({ id }) => id === VOICE) ?? engine.voices[0]!;
    const lines: Line[] = [];
    for (const text of texts) {
      const chunks: SpeechChunk[] = [];
      for await (const chunk of engine.synthesize(text, voice.id)) {
        chunks.push(chunk);
      }
      lines.push({ text, chunks });
    }
    return lines;
  } finally {
    await engine.close();
  }
}

export interface SpokenLine {
  line: Line;
  /** ms since the epoch when its first sample was put on the stage. */
  atMs: number;
}

export interface Step {
  atMs: number;
  decision: Decision;
  seen: Observation;
}

export class SpeakingAvatar {
  readonly spoken: SpokenLine[] = [];
  steps: readonly Step[] = [];
  readonly #room: Room;
  readonly #avatar: Avatar;
  readonly #quality: CallQuality | undefined;
  readonly #stopped = new AbortController();
  #speaking: Promise<void> = Promise.resolve();
  failed: unknown;

  private constructor(room: Room, avatar: Avatar, quality: CallQuality | undefined) {
    this.#room = room;
    this.#avatar = avatar;
    this.#quality = quality;
  }

  static async enter(options: {
    url: string;
    token: string;
    learnerIdentity: string;
    adaptive: boolean;
  }): Promise<SpeakingAvatar> {
    // The framework's audio output wants its log, which has nothing to say here.
    initializeLogger({ pretty: false, level: 'silent' });
    const room = new Room();
    await room.connect(options.url, options.token, { autoSubscribe: true, dynacast: false });
    const nothing = (): void => undefined;
    const avatar = await Avatar.enter({
      room,
      face: await loadFace(FACE),
      sampleRateHz: 16_000,
      seed: 1,
      ...{ onSpeechStarted: nothing, onSpeechCut: nothing, onFarewell: nothing },
      onFailed: (error) => {
        one.failed = error;
      },
    });
    const steps: Step[] = [];
    const quality = options.adaptive
      ? new CallQuality({
          ...{ room, learnerIdentity: options.learnerIdentity, clock: systemClock },
          session: `speaking-${String(process.pid)}`,
          stage: () => avatar.counters,
          // What is tried here are lines, on whatever machine that may be.
          machineLoad: () => 0,
          onRung: (rung) => {
            avatar.setPicture(rung);
          },
          onNews: (news) => {
            void room.localParticipant
              ?.setAttributes({ 'understudy.quality': JSON.stringify(news) })
              .catch(() => undefined);
          },
          onDecision: (decision, seen) => {
            steps.push({ atMs: performance.timeOrigin + performance.now(), decision, seen });
          },
        })
      : undefined;
    const one: SpeakingAvatar = new SpeakingAvatar(room, avatar, quality);
    one.steps = steps;
    return one;
  }

  /** For probes of single rungs. */
  get avatar(): Avatar {
    return this.#avatar;
  }

  get room(): Room {
    return this.#room;
  }

  /** Says the lines over and over until it is closed. */
  speak(lines: readonly Line[]): void {
    this.#speaking = this.#speak(lines).catch((error: unknown) => {
      this.failed = error;
    });
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#avatar.output.clearBuffer();
    await this.#speaking;
    await this.#quality?.close();
    await this.#avatar.close();
    await this.#room.disconnect();
  }

  async #speak(lines: readonly Line[]): Promise<void> {
    const { output } = this.#avatar;
    const stopped = new Promise((resolve) => {
      this.#stopped.signal.addEventListener('abort', resolve, { once: true });
    });
    for (let turn = 0; !this.#stopped.signal.aborted; turn += 1) {
      const line = lines[turn % lines.length]!;
      this.spoken.push({ line, atMs: performance.timeOrigin + performance.now() });
      for (const { samples, sampleRateHz, phonemes } of line.chunks) {
        const frame = new AudioFrame(samples.slice(), sampleRateHz, 1, samples.length);
        const userdata: SpeechUserdata = { phonemes };
        frame.userdata[SPEECH_USERDATA] = userdata;
        await output.captureFrame(frame);
      }
      output.flush();
      await Promise.race([output.waitForPlayout(), stopped]);
    }
  }
}

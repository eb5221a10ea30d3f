/** The listener as a speech-to-text of @livekit/agents that also says when a turn is over (turn detection "stt"). */
import { asLanguageCode, stt, VADEventType, type VAD, type VADStream } from '@livekit/agents';
import type { Listener, ListenerEvent } from './listener.ts';

const { SpeechEventType } = stt;
export const EAR_SAMPLE_RATE_HZ = 16_000;

export interface EarSpeechToTextOptions {
  vad: VAD;
  language: string;
  /** Makes the listener of a stream; events go to the given function. */
  listen: (onEvent: (event: ListenerEvent) => void) => Promise<Listener>;
  /** A new stream of sound begins. */
  onStream?: () => void;
  /** The stream's sound as it arrives: mono PCM at EAR_SAMPLE_RATE_HZ. */
  onSound?: (samples: Int16Array) => void;
}

export class EarSpeechToText extends stt.STT {
  override label = 'understudy.Ear';
  readonly #options: EarSpeechToTextOptions;

  constructor(options: EarSpeechToTextOptions) {
    super({ streaming: true, interimResults: true });
    this.#options = options;
  }

  protected override _recognize(): Promise<stt.SpeechEvent> {
    return Promise.reject(new Error('The ear hears streams only.'));
  }

  override stream(): stt.SpeechStream {
    return new EarStream(this, this.#options);
  }
}

class EarStream extends stt.SpeechStream {
  override label = 'understudy.EarStream';
  readonly #options: EarSpeechToTextOptions;

  constructor(owner: EarSpeechToText, options: EarSpeechToTextOptions) {
    super(owner, EAR_SAMPLE_RATE_HZ);
    this.#options = options;
  }

  protected override async run(): Promise<void> {
    const listener = await this.#options.listen((event) => {
      this.#pass(event);
    });
    const voices = this.#options.vad.stream();
    this.#options.onStream?.();
    const stop = (): void => {
      voices.close();
    };
    this.abortSignal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.all([this.#feed(voices), this.#hear(voices, listener)]);
    } finally {
      this.abortSignal.removeEventListener('abort', stop);
      await listener.close();
    }
  }

  async #feed(voices: VADStream): Promise<void> {
    for await (const frame of this.input) {
      if (this.closed || this.abortSignal.aborted) {
        break;
      }
      if (typeof frame !== 'symbol') {
        this.#options.onSound?.(frame.data);
        voices.pushFrame(frame);
      }
    }
    voices.close();
  }

  async #hear(voices: VADStream, listener: Listener): Promise<void> {
    // Windows are counted, so that a late event loop cannot bend the silence between them.
    let heardMs = 0;
    for await (const event of voices) {
      if (event.type === VADEventType.INFERENCE_DONE) {
        const [frame] = event.frames;
        if (frame !== undefined) {
          heardMs += (frame.samplesPerChannel * 1_000) / EAR_SAMPLE_RATE_HZ;
          listener.hop({
            samples: frame.data,
            speechProbability: event.probability,
            atMs: heardMs,
          });
        }
      }
    }
  }

  #pass(event: ListenerEvent): void {
    if (this.queue.closed) {
      return;
    }
    switch (event.type) {
      case 'speech-started':
        this.queue.put({ type: SpeechEventType.START_OF_SPEECH });
        return;
      case 'partial':
        this.#put(SpeechEventType.INTERIM_TRANSCRIPT, event.text, 0);
        return;
      case 'likely':
        this.#put(SpeechEventType.PREFLIGHT_TRANSCRIPT, event.text, event.confidence);
        return;
      case 'turn':
        this.#put(SpeechEventType.FINAL_TRANSCRIPT, event.text, event.confidence);
        this.queue.put({ type: SpeechEventType.END_OF_SPEECH });
        return;
      case 'dropped':
        this.queue.put({ type: SpeechEventType.END_OF_SPEECH });
        return;
      case 'speech-ended':
        return;
    }
  }

  #put(type: stt.SpeechEventType, text: string, confidence: number): void {
    const language = asLanguageCode(this.#options.language);
    this.queue.put({
      type,
      alternatives: [{ language, text, startTime: 0, endTime: 0, confidence }],
    });
  }
}

/** Audio streams in the order of their coming, onto the stage: one stream is one segment of the agent's speech. */
import type { AudioByteStream } from '#agents/room/avatar-room.ts';
import type { Clock } from '#media/clock.ts';
import { setImmediate } from 'node:timers/promises';
import type { Segment } from '#media/playout/playout.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { SoundMarks } from '#media/visemes/from-sound/sound-marks.ts';
import { MarkBook } from './mark-book.ts';
import { ProtocolError } from './protocol-error.ts';
import { soundFormatOf, StreamSound } from './stream-sound.ts';

/** What the inbox needs of the stage. */
export interface InboxStage {
  readonly queuedMs: number;
  open(): Segment;
  push(segment: Segment, samples: Int16Array, marks: PhonemeMark[]): void;
  end(segment: Segment): void;
}

export interface SoundInboxOptions {
  stage: InboxStage;
  sampleRateHz: number;
  clock: Clock;
  /** The first bytes of a segment are here. */
  onFirstSound: (segment: Segment) => void;
  /** A stream was left out, or ended before its end. The avatar goes on. */
  onProblem: (error: ProtocolError) => void;
}

/** A stream that sends nothing for this long has lost its end: sound comes faster than it is heard. */
const SILENT_MS = 10_000;
/** Agents never open a stream beside another: when the next one is there, what is left of this one is at hand. */
const SUPERSEDED_MS = 250;
/**
 * Sound that waits on the stage. What an agent sends beyond it stays in its stream, whose size the room bounds: a long
 * answer that comes at once is listened to while it is heard, not all at once.
 */
const WAITING_MS = 2_000;
const LOOK_EVERY_MS = 100;
/** An answer of more waiting segments than this is none. */
const MOST_STREAMS = 32;

interface Incoming {
  stream: AudioByteStream;
  segment: Segment;
  /** Counts the streams of an agent, from 0: by this number its marks find them. */
  number: number;
  abandoned: boolean;
}

export class SoundInbox {
  readonly #options: SoundInboxOptions;
  #marks = new MarkBook();
  #incoming: Incoming[] = [];
  #nextNumber = 0;
  #reading: Promise<void> | undefined;
  #onSuperseded: () => void = () => undefined;

  constructor(options: SoundInboxOptions) {
    this.#options = options;
  }

  /** Phonemes that the agent itself has told since it is here. */
  get toldMarks(): number {
    return this.#marks.given;
  }

  take(stream: AudioByteStream): void {
    const number = this.#nextNumber++;
    if (this.#incoming.length >= MOST_STREAMS) {
      void stream.close();
      // It is a segment all the same: the agent waits for its end.
      this.#options.stage.end(this.#options.stage.open());
      this.#options.onProblem(new ProtocolError('STREAMS_TOO_MANY'));
      return;
    }
    const segment = this.#options.stage.open();
    this.#incoming.push({ stream, segment, number, abandoned: false });
    this.#onSuperseded();
    this.#reading ??= this.#readAll();
  }

  takeMarks(message: string): void {
    try {
      this.#marks.add(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.#options.onProblem(error);
    }
  }

  /** Forgets all that has come and the rest of what is coming in; the stage is its owner's to clear. */
  clear(): void {
    for (const incoming of this.#incoming) {
      incoming.abandoned = true;
      this.#marks.forget(incoming.number);
      void incoming.stream.close();
    }
  }

  /** Another agent counts its streams from 0. */
  reset(): void {
    this.clear();
    this.#nextNumber = 0;
    this.#marks = new MarkBook();
  }

  async close(): Promise<void> {
    this.clear();
    await this.#reading;
  }

  async #readAll(): Promise<void> {
    for (let next = this.#incoming[0]; next !== undefined; next = this.#incoming[0]) {
      try {
        await this.#read(next);
      } catch (error) {
        this.#options.onProblem(
          error instanceof ProtocolError
            ? error
            : new ProtocolError('STREAM_BROKEN', '', { cause: error }),
        );
      }
      await next.stream.close();
      if (!next.abandoned) {
        this.#options.stage.end(next.segment);
        this.#marks.forget(next.number);
      }
      this.#incoming.shift();
    }
    this.#reading = undefined;
  }

  async #read(incoming: Incoming): Promise<void> {
    const { sampleRateHz } = this.#options;
    const sound = new StreamSound(soundFormatOf(incoming.stream.attributes), sampleRateHz);
    const mouth = new SoundMarks(sampleRateHz);
    const chunks = incoming.stream[Symbol.asyncIterator]();
    let takenMs = 0;
    const play = (samples: Int16Array, heard: PhonemeMark[]): void => {
      const untilMs = takenMs + (samples.length * 1_000) / sampleRateHz;
      const marks = this.#marks.take(incoming.number, untilMs, heard);
      const ofChunk = marks.map(({ phoneme, startMs, endMs }) => ({
        phoneme,
        startMs: startMs - takenMs,
        endMs: endMs - takenMs,
      }));
      this.#options.stage.push(incoming.segment, samples, ofChunk);
      takenMs = untilMs;
    };
    for (let first = true; !incoming.abandoned; first = false) {
      const chunk = await this.#next(chunks);
      if (incoming.abandoned) {
        return;
      }
      if (chunk.done === true) {
        break;
      }
      if (first) {
        this.#options.onFirstSound(incoming.segment);
      }
      const samples = sound.push(chunk.value);
      play(samples, mouth.push(samples));
      // Chunks that are already here come without a pause; the stage must have its turn between them.
      await setImmediate();
      await this.#roomOnStage(incoming);
    }
    if (!incoming.abandoned) {
      const samples = sound.end();
      play(samples, [...mouth.push(samples), ...mouth.end()]);
    }
  }

  /** The next chunk; rejects with STREAM_SILENT when none comes. */
  #next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const waitFor = (ms: number): void => {
        cancel();
        cancel = clock.after(ms, () => {
          reject(new ProtocolError('STREAM_SILENT'));
        });
      };
      const followed = (): boolean => this.#incoming.length > 1;
      waitFor(followed() ? SUPERSEDED_MS : SILENT_MS);
      this.#onSuperseded = () => {
        if (this.#incoming.length === 2) {
          waitFor(SUPERSEDED_MS);
        }
      };
      const settle = (): void => {
        cancel();
        this.#onSuperseded = () => undefined;
      };
      chunks.next().then(
        (chunk) => {
          settle();
          resolve(chunk);
        },
        (error: unknown) => {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  async #roomOnStage(incoming: Incoming): Promise<void> {
    while (this.#options.stage.queuedMs > WAITING_MS && !incoming.abandoned) {
      await new Promise<void>((resolve) => {
        this.#options.clock.after(LOOK_EVERY_MS, resolve);
      });
    }
  }
}

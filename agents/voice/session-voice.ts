/** Our text-to-speech port as a voice of @livekit/agents: text streams in, sound streams out with its marks. */
import { SPEECH_USERDATA, type SpeechUserdata } from '#agents/room/avatar-output.ts';
import type { ExpressionName } from '#media/face/pose.ts';
import type { SpeechChunk, TextToSpeech } from '#media/ports.ts';
import { tts, voice } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';
import { PieceReader, type Piece } from './piece-reader.ts';

export class SessionVoice extends tts.TTS {
  override label = 'understudy.SessionVoice';
  readonly #engine: TextToSpeech;
  readonly #voiceId: string;

  constructor(engine: TextToSpeech, voiceId: string) {
    super(engine.sampleRateHz, 1, { streaming: true, alignedTranscript: true });
    this.#engine = engine;
    this.#voiceId = voiceId;
  }

  override get model(): string {
    return this.#voiceId;
  }

  override get provider(): string {
    return this.#engine.name;
  }

  override synthesize(text: string): tts.ChunkedStream {
    return new VoiceChunkedStream(text, this, this.#engine, this.#voiceId);
  }

  override stream(): tts.SynthesizeStream {
    return new VoiceStream(this, this.#engine, this.#voiceId);
  }
}

/** Speaks pieces one after the other; word times count from the first sample of the whole segment. */
async function* speakPieces(
  pieces: AsyncIterable<Piece>,
  engine: TextToSpeech,
  voiceId: string,
  segmentId: string,
  signal: AbortSignal,
): AsyncGenerator<tts.SynthesizedAudio> {
  let spokenMs = 0;
  for await (const piece of pieces) {
    if (piece.ends === true) {
      yield farewellMark(engine.sampleRateHz, segmentId);
      continue;
    }
    let { expression } = piece;
    for await (const chunk of engine.synthesize(piece.text, voiceId, { signal })) {
      yield toSynthesizedAudio(chunk, expression, spokenMs, segmentId);
      spokenMs += (chunk.samples.length * 1_000) / chunk.sampleRateHz;
      expression = undefined;
    }
  }
}

/** 10 ms of silence that carries the end of the call to the avatar. */
function farewellMark(sampleRateHz: number, segmentId: string): tts.SynthesizedAudio {
  const speech: SpeechUserdata = { phonemes: [], ends: true };
  const samples = new Int16Array(sampleRateHz / 100);
  const frame = new AudioFrame(samples, sampleRateHz, 1, samples.length, {
    [SPEECH_USERDATA]: speech,
  });
  return { requestId: segmentId, segmentId, frame, final: false };
}

function toSynthesizedAudio(
  chunk: SpeechChunk,
  expression: ExpressionName | undefined,
  startsAtMs: number,
  segmentId: string,
): tts.SynthesizedAudio {
  const speech: SpeechUserdata = {
    phonemes: chunk.phonemes,
    ...(expression === undefined ? {} : { expression }),
  };
  const frame = new AudioFrame(chunk.samples, chunk.sampleRateHz, 1, chunk.samples.length, {
    [SPEECH_USERDATA]: speech,
  });
  return {
    requestId: segmentId,
    segmentId,
    frame,
    final: false,
    timedTranscripts: chunk.words.map(({ text, startMs, endMs }) =>
      voice.createTimedString({
        text: `${text} `,
        startTime: (startsAtMs + startMs) / 1_000,
        endTime: (startsAtMs + endMs) / 1_000,
      }),
    ),
  };
}

class VoiceStream extends tts.SynthesizeStream {
  override label = 'understudy.VoiceStream';
  readonly #engine: TextToSpeech;
  readonly #voiceId: string;

  constructor(owner: SessionVoice, engine: TextToSpeech, voiceId: string) {
    super(owner);
    this.#engine = engine;
    this.#voiceId = voiceId;
  }

  protected override async run(): Promise<void> {
    const segmentId = crypto.randomUUID();
    const { signal } = this.abortController;
    for await (const audio of speakPieces(
      this.#pieces(),
      this.#engine,
      this.#voiceId,
      segmentId,
      signal,
    )) {
      if (this.queue.closed) {
        return;
      }
      this.queue.put(audio);
    }
    if (!this.queue.closed) {
      this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
    }
  }

  async *#pieces(): AsyncGenerator<Piece> {
    const reader = new PieceReader();
    for await (const token of this.input) {
      const pieces: Piece[] = typeof token === 'string' ? reader.push(token) : reader.flush();
      if (pieces.length > 0) {
        this.markStarted();
      }
      yield* pieces;
    }
    yield* reader.flush();
  }
}

class VoiceChunkedStream extends tts.ChunkedStream {
  override label = 'understudy.VoiceChunkedStream';
  readonly #engine: TextToSpeech;
  readonly #voiceId: string;

  constructor(text: string, owner: SessionVoice, engine: TextToSpeech, voiceId: string) {
    super(text, owner);
    this.#engine = engine;
    this.#voiceId = voiceId;
  }

  protected override async run(): Promise<void> {
    const reader = new PieceReader();
    const pieces = [...reader.push(this.inputText), ...reader.flush()];
    const asStream = (async function* () {
      yield* pieces;
    })();
    const segmentId = crypto.randomUUID();
    for await (const audio of speakPieces(
      asStream,
      this.#engine,
      this.#voiceId,
      segmentId,
      this.abortSignal,
    )) {
      this.queue.put(audio);
    }
    this.queue.close();
  }
}

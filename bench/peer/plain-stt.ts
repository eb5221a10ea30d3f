/** Our recogniser as the plainest plugin: one whole utterance in, one text out. The framework's voice detector cuts. */
import type { Recognizer } from '#media/ports.ts';
import { asLanguageCode, mergeFrames, stt, type AudioBuffer } from '@livekit/agents';

export class PlainSpeechToText extends stt.STT {
  override label = 'bench.PlainSpeechToText';
  readonly #recognizer: Recognizer;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(recognizer: Recognizer) {
    super({ streaming: false, interimResults: false });
    this.#recognizer = recognizer;
  }

  protected override _recognize(buffer: AudioBuffer): Promise<stt.SpeechEvent> {
    // The recogniser has one utterance open at a time.
    const recognised = this.#busy.then(() => this.#hear(buffer));
    this.#busy = recognised.catch(() => undefined);
    return recognised;
  }

  async #hear(buffer: AudioBuffer): Promise<stt.SpeechEvent> {
    this.#recognizer.push(mergeFrames(buffer).data);
    this.#recognizer.hasten?.();
    const transcript = await this.#recognizer.decode();
    this.#recognizer.reset();
    return {
      type: stt.SpeechEventType.FINAL_TRANSCRIPT,
      alternatives: [
        {
          language: asLanguageCode('en'),
          // A learner whom nobody understood is still answered, as with our own ear.
          text: transcript === null || transcript.text === '' ? '…' : transcript.text,
          startTime: 0,
          endTime: 0,
          confidence: transcript?.confidence ?? 0,
        },
      ],
    };
  }

  override stream(): stt.SpeechStream {
    throw new Error('It hears whole utterances only.');
  }
}

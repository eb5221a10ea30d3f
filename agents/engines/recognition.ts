/** Chooses what hears in this process: Whisper in a runtime, with PocketSphinx standing by; else that; else nothing. */
import { log } from '@livekit/agents';
import type { Environment } from '#config/environment.ts';
import type { SpeechToText } from '#media/ports.ts';
import { createRecognizer } from './engines.ts';
import type { Runtimes } from './runtimes.ts';
import { SparedSpeechToText } from './spared-speech-to-text.ts';
import { WHISPER_MODEL } from './whisper/question.ts';
import { WhisperSpeechToText } from './whisper/speech-to-text.ts';

/** Which of Whisper's languages the weights hear well enough to talk with. */
const HEARD = { 'tiny.en': ['en'], base: ['en', 'sv'] } as const;

export interface Recognition {
  /** Undefined: learners type. */
  engine: SpeechToText | undefined;
  /** Why it is not the one that was wished for. */
  reason: string | undefined;
}

/** `session`: who asks, for the runtimes' fair shares. Never rejects. */
export async function chooseRecognition(
  environment: Environment,
  runtimes: Runtimes | undefined,
  session: string,
): Promise<Recognition> {
  const { UNDERSTUDY_RECOGNITION: wish, WHISPER_WEIGHTS } = environment;
  if (wish === 'none') {
    return { engine: undefined, reason: undefined };
  }
  let reason: string | undefined;
  if (wish !== 'pocketsphinx' && runtimes !== undefined) {
    if (await runtimes.modelReady(WHISPER_MODEL).catch(() => false)) {
      const whisper = new WhisperSpeechToText({
        service: runtimes,
        session,
        languages: HEARD[WHISPER_WEIGHTS],
        draftsAreFinal: true,
      });
      const engine = new SparedSpeechToText({
        first: whisper,
        spare: () => {
          const basic = createRecognizer('en');
          return basic.ok ? basic.engine : undefined;
        },
        onFailed: (error, isSpared) => {
          log().warn({ error, isSpared }, 'the runtime does not hear');
        },
      });
      return { engine, reason: undefined };
    }
    reason = 'No runtime serves Whisper.';
  }
  const basic = createRecognizer('en');
  return basic.ok
    ? { engine: basic.engine, reason }
    : { engine: undefined, reason: reason ?? basic.reason };
}

/** What a call needs and a warm process has ready before the call is known. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { chooseRecognition } from '#agents/engines/recognition.ts';
import { connectRuntimes, type Runtimes } from '#agents/engines/runtimes.ts';
import { chooseSpeech } from '#agents/engines/speech.ts';
import type { Environment } from '#config/environment.ts';
import { SmartTurnModel, type TurnModel } from '#agents/turn/smart-turn/smart-turn-model.ts';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { listFaces, loadFace } from '#media/face/load-face.ts';
import { nextReply } from '#agents/persona/reply.ts';
import { understand } from '#agents/persona/understanding.ts';
import { Performer } from '#media/performer/performer.ts';
import type { FaceRenderer, SpeechToText, TextToSpeech } from '#media/ports.ts';
import { inference, log, type VAD } from '@livekit/agents';
import { join } from 'node:path';
import { findLanguageModel, type FoundModel } from './language-model.ts';

export interface Equipment {
  /** Absent where none is configured. */
  runtimes: Runtimes | undefined;
  /** The framework's own voice detector: it serves interruptions. */
  vad: VAD;
  /** The ear's voice detector: every window is looked at, so its own delays do not matter. */
  earVad: VAD;
  /** Absent when it could not be fetched; the turn policy then relies on silence and text. */
  turnModel: TurnModel | undefined;
  /** The embedded English voice; other languages start theirs with the call. */
  voice: FliteTextToSpeech;
  /** What speaks: voices of a runtime with `voice` behind them, or `voice` itself. */
  speech: TextToSpeech;
  /** Absent when nothing can recognise speech here. */
  recognizer: SpeechToText | undefined;
  faces: ReadonlyMap<string, FaceRenderer>;
  /** Absent when the scripted persona thinks. */
  languageModel: FoundModel | undefined;
}

/**
 * Silence after which the framework's own voice detector reports the end of speech. It serves interruptions only; ends
 * of turns are the ear's. 100 ms is three of its windows: shorter flickers inside words.
 */
const VAD_MIN_SILENCE_MS = 100;

/** Drawing is compiled by then: the first pictures of a call take no longer than the rest. */
const REHEARSED_FRAMES = 12;

/** Loads what every call needs. Runs before a job arrives, so that the call itself begins at once. */
export async function prepareEquipment(environment: Environment): Promise<Equipment> {
  const voice = new FliteTextToSpeech();
  const session = `job-${String(process.pid)}`;
  const runtimes = await runtimesOf(environment);
  const { engine: recognizer, reason } = await chooseRecognition(environment, runtimes, session);
  if (reason !== undefined) {
    log().warn({ reason }, 'speech is not recognised as wished');
  }
  const [speech, faces, turnModel, languageModel] = await Promise.all([
    chooseSpeech({
      environment,
      runtimes,
      embedded: voice,
      session,
      onTrouble: (what, error) => {
        log().warn({ error }, what);
      },
    }),
    loadFaces(),
    SmartTurnModel.load(join(environment.UNDERSTUDY_DATA, 'models', 'smart-turn-v3.2.onnx')).catch(
      (error: unknown) => {
        log().warn({ error }, 'turns are judged without the end-of-turn model');
        return undefined;
      },
    ),
    findLanguageModel(environment).catch((error: unknown) => {
      // A call with the scripted persona is better than no call.
      log().error({ error }, 'the language model is left out');
      return undefined;
    }),
    voice.warmUp(),
    recognizer?.warmUp?.(),
  ]);
  rehearse(environment, faces.values());
  const vad = new inference.VAD({ model: 'silero', minSilenceDuration: VAD_MIN_SILENCE_MS });
  const earVad = new inference.VAD({ model: 'silero' });
  return { runtimes, vad, earVad, voice, speech, recognizer, faces, turnModel, languageModel };
}

async function runtimesOf({
  UNDERSTUDY_RUNTIME: where,
}: Environment): Promise<Runtimes | undefined> {
  try {
    return where === undefined ? undefined : await connectRuntimes(where);
  } catch (error) {
    log().error({ error }, 'UNDERSTUDY_RUNTIME cannot be used');
    return undefined;
  }
}

/** Does once, before the call, what is slow the first time: reading and understanding scenarios, and drawing. */
function rehearse(environment: Environment, faces: Iterable<FaceRenderer>): void {
  try {
    for (const scenario of loadScenarios(environment.UNDERSTUDY_SCENARIOS)) {
      understand(scenario, nextReply(scenario, 1, []).text);
    }
  } catch (error) {
    // The call's own scenario may be sound; if it is not, the call says so.
    log().warn({ error }, 'some scenarios cannot be used');
  }
  for (const face of faces) {
    const frame = new Uint8Array((face.widthPx * face.heightPx * 3) / 2);
    const performer = new Performer({ seed: 1 });
    for (let number = 0; number < REHEARSED_FRAMES; number += 1) {
      face.render(performer.poseAt(number * 40), frame);
    }
  }
}

async function loadFaces(): Promise<Map<string, FaceRenderer>> {
  const manifests = await listFaces();
  const faces = await Promise.all(manifests.map(({ id }) => loadFace(id)));
  return new Map(faces.map((face) => [face.id, face]));
}

/** What a call needs and a warm process has ready before the call is known. */
import { FliteTextToSpeech } from '#agents/engines/flite/text-to-speech.ts';
import { createRecognizer } from '#agents/engines/engines.ts';
import type { Environment } from '#config/environment.ts';
import { listFaces, loadFace } from '#media/face/load-face.ts';
import type { FaceRenderer, SpeechToText, TextToSpeech } from '#media/ports.ts';
import { inference, type VAD } from '@livekit/agents';

export interface Equipment {
  vad: VAD;
  /** Speaks English; other languages start their engine with the call. */
  voice: TextToSpeech;
  /** Absent when nothing can recognise speech here. */
  recognizer: SpeechToText | undefined;
  faces: ReadonlyMap<string, FaceRenderer>;
}

/**
 * Silence after which the framework's own voice detector reports the end of speech. It serves interruptions only; ends
 * of turns are the ear's. 100 ms is three of its windows: shorter flickers inside words.
 */
const VAD_MIN_SILENCE_MS = 100;

/** Loads what every call needs. Runs before a job arrives, so that the call itself begins at once. */
export async function prepareEquipment(environment: Environment): Promise<Equipment> {
  const voice = new FliteTextToSpeech();
  const recognizer = environment.UNDERSTUDY_RECOGNITION === 'none' ? undefined : recognizerFor('en');
  const [faces] = await Promise.all([loadFaces(), voice.warmUp()]);
  const vad = new inference.VAD({ model: 'silero', minSilenceDuration: VAD_MIN_SILENCE_MS });
  return { vad, voice, recognizer, faces };
}

async function loadFaces(): Promise<Map<string, FaceRenderer>> {
  const manifests = await listFaces();
  const faces = await Promise.all(manifests.map(({ id }) => loadFace(id)));
  return new Map(faces.map((face) => [face.id, face]));
}

function recognizerFor(language: string): SpeechToText | undefined {
  const choice = createRecognizer(language);
  return choice.ok ? choice.engine : undefined;
}

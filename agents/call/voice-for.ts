/** The engine and voice that a scenario asks for: the warm English one, or one started for this call. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { createVoice } from '#agents/engines/engines.ts';
import { MediaError } from '#media/errors.ts';
import type { TextToSpeech, VoiceDescription } from '#media/ports.ts';
import type { Equipment } from './equipment.ts';

export interface CallVoice {
  engine: TextToSpeech;
  voiceId: string;
}

/** Throws MediaError VOICE_UNKNOWN. */
export async function voiceFor(scenario: Scenario, equipment: Equipment): Promise<CallVoice> {
  const wanted = scenario.persona.voice;
  const { speech } = equipment;
  const served = speech !== equipment.voice && speech.voices.some(speaks(scenario.language));
  if (served && speech.voices.some(({ id }) => id === wanted)) {
    return { engine: speech, voiceId: wanted };
  }
  if (served && scenario.language !== 'en') {
    // The embedded voice behind the served ones speaks English only; another language needs one of them.
    return { engine: speech, voiceId: speech.voices.find(speaks(scenario.language))!.id };
  }
  if (equipment.voice.voices.some(({ id }) => id === wanted)) {
    return { engine: equipment.voice, voiceId: wanted };
  }
  const byId = createVoice(wanted);
  const choice = byId.ok ? byId : createVoice(scenario.language);
  if (!choice.ok) {
    throw new MediaError('VOICE_UNKNOWN', { detail: choice.reason });
  }
  return { engine: choice.engine, voiceId: choice.voiceId };
}

const speaks =
  (language: string) =>
  (voice: VoiceDescription): boolean =>
    voice.language.split('-')[0] === language;

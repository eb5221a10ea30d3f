/** A recorder for a call, from what the call knows. */
import { recordingsRoot } from '#agents/dispatch/recording/layout.ts';
import { parseRecordingKey } from '#agents/dispatch/recording/sealed-file.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { EAR_SAMPLE_RATE_HZ } from '#agents/ear/ear-stt.ts';
import { FRAMES_PER_SECOND, LIP_DELAY_MS } from '#agents/room/lip-timing.ts';
import type { Environment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { CallRecorder, type CallRecorderOptions } from './call-recorder.ts';

export interface RecordCallOptions {
  sessionId: string;
  /** `ada`, or `neural/ann`. */
  faceName: string;
  face: FaceRenderer;
  scenario: Scenario;
  avatarRateHz: number;
  environment: Environment;
  onStopped: CallRecorderOptions['onStopped'];
}

/** Rejects with RECORDING_UNWRITABLE. */
export function recordCall(options: RecordCallOptions): Promise<CallRecorder> {
  const { environment, face, scenario } = options;
  const { UNDERSTUDY_RECORDING_KEY: key } = environment;
  return CallRecorder.open({
    root: recordingsRoot(environment),
    header: {
      sessionId: options.sessionId,
      startedAt: new Date().toISOString(),
      face: options.faceName,
      personaName: scenario.persona.name,
      language: scenario.language,
      framesPerSecond: FRAMES_PER_SECOND,
      avatarRateHz: options.avatarRateHz,
      learnerRateHz: EAR_SAMPLE_RATE_HZ,
    },
    key: key === undefined ? undefined : parseRecordingKey(key),
    // A face that is decoded elsewhere is late by itself; drawn again, it is not.
    pictureDelayMs: Math.max(0, LIP_DELAY_MS - (face.lagMs ?? 0)),
    clock: systemClock,
    onStopped: options.onStopped,
  });
}

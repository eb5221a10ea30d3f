/** One catalogue of errors, by area. `docs/errors.md` explains each code; a test holds the two together. */
export const MEDIA_ERROR_CODES = {
  VOICE_UNKNOWN: 'The requested voice is not one of the engine’s voices.',
  SYNTHESIS_FAILED: 'The speech engine could not speak this text.',
  RECOGNITION_UNAVAILABLE: 'No speech recognition engine can run here.',
  RECOGNITION_FAILED: 'The recognition engine stopped in the middle of an utterance.',
  FACE_UNKNOWN: 'The requested face is not installed.',
  FACE_PACK_INVALID: 'The face pack is damaged or of another version.',
  TURN_MODEL_UNAVAILABLE: 'The end-of-turn model could not be loaded.',
  TURN_MODEL_FAILED: 'The end-of-turn model could not judge this pause.',
} as const;

export type MediaErrorCode = keyof typeof MEDIA_ERROR_CODES;

/** An error with a stable code. `retryable` says whether the same call may succeed later. */
export class MediaError extends Error {
  readonly code: MediaErrorCode;
  readonly retryable: boolean;

  constructor(
    code: MediaErrorCode,
    options: { detail?: string; retryable?: boolean; cause?: unknown } = {},
  ) {
    const text = MEDIA_ERROR_CODES[code];
    super(options.detail === undefined ? text : `${text} ${options.detail}`, {
      cause: options.cause,
    });
    this.name = 'MediaError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

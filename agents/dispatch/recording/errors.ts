/** What can go wrong with a recording. `docs/errors.md` explains each code; a test holds the two together. */
export const RECORDING_ERROR_CODES = {
  RECORDING_UNWRITABLE: 'The recording cannot be written.',
  RECORDING_DISK_SLOW: 'The disk does not keep up with the recording.',
  RECORDING_KEY_WRONG: 'The recording was encrypted with another key.',
  RECORDING_KEY_MISSING: 'The recording is encrypted and UNDERSTUDY_RECORDING_KEY is not set.',
  RECORDING_DAMAGED: 'The recording is damaged.',
  FFMPEG_MISSING: 'ffmpeg is needed to compose the call and cannot be started.',
  FFMPEG_FAILED: 'ffmpeg could not compose the call.',
} as const;

export type RecordingErrorCode = keyof typeof RECORDING_ERROR_CODES;

export class RecordingError extends Error {
  readonly code: RecordingErrorCode;

  constructor(code: RecordingErrorCode, options: { detail?: string; cause?: unknown } = {}) {
    const text = RECORDING_ERROR_CODES[code];
    super(options.detail === undefined ? text : `${text} ${options.detail}`, {
      cause: options.cause,
    });
    this.name = 'RecordingError';
    this.code = code;
  }
}

/** What an agent may do wrong over the avatar protocol. It harms its own segment only. README.md explains each code. */
export const PROTOCOL_ERRORS = {
  SOUND_FORMAT_UNUSABLE: 'The attributes of the audio stream name no sound that can be played.',
  STREAM_BROKEN: 'The audio stream ended in an error.',
  STREAM_SILENT: 'The audio stream stopped without its end.',
  STREAMS_TOO_MANY: 'More audio streams wait than an answer can have segments.',
  MARKS_INVALID: 'The message on understudy.marks cannot be read.',
} as const;

export type ProtocolErrorCode = keyof typeof PROTOCOL_ERRORS;

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, detail = '', options: { cause?: unknown } = {}) {
    super(`${PROTOCOL_ERRORS[code]} ${detail}`.trim(), options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

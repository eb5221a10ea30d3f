/** Why an avatar could not be had. */
export const AVATAR_SESSION_ERRORS = {
  NOT_CONFIGURED: { title: 'A setting is missing.', retryable: false },
  ROOM_NOT_CONNECTED: { title: 'The agent is in no room.', retryable: false },
  SERVICE_UNREACHABLE: { title: 'Nobody answers who could send an avatar.', retryable: true },
  AVATARS_FULL: { title: 'Every avatar is busy.', retryable: true },
  AVATAR_REFUSED: { title: 'This avatar cannot enter.', retryable: false },
} as const;

export type AvatarSessionErrorCode = keyof typeof AVATAR_SESSION_ERRORS;

export class AvatarSessionError extends Error {
  readonly code: AvatarSessionErrorCode;
  readonly retryable: boolean;

  constructor(code: AvatarSessionErrorCode, detail: string, options: { cause?: unknown } = {}) {
    super(`${AVATAR_SESSION_ERRORS[code].title} ${detail}`, options);
    this.name = 'AvatarSessionError';
    this.code = code;
    this.retryable = AVATAR_SESSION_ERRORS[code].retryable;
  }
}

/** What can go wrong with weights. `docs/errors.md` explains each code. */
export const WEIGHTS_ERROR_CODES = {
  WEIGHTS_UNKNOWN: 'There are no such weights in the catalogue.',
  WEIGHTS_NON_COMMERCIAL: 'The licence forbids commercial use.',
  WEIGHTS_UNREACHABLE: 'The weights could not be fetched.',
  WEIGHTS_CORRUPT: 'The file is not the one that was promised.',
  WEIGHTS_ABSENT: 'These weights are not here.',
} as const;

export type WeightsErrorCode = keyof typeof WEIGHTS_ERROR_CODES;

export class WeightsError extends Error {
  readonly code: WeightsErrorCode;

  constructor(code: WeightsErrorCode, detail: string, cause?: unknown) {
    super(`${WEIGHTS_ERROR_CODES[code]} ${detail}`, { cause });
    this.name = 'WeightsError';
    this.code = code;
  }
}

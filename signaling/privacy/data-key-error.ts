/** What can go wrong with the keys of kept data; docs/errors.md says what to do about each code. */
export const DATA_KEY_ERROR_CODES = [
  'DATA_KEY_MISSING',
  'DATA_KEY_INVALID',
  'DATA_KEY_IN_USE',
  'DATA_DAMAGED',
] as const;
export type DataKeyErrorCode = (typeof DATA_KEY_ERROR_CODES)[number];

/** Its message names keys by their ids and rows by their places, never a key or a value: it may be logged. */
export class DataKeyError extends Error {
  readonly code: DataKeyErrorCode;

  constructor(code: DataKeyErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DataKeyError';
    this.code = code;
  }
}

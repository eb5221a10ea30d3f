/** The errors of an inference service, for its callers. */
export { asRuntimeError, RuntimeError, type RuntimeErrorCode } from '../errors.ts';

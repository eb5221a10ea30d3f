/**
 * Request parameters that say how a request is scheduled. The Open Inference Protocol leaves parameters to the server;
 * `priority` and `timeout` are Triton's, the others are ours. `README.md` explains them.
 */
import { RuntimeError } from '../errors.ts';
import type { Priority, Scheduling } from '../ports.ts';

export type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** Nobody waits longer than this for an answer of a live conversation. */
export const DEFAULT_TIMEOUT_MS = 10_000;
/** The longest preparation: baking a face on a slow machine. */
export const MAX_TIMEOUT_MS = 600_000;

/** Triton counts priorities from 1, the highest; 0 is the default. Ours has two. */
const WIRE_PRIORITY: Readonly<Record<Priority, number>> = { 0: 1, 1: 2 };
const MAX_NAME_CHARACTERS = 200;

/** `fallbackSession` names who asks where the request does not: its connection. Throws REQUEST_INVALID. */
export function schedulingOf(parameters: Parameters, fallbackSession: string): Scheduling {
  const priority = wholeNumber(parameters, 'priority') ?? 0;
  const timeoutUs = wholeNumber(parameters, 'timeout') ?? 0;
  return {
    priority: priority <= 1 ? 0 : 1,
    timeoutMs: timeoutUs === 0 ? DEFAULT_TIMEOUT_MS : Math.min(timeoutUs / 1_000, MAX_TIMEOUT_MS),
    session: shortText(parameters, 'understudy_session') ?? fallbackSession,
    batchKey: shortText(parameters, 'understudy_batch_key') ?? '',
  };
}

/** The same as parameters, for a client to send. */
export function schedulingParameters(scheduling: Scheduling): Parameters {
  const { priority, timeoutMs, session, batchKey } = scheduling;
  return {
    priority: WIRE_PRIORITY[priority],
    timeout: Math.max(1, Math.round(Math.min(timeoutMs, MAX_TIMEOUT_MS) * 1_000)),
    understudy_session: session,
    ...(batchKey === '' ? {} : { understudy_batch_key: batchKey }),
  };
}

function valueOf(parameters: Parameters, name: string): ParameterValue | undefined {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

function wholeNumber(parameters: Parameters, name: string): number | undefined {
  const value = valueOf(parameters, name);
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `Parameter “${name}” is no whole number of 0 or more.`,
    });
  }
  return value;
}

function shortText(parameters: Parameters, name: string): string | undefined {
  const value = valueOf(parameters, name);
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string' || value.length > MAX_NAME_CHARACTERS) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `Parameter “${name}” is no text of at most ${String(MAX_NAME_CHARACTERS)} characters.`,
    });
  }
  return value;
}

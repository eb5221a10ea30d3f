/**
 * Keeps personal data out of the log of agents. The framework marks it with `lk.pii.` and writes it at debug: what the learner
 * said, who they are, what the model answered. None of it is written, at any level; and of errors no more than what they are,
 * because answers of servers quote what they were sent.
 */

/** A logger of pino, whichever copy of it made the logger. */
export interface PinoLike {
  debug: (object: object, message?: string) => void;
}

/** Where pino keeps what shapes its lines; children take it over when they are made. */
const FORMATTERS = Symbol.for('pino.formatters');
const PERSONAL = /^lk\.pii\./u;
const WITHHELD = '(withheld)';
/** Errors of servers and of parsers: their messages quote. */
const QUOTING = /API|Http|JSON|Syntax|Zod/iu;
/** An error within an error within an error is told no further. */
const DEEPEST = 4;

type Formatters = Record<string, unknown> & {
  log?: (line: Record<string, unknown>) => Record<string, unknown>;
};

/** From now on, for this logger and for children that are made of it. Once for each process is enough; again is fine. */
export function withholdPersonalData(logger: PinoLike): void {
  const owner = logger as unknown as Record<symbol, Formatters | undefined>;
  const formatters = owner[FORMATTERS];
  if (formatters === undefined) {
    throw new TypeError('The logger is none of pino, so that its lines cannot be cleaned.');
  }
  owner[FORMATTERS] = { ...formatters, log: cleaned };
}

/** A line of the log without what is personal. */
export function cleaned(line: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([key, value]) => [
      key,
      PERSONAL.test(key) ? WITHHELD : told(value, 0),
    ]),
  );
}

function told(value: unknown, depth: number): unknown {
  if (value instanceof Error) {
    return toldError(value, depth);
  }
  // The framework wraps errors of engines in events.
  const inner = (value as { error?: unknown } | null | undefined)?.error;
  return inner instanceof Error && depth < DEEPEST
    ? { ...(value as object), error: toldError(inner, depth + 1) }
    : value;
}

function toldError(error: Error, depth: number): object {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const quotes = QUOTING.test(`${error.name} ${error.constructor.name}`) || status !== undefined;
  return {
    type: error.constructor.name,
    message: quotes ? WITHHELD : error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    // Its first lines are the message again.
    stack: (error.stack ?? '').split('\n').filter((frame) => /^\s+at /u.test(frame)),
    ...(error.cause instanceof Error && depth < DEEPEST
      ? { cause: toldError(error.cause, depth + 1) }
      : {}),
  };
}

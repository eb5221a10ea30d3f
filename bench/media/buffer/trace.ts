/** An arrival trace: how one kind of source delivers speech, as data (`bench/traces/*.json`). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const range = z.tuple([z.number().nonnegative(), z.number().nonnegative()]);

/** A live source or a network: sound arrives at the pace of speech, in order. */
const stream = z.strictObject({
  kind: z.literal('stream'),
  /** Sound per arrival. */
  chunkMs: z.number().positive(),
  /** Mean of the exponential delay on top of the fastest way. */
  jitterMs: z.number().nonnegative(),
  /** Share of arrivals that are sent again, and how much later they and all behind them come. */
  retransmittedShare: z.number().min(0).max(1).default(0),
  retransmissionMs: range.default([0, 0]),
  /** Share of arrivals that never come. */
  lostShare: z.number().min(0).max(1).default(0),
  /** The source's clock against ours: positive is slow. */
  driftPpm: z.number().default(0),
});

/** A speech engine: each piece arrives when it is made. */
const engine = z.strictObject({
  kind: z.literal('engine'),
  /** `clause`: a piece is a clause with the pause behind it. Otherwise the length of a piece, wherever it ends. */
  pieceMs: z.union([z.literal('clause'), range]),
  /** The first piece, where it is of another length. */
  firstPieceMs: range.optional(),
  /** Time to make a piece: so much, and this share of its length. */
  overheadMs: range,
  realTimeFactor: range,
  /** What the second piece takes on top. */
  secondLateMs: range.default([0, 0]),
});

const schema = z.strictObject({
  name: z.string(),
  about: z.string(),
  /** How the figures read it: `steady` counts for the added delay, `worst` holds what no buffer of 240 ms survives. */
  role: z.enum(['steady', 'survivable', 'worst']),
  source: z.discriminatedUnion('kind', [stream, engine]),
  /** Times in which nothing arrives, as often on average per so much speech. What was due comes all at once after it. */
  stalls: z.array(z.strictObject({ ms: range, everySpeechMs: z.number().positive() })).default([]),
  /** Times after which the source goes on where it stopped: a fallback takes over from an engine that died. */
  deaths: z.array(z.strictObject({ ms: range, everySpeechMs: z.number().positive() })).default([]),
  /** Length of an answer and of the silence after it. */
  answerMs: range.default([2_000, 12_000]),
  silenceMs: range.default([4_000, 12_000]),
});

export type Trace = z.infer<typeof schema>;

const FOLDER = new URL('../../traces/', import.meta.url).pathname;

/** All traces, by name. Throws when a file is no trace. */
export async function readTraces(): Promise<Trace[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.trace.json')).sort();
  return Promise.all(
    files.map(async (file) => schema.parse(JSON.parse(await readFile(join(FOLDER, file), 'utf8')))),
  );
}

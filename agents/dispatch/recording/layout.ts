/**
 * Where a recording lies and what its files are called: the contract between the job that writes it, the composer that
 * makes the call out of it and signaling, which gives it out and deletes it.
 *
 *     recordings/{session}/recording.json    what was recorded
 *                          live/             written during the call: append-only, good up to where it ends
 *                          learner.wav …     made from `live` after the call, which then goes
 *                          state.json        how that went
 *
 * With a key every file with speech, pictures or words in it is encrypted and ends in `.sealed` (sealed-file.ts).
 */
import type { Environment } from '#config/environment.ts';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const HEADER_FILE = 'recording.json';
export const STATE_FILE = 'state.json';
export const LIVE_FOLDER = 'live';
/** In the live folder once the job has closed it. */
export const ENDED_FILE = 'ended.json';
export const SEALED_SUFFIX = '.sealed';

/** During the call: two tracks, what moved the face, and who said what. */
export const LIVE_FILES = {
  learner: 'learner.wav',
  avatar: 'avatar.wav',
  poses: 'poses.bin',
  turns: 'turns.jsonl',
} as const;

/** After it, in the order in which they are listed. */
export const RECORDED_FILES = {
  'call.mp4': 'video/mp4',
  'learner.wav': 'audio/wav',
  'avatar.wav': 'audio/wav',
  'call.vtt': 'text/vtt; charset=utf-8',
  'transcript.json': 'application/json; charset=utf-8',
} as const;
export type RecordedFile = keyof typeof RECORDED_FILES;

export const isRecordedFile = (name: string): name is RecordedFile =>
  Object.hasOwn(RECORDED_FILES, name);

export const recordingHeaderSchema = z.object({
  version: z.literal(1),
  sessionId: z.string(),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  /** `ada`, or `neural/ann`. */
  face: z.string(),
  personaName: z.string(),
  language: z.string(),
  framesPerSecond: z.number().positive(),
  avatarRateHz: z.number().int().positive(),
  learnerRateHz: z.number().int().positive(),
  sealed: z.boolean(),
});
export type RecordingHeader = z.infer<typeof recordingHeaderSchema>;

export const recordingStateSchema = z.object({
  status: z.enum(['ready', 'failed']),
  /** Of a failure: a code of errors.ts. */
  code: z.string().optional(),
  attempts: z.number().int().min(1),
  lengthMs: z.number().min(0),
  /** Whether the job closed it; else it was cut short and reaches up to the last moment on disk. */
  complete: z.boolean(),
  files: z.array(z.object({ name: z.string(), bytes: z.number().int().min(0) })),
});
export type RecordingState = z.infer<typeof recordingStateSchema>;

/** One turn on the recording's timeline. */
export const recordedTurnSchema = z.object({
  speaker: z.enum(['learner', 'avatar']),
  startMs: z.number(),
  endMs: z.number(),
  text: z.string(),
  typed: z.boolean(),
  interrupted: z.boolean(),
});
export type RecordedTurn = z.infer<typeof recordedTurnSchema>;

export const recordingsRoot = (environment: Pick<Environment, 'UNDERSTUDY_DATA'>): string =>
  join(environment.UNDERSTUDY_DATA, 'recordings');

/** Ids are made by signaling, and still checked before they become part of a path. */
const SAFE_ID = /^[a-z0-9]{8,40}$/u;
export const isRecordingId = (id: string): boolean => SAFE_ID.test(id);

/** Throws RangeError for what is no session id. */
export function recordingFolder(root: string, sessionId: string): string {
  if (!isRecordingId(sessionId)) {
    throw new RangeError('A session id has letters and digits only.');
  }
  return join(root, sessionId);
}

/** Name of a file on disk. */
export const storedName = (name: string, sealed: boolean): string =>
  sealed ? `${name}${SEALED_SUFFIX}` : name;

/** Undefined where there is none, or not yet a whole one. */
export async function readRecordingHeader(folder: string): Promise<RecordingHeader | undefined> {
  return recordingHeaderSchema.safeParse(await readJson(join(folder, HEADER_FILE))).data;
}

/** Undefined while it has not been composed. */
export async function readRecordingState(folder: string): Promise<RecordingState | undefined> {
  return recordingStateSchema.safeParse(await readJson(join(folder, STATE_FILE))).data;
}

/** Writes beside the target and renames, so that a reader never sees half a file. The folder is there. */
export async function writeJson(folder: string, name: string, value: object): Promise<void> {
  const draft = join(folder, `${name}.${String(process.pid)}.draft`);
  await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
  await rename(draft, join(folder, name));
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
